"""The table of what well-known libraries have removed: `data/removed.toml`, which says what its columns mean."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict, Field


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    gone: str
    """The release without it."""


class Name(_Row):
    """A name that is gone."""

    old: str
    new: str
    arguments: int | None = None
    """Of a call that is written anew: the most that it may have."""


class Method(_Row):
    """An attribute of an object that is gone."""

    of: str
    """The types, as one regular expression."""
    old: str
    new: str
    says: str = ""
    of_argument: str = ""
    """What the first argument must be: DataFrame, Series or dict."""


class Argument(_Row):
    """A keyword argument that is gone."""

    function: str = Field(alias="in")
    """The last part of the name of what is called, as a regular expression."""
    old: str
    new: str = ""
    value: str = ""
    """The literal that it must be; empty for any."""
    call: str = ""
    says: str = ""


class Literal(_Row):
    """A value that an argument does not take any more."""

    function: str = Field(alias="in")
    argument: str
    old: str
    new: str | float


class Library(BaseModel):
    """What one library has removed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    source: str
    """Its own words on it."""
    names: tuple[Name, ...] = ()
    methods: tuple[Method, ...] = ()
    arguments: tuple[Argument, ...] = ()
    values: tuple[Literal, ...] = ()


@cache
def libraries() -> tuple[Library, ...]:
    """Every library of the table."""
    text = resources.files(__package__).joinpath("data/removed.toml").read_text(encoding="utf-8")
    return tuple(Library.model_validate(one) for one in tomllib.loads(text)["library"])
