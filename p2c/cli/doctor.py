"""`p2c doctor`: each part of the set-up, green or with the mend; `--fix` applies it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import closing

import click
import openai
from rich.console import Console
from rich.text import Text

from p2c.cli.size import size
from p2c.errors import P2cError
from p2c.model.settings import ModelSettings
from sandbox.cleaning import look
from sandbox.engine import connect
from sandbox.errors import InfrastructureError
from sandbox.setup.check import Check
from sandbox.setup.doctor import checks, fix, healthy
from sandbox.setup.image import find_image
from sandbox.store import Store

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "missing": ("✗", "red")}
_SECONDS = 8.0
MUCH_BYTES = 20 << 30
"""More than that is worth a word."""
_NO_LIST = frozenset({404, 405, 501})
"""A list of models is not part of what p2c needs of an endpoint."""


@click.command()
@click.option("--fix", "mend", is_flag=True, help="Apply what can be applied: engine, image, store.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
def command(mend: bool, as_json: bool) -> int:
    """Show each part of the set-up, green or with the mend.

    Exit status: 0 nothing needed is missing, 3 something is.
    """
    problem = _fix() if mend else None
    found = [*checks(), *room_checks(), model_check()]
    good = healthy(found) and problem is None
    if as_json:
        entries = [dataclasses.asdict(check) for check in found]
        click.echo(json.dumps({"healthy": good, "checks": entries, "problem": problem}, indent=2))
    else:
        _print(found, problem, good)
    return 0 if good else 3


def room_checks() -> Iterator[Check]:
    """How much room p2c takes; nothing where there is no engine or image, which `checks` says already."""
    try:
        with closing(connect()) as client:
            image = find_image(client)
            if image is None:
                return
            holdings = look(client, Store(client, image))
    except InfrastructureError as error:
        yield Check("room", "warning", f"cannot be looked at: {error}", "p2c clean")
        return
    kinds = {"environment": "store", "package": "store", "wheel": "store", "image": "images", "cache": "cache folder"}
    names: dict[str, set[str]] = {name: set() for name in kinds.values()}
    for item in holdings.items:
        names[kinds[item.kind]].add(item.holder)
    told = ", ".join(f"{name} {size(holdings.frees(gone))}" for name, gone in names.items())
    is_much = holdings.left() > MUCH_BYTES
    yield Check("room", "warning" if is_much else "ok", told, "p2c clean --budget 10g" if is_much else "")


def model_check() -> Check:
    """Whether a model endpoint is configured and answers; never more than a warning, never its key."""
    try:
        settings = ModelSettings.from_environment()
    except P2cError as error:
        return Check("model", "warning", str(error), "p2c verify needs none")
    where = settings.endpoint()
    try:
        served = _models(settings)
    except (openai.APIError, ValueError) as error:
        return _refusal(where, error)
    if served and settings.model not in served:
        known = ", ".join(sorted(served)[:5])
        return Check("model", "warning", f"{where} does not list the model {settings.model}", f"it has {known}")
    return Check("model", "ok", f"{where} answers, model {settings.model}")


def _refusal(where: str, error: openai.APIError | ValueError) -> Check:
    if not isinstance(error, openai.APIStatusError):
        return Check("model", "warning", f"{where}: {type(error).__name__}", "check OPENAI_BASE_URL and the network")
    status = error.status_code
    if status in _NO_LIST:
        return Check("model", "ok", f"{where} answers; it does not list its models")
    if status in {401, 403}:
        return Check("model", "warning", f"{where} refuses the key", "check OPENAI_API_KEY")
    return Check("model", "warning", f"{where} answers with status {status}", "look at the endpoint's log")


def _models(settings: ModelSettings) -> set[str]:
    with openai.OpenAI(base_url=settings.base_url, api_key=settings.api_key, timeout=_SECONDS, max_retries=0) as client:
        return {item.id for item in client.models.list().data or ()}


def _fix() -> str | None:
    """What could not be mended, or None."""
    try:
        fix(lambda line: click.echo(line, err=True))
    except InfrastructureError as error:
        return str(error)
    return None


def _print(found: list[Check], problem: str | None, good: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    width = max(len(check.name) for check in found)
    for check in found:
        mark, colour = _MARKS[check.state]
        console.print(Text.assemble((mark, colour), f" {check.name:<{width}}  {check.detail}"))
        if check.mend:
            console.print(Text.assemble(" " * (width + 4), ("mend: ", "bold"), check.mend))
    if problem:
        console.print(Text(f"Could not be mended: {problem}", "red"))
    console.print("All that is needed is there." if good else "Something that is needed is missing.")
