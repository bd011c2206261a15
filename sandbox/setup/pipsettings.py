"""What pip and uv are told on this host: their configuration files and environment variables, as values.

Rules: pip's "Configuration" (files, their order, `PIP_*` variables) and uv's "Configuration files" and
"Environment variables" manual pages. Values may hold passwords, so they never show in a `repr`.
"""

from __future__ import annotations

import configparser
import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SYSTEM = Path("/etc/pip.conf")
_TRUE = frozenset({"1", "true", "yes", "on", "y", "t"})


@dataclass(frozen=True)
class IndexSettings:
    """Where distributions come from, in the words of the tool that was configured.

    Attributes:
        default_index: the index asked last by uv, first by pip; None is PyPI.
        indexes: further indexes.
        find_links: folders, pages or URLs that are searched as well.
        cert: path of a CA bundle, or of a folder of certificates.
        strategy: uv's `--index-strategy`, where uv's own settings name one.
    """

    default_index: str | None = field(default=None, repr=False)
    indexes: tuple[str, ...] = field(default=(), repr=False)
    find_links: tuple[str, ...] = field(default=(), repr=False)
    no_index: bool = False
    cert: str | None = None
    client_cert: str | None = None
    proxy: str | None = field(default=None, repr=False)
    trusted_hosts: tuple[str, ...] = ()
    timeout: str | None = None
    strategy: str | None = None


def read_pip(environ: Mapping[str, str], prefix: Path = Path(sys.prefix)) -> IndexSettings:
    """pip's settings for `pip install`: files first, `PIP_*` variables over them."""
    values: dict[str, str] = {}
    for path in _pip_files(environ, prefix):
        values |= _read_ini(path)
    for name, value in environ.items():
        if name.startswith("PIP_") and name != "PIP_CONFIG_FILE" and value:
            values[name.removeprefix("PIP_").lower().replace("_", "-")] = value
    return IndexSettings(
        default_index=values.get("index-url") or values.get("pypi-url"),
        indexes=tuple(values.get("extra-index-url", "").split()),
        find_links=tuple(values.get("find-links", "").split()),
        no_index=_is_true(values.get("no-index")),
        cert=values.get("cert"),
        client_cert=values.get("client-cert"),
        proxy=values.get("proxy"),
        trusted_hosts=tuple(values.get("trusted-host", "").split()),
        timeout=values.get("timeout") or values.get("default-timeout"),
    )


def read_uv(environ: Mapping[str, str]) -> IndexSettings:
    """uv's settings: `uv.toml` of the system, then of the user, `UV_*` variables over them."""
    table: dict[str, object] = {}
    for path in _uv_files(environ):
        content = _read_toml(path)
        pip = content.pop("pip", {})
        table |= content | (pip if isinstance(pip, dict) else {})
    default, further = _uv_indexes(table)
    default = environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL") or default
    named = (*environ.get("UV_INDEX", "").split(), *environ.get("UV_EXTRA_INDEX_URL", "").split())
    links = tuple(part for part in environ.get("UV_FIND_LINKS", "").split(",") if part)
    strategy = environ.get("UV_INDEX_STRATEGY") or table.get("index-strategy")
    return IndexSettings(
        default_index=default,
        indexes=tuple(_without_name(url) for url in named) or further,
        find_links=links or _strings(table.get("find-links")),
        no_index=_is_true(environ.get("UV_NO_INDEX")) or table.get("no-index") is True,
        cert=environ.get("SSL_CERT_FILE"),
        trusted_hosts=tuple(environ.get("UV_INSECURE_HOST", "").split()) or _strings(table.get("allow-insecure-host")),
        timeout=environ.get("UV_HTTP_TIMEOUT"),
        strategy=strategy if isinstance(strategy, str) else None,
    )


def _pip_files(environ: Mapping[str, str], prefix: Path) -> list[Path]:
    """pip's configuration files, the weakest first; none when PIP_CONFIG_FILE is the null device."""
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    home = Path(environ.get("HOME") or Path.home())
    shared = environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    files = [Path(folder) / "pip" / "pip.conf" for folder in reversed(shared.split(os.pathsep)) if folder]
    files.append(SYSTEM)
    if not (named and Path(named).exists()):
        config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
        files += [home / ".pip" / "pip.conf", config / "pip" / "pip.conf"]
    files.append(prefix / "pip.conf")
    if named:
        files.append(Path(named))
    return files


def _uv_files(environ: Mapping[str, str]) -> list[Path]:
    if environ.get("UV_CONFIG_FILE"):
        return [Path(environ["UV_CONFIG_FILE"])]
    if _is_true(environ.get("UV_NO_CONFIG")):
        return []
    home = Path(environ.get("HOME") or Path.home())
    return [Path("/etc/uv/uv.toml"), Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "uv" / "uv.toml"]


def _read_ini(path: Path) -> dict[str, str]:
    """Options of `[global]` and, over them, `[install]`; empty where the file cannot be read or parsed."""
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error):
        return {}  # pip itself will complain about a broken file, with a better message
    values: dict[str, str] = {}
    for section in ("global", "install"):
        if parser.has_section(section):
            values |= {name.replace("_", "-"): value for name, value in parser.items(section)}
    return values


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}  # as above: uv's own message is better


def _uv_indexes(table: Mapping[str, object]) -> tuple[str | None, tuple[str, ...]]:
    """The default index and the others. An `explicit` index serves only packages that name it: left out."""
    default = table.get("index-url")
    further = list(_strings(table.get("extra-index-url")))
    entries = table.get("index")
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or not isinstance(entry.get("url"), str) or entry.get("explicit"):
            continue
        if entry.get("default"):
            default = entry["url"]
        else:
            further.append(entry["url"])
    return (default if isinstance(default, str) else None), tuple(further)


def _without_name(index: str) -> str:
    """`name=https://...` is uv's way to name an index; the name means nothing to the containers."""
    name, separator, url = index.partition("=")
    return url if separator and "/" not in name and ":" not in name else index


def _strings(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _is_true(value: str | None) -> bool:
    return value is not None and value.strip().lower() in _TRUE
