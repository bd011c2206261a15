"""How this host reaches a package index: CA bundle, indexes, find-links, proxies, for installers only.

A run of untrusted code gets none of this. URLs may hold passwords: they reach an installer by its
environment, never by its arguments (which `ps` shows to everybody), and never a log, label or run folder.
"""

from __future__ import annotations

import hashlib
import netrc
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from docker.types import Mount

from sandbox.setup.localindex import Shown, local_path, show_index, show_links
from sandbox.setup.pipsettings import IndexSettings, read_pip, read_uv

CA_TARGET = "/host/ca.pem"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_DEBIAN_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
_LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|::1", re.IGNORECASE)
_PASSWORD = re.compile(r"(?<=://)[^/@\s]+@")


@dataclass(frozen=True)
class HostIndex:
    """What an installing container needs to reach the packages that this host reaches.

    Attributes:
        ca_file: the CA bundle as one file of this host, or None where the host has none.
        default_index: URL as a container must use it, or None for PyPI.
        indexes: further index URLs as a container must use them.
        find_links: folders and URLs as a container must use them.
        no_index: whether only `find_links` may be used.
        best_match: whether all indexes are searched for the best version, as pip does, instead of
            taking the first index that knows the name, as uv does.
        proxies: proxy variables, lower-case names.
        shown: what must be mounted for `file:` indexes and find-links folders.
        notes: what cannot work as configured, for people; no passwords in it.
    """

    ca_file: Path | None = None
    default_index: str | None = field(default=None, repr=False)
    indexes: tuple[str, ...] = field(default=(), repr=False)
    find_links: tuple[str, ...] = field(default=(), repr=False)
    no_index: bool = False
    best_match: bool = False
    strategy: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    timeout: str | None = None
    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    shown: tuple[Shown, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def detect(cls, environ: Mapping[str, str] | None = None) -> HostIndex:
        """Read the settings of this host: `environ` (None: `os.environ`), pip's and uv's files, netrc."""
        environ = os.environ if environ is None else environ
        pip, uv = read_pip(environ), read_uv(environ)
        uv_speaks = bool(uv.default_index or uv.indexes or uv.no_index)
        chosen = uv if uv_speaks else pip
        logins = _logins(environ)
        shown: list[Shown] = []
        notes: list[str] = []
        urls = [chosen.default_index, *chosen.indexes]
        served = [_as_seen(url, number, shown, notes, logins) for number, url in enumerate(urls)]
        links = list(dict.fromkeys((*uv.find_links, *pip.find_links)))
        proxies = _proxies(environ, pip.proxy)
        notes += [
            _unreachable(f"the proxy {name}", url)
            for name, url in proxies.items()
            if name != "no_proxy" and _on_loopback(url)
        ]
        if pip.client_cert:
            notes.append("pip's client-cert is not handed to the containers")
        return cls(
            ca_file=_ca_file(environ, pip),
            default_index=served[0],
            indexes=tuple(url for url in served[1:] if url),
            find_links=tuple(filter(None, (_link_as_seen(link, n, shown, notes) for n, link in enumerate(links)))),
            no_index=chosen.no_index,
            best_match=not uv_speaks and bool(pip.indexes),
            strategy=uv.strategy,
            trusted_hosts=tuple(dict.fromkeys((*uv.trusted_hosts, *pip.trusted_hosts))),
            timeout=uv.timeout or pip.timeout,
            proxies=proxies,
            shown=tuple(shown),
            notes=tuple(notes),
        )

    @cached_property
    def ca_bundle(self) -> bytes | None:
        """The CA bundle's bytes (PEM), or None where the host has none."""
        return self.ca_file.read_bytes() if self.ca_file else None

    def mounts(self) -> list[Mount]:
        """Read-only mounts for an installing container: CA bundle, `file:` indexes, find-links folders."""
        wanted = [(item.source, item.target) for item in self.shown]
        if self.ca_file:
            wanted.append((str(self.ca_file), CA_TARGET))
        return [Mount(target, source, type="bind", read_only=True) for source, target in wanted]

    def uv_arguments(self) -> list[str]:
        """Arguments for `uv pip compile|install|sync`; nothing secret is in them."""
        arguments = ["--no-index"] if self.no_index else []
        strategy = self.strategy or ("unsafe-best-match" if self.best_match else None)
        if strategy:
            arguments += ["--index-strategy", strategy]
        for host in self.trusted_hosts:
            arguments += ["--allow-insecure-host", host]
        return arguments

    def environment(self) -> dict[str, str]:
        """Variables for an installing container. They may hold passwords: do not write them anywhere."""
        variables = dict(self.proxies) | {name.upper(): value for name, value in self.proxies.items()}
        if self.ca_file:
            variables |= dict.fromkeys(("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"), CA_TARGET)
        if self.default_index and not self.no_index:
            variables["UV_DEFAULT_INDEX"] = self.default_index
        if self.indexes and not self.no_index:
            variables["UV_INDEX"] = " ".join(self.indexes)
        if self.find_links:
            variables["UV_FIND_LINKS"] = ",".join(self.find_links)
        if self.timeout:
            variables["UV_HTTP_TIMEOUT"] = self.timeout
        return variables

    def redact(self, text: str) -> str:
        """`text` without the user names and passwords of URLs."""
        return _PASSWORD.sub("***@", text)

    def describe(self) -> str:
        """One line for people: what is configured, without passwords."""
        parts = [self.redact(self.default_index) if self.default_index else "PyPI"]
        parts = ["no index"] if self.no_index else parts + [self.redact(url) for url in self.indexes]
        parts += [f"find-links {self.redact(link)}" for link in self.find_links]
        return ", ".join(parts + (["a proxy"] if self.proxies.keys() - {"no_proxy"} else []))


def _as_seen(
    url: str | None, number: int, shown: list[Shown], notes: list[str], logins: netrc.netrc | None
) -> str | None:
    """An index URL as a container must use it; what it must see is appended to `shown`."""
    if not url:
        return None
    folder = local_path(url)
    if folder is None:
        if _on_loopback(url):
            notes.append(_unreachable("the package index", url))
        return _with_login(url, logins)
    if not folder.is_dir():
        notes.append(f"the package index {folder} is no folder of this host; it is left out")
        return None
    mounts, seen = show_index(folder, number)
    shown += mounts
    return seen


def _link_as_seen(link: str, number: int, shown: list[Shown], notes: list[str]) -> str | None:
    path = local_path(link)
    if path is None:
        if _on_loopback(link):
            notes.append(_unreachable("find-links", link))
        return link
    if not path.exists():
        notes.append(f"find-links {path} does not exist on this host; it is left out")
        return None
    mounts, seen = show_links(path, number)
    shown += mounts
    return seen


def _ca_file(environ: Mapping[str, str], pip: IndexSettings) -> Path | None:
    """The first CA bundle that somebody configured and that exists, else the system's."""
    named = [pip.cert, *(environ.get(n) for n in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"))]
    for name in (*named, ssl.get_default_verify_paths().cafile, _DEBIAN_BUNDLE):
        path = Path(name).expanduser().absolute() if name else None
        if path and path.is_file():
            return path.resolve()
        if path and path.is_dir():
            return _joined(path, environ)
    return None


def _joined(folder: Path, environ: Mapping[str, str]) -> Path | None:
    """The certificates of a folder as one file, which is what a container can be given."""
    files = sorted(path for path in folder.iterdir() if path.suffix in {".pem", ".crt"} and path.is_file())
    content = b"\n".join(path.read_bytes() for path in files)
    if not content:
        return None
    home = Path(environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or Path.home()) / ".cache")
    joined = home / "p2c" / f"ca-{hashlib.sha256(content).hexdigest()[:16]}.pem"
    if not joined.is_file():
        joined.parent.mkdir(parents=True, exist_ok=True)
        partial = joined.with_suffix(f".{os.getpid()}")
        partial.write_bytes(content)
        partial.replace(joined)
    return joined


def _proxies(environ: Mapping[str, str], pip_proxy: str | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in PROXIES:
        value = environ.get(name) or environ.get(name.upper())
        if value:
            found[name] = value
    if pip_proxy:
        url = pip_proxy if "://" in pip_proxy else f"http://{pip_proxy}"
        found = {"http_proxy": url, "https_proxy": url} | found
    return found


def _on_loopback(url: str) -> bool:
    try:
        host = urlsplit(url if "://" in url else f"//{url}").hostname or ""
    except ValueError:
        return False
    return bool(_LOOPBACK.fullmatch(host))


def _unreachable(what: str, url: str) -> str:
    shown = _PASSWORD.sub("***@", url)
    return f"{what} ({shown}) listens on this host's loopback, which no container reaches; give an address of the host"


def _logins(environ: Mapping[str, str]) -> netrc.netrc | None:
    path = Path(environ.get("NETRC") or Path(environ.get("HOME") or Path.home()) / ".netrc")
    try:
        return netrc.netrc(str(path))
    except (OSError, netrc.NetrcParseError):
        return None


def _with_login(url: str, logins: netrc.netrc | None) -> str:
    """`url` with the user and password that netrc has for its host, as pip would send them."""
    parts = urlsplit(url)
    login = logins.authenticators(parts.hostname) if logins and parts.hostname and not parts.username else None
    if login is None:
        return url
    user, _, password = login
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password or '', safe='')}@{parts.netloc}"))
