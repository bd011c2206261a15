"""One installing container and what can be asked of it: many commands for one start (about 0.3 s)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.errors import IndexUnavailable, InfrastructureError, RunnerLost
from sandbox.setup.host import HostIndex
from sandbox.store.container import InstallingContainer

COMMAND_SECONDS = 2000.0
"""Longer than uv's own limits inside, which come first."""
_UNREACHABLE = re.compile(
    r"Request failed after|Failed to fetch|error sending request|dns error|tcp connect error|timed? ?out|"
    r"certificate|Could not connect|HTTP status (server|client) error|status code 5\d\d|Failed to download",
    re.IGNORECASE,
)
_NO_SPACE = re.compile(r"No space left on device|os error 28", re.IGNORECASE)
_URL = re.compile(r"\b(?:https?|file)://\S+")
_PATHS = re.compile(r"(?<![\w/])/(?:host|store|tmp|usr|opt)/\S+")


@dataclass(frozen=True)
class Answer:
    """What uv did.

    Attributes:
        ok: whether it succeeded.
        said: its own words, without URLs and paths of the container.
        lock: of a resolution.
        reused: of an installation: it was there already.
        absent: of an installation: the asked modules that are not in the environment.
    """

    ok: bool
    said: str
    lock: str = ""
    reused: bool = False
    absent: tuple[str, ...] = ()
    raw: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class StoreUsage:
    """What takes room in the store, in bytes on disk; files that several share by hard links are counted once.

    Attributes:
        shares: for each set of holders, the bytes that exactly these share. A holder is `env:KEY`, `cache:ARCHIVE` (a
            package that uv has unpacked), `wheel:NAME` (built here), `bytecode` or `rest`.
        used: a holder's last use, epoch seconds.
        titles: the name and version of what a package's archive holds.
    """

    shares: Mapping[frozenset[str], int]
    used: Mapping[str, float]
    titles: Mapping[str, str]

    @property
    def total(self) -> int:
        """Bytes of everything."""
        return sum(self.shares.values())

    def holders(self, kind: str) -> tuple[str, ...]:
        """Names of the holders of one kind: `env`, `cache` or `wheel`."""
        found = {who for group in self.shares for who in group if who.startswith(f"{kind}:")}
        return tuple(sorted(who.partition(":")[2] for who in found))


class Session:
    """Commands to one installer; made by `Store.session()`, closed by its context.

    Args:
        tell: is told in a sentence when something has to be waited for.
    """

    def __init__(self, container: InstallingContainer, host: HostIndex, tell: Callable[[str], None]) -> None:
        self._container = container
        self._host = host
        self._tell = tell
        self._lines: Iterator[bytes] = container.lines(COMMAND_SECONDS)

    def resolve(
        self,
        requirements: str,
        *,
        constraints: str = "",
        overrides: str = "",
        arguments: tuple[str, ...] = (),
        may_be_unreachable: bool = False,
    ) -> Answer:
        """Resolve lines of pip's requirements format to a lock, from wheels alone.

        Args:
            arguments: further options of `uv pip compile`.
            may_be_unreachable: an index that does not answer is then a failed answer, asked for once.

        Raises:
            IndexUnavailable: the index did not answer.
            InfrastructureError: the engine or the disk failed.
        """
        env = {"UV_HTTP_RETRIES": "0", "UV_HTTP_TIMEOUT": "10"} if may_be_unreachable else {}
        job = {
            "do": "resolve",
            "requirements": requirements,
            "constraints": constraints,
            "overrides": overrides,
            "arguments": [*self._host.uv_arguments(), *arguments],
            "env": env,
        }
        return self._ask(job, soft=may_be_unreachable)

    def install(self, key: str, lock: str, modules: tuple[str, ...] = (), exact: tuple[str, ...] = ()) -> Answer:
        """Make the environment `key` from `lock`, unless it is there. Raises as `resolve` does.

        Args:
            modules: import names that it should have, to the first regular package; `exact`: to their last part.
        """
        job = {"do": "install", "key": key, "lock": lock, "arguments": self._host.uv_arguments()}
        return self._ask({**job, "modules": list(modules), "exact": list(exact)})

    def has(self, key: str) -> bool:
        """Whether the environment is there and complete; notes that it was used."""
        return self._ask({"do": "has", "key": key}).reused

    def discard(self, key: str) -> None:
        """Remove an environment."""
        answer = self._ask({"do": "discard", "key": key})
        if not answer.ok:
            raise InfrastructureError(f"the environment {key} could not be removed: {answer.said}")

    def discard_unused(self, keys: Iterable[str], used_since: float) -> tuple[str, ...]:
        """Remove environments but those that were used since that time (epoch seconds); returns the keys that stay."""
        return tuple(self._ask({"do": "discard_unused", "keys": list(keys), "used_since": used_since}).raw["stay"])

    def drop(self, archives: Iterable[str], wheels: Iterable[str]) -> bool:
        """Remove unpacked packages, bytecode that no environment uses, and built wheels; False: others are at work."""
        return self._ask({"do": "drop", "archives": list(archives), "wheels": list(wheels)}, soft=True).ok

    def usage(self) -> StoreUsage:
        """What takes room in the store."""
        raw = self._ask({"do": "usage"}).raw
        return StoreUsage({frozenset(who): size for who, size in raw["shares"]}, raw["used"], raw["titles"])

    def keep_wheel(self, name: str, content: bytes) -> None:
        """Put a checked wheel into the store, where every resolution finds it."""
        answer = self._ask({"do": "keep_wheel", "name": name, "content": base64.b64encode(content).decode()})
        if not answer.ok:
            raise InfrastructureError(f"the store did not take the wheel {name}: {answer.said}")

    def _ask(self, job: dict[str, Any], *, soft: bool = False) -> Answer:
        raw = self._answer(job)
        while raw["status"] == "waiting":
            self._tell(f"{raw['said']}; waiting for it ({raw['seconds']:.0f} s)")
            raw = self._answer()
        ok = raw["status"] == "ok"
        said = clean(str(raw["said"]))
        if not ok and _NO_SPACE.search(raw["said"]):
            raise InfrastructureError(f"the disk of the store is full; make room, see `docker system df`: {said}")
        if not ok and "Hash mismatch" in raw["said"]:
            raise InfrastructureError(
                f"the index sent something whose hash is not the lock's; it changed, or somebody changed it: {said}"
            )
        if raw["status"] == "busy" and not soft:
            raise InfrastructureError(f"{said}; try again, or end that process")
        unsolvable = "No solution found" in raw["said"]
        unreachable = raw["status"] == "timeout" or (not unsolvable and _UNREACHABLE.search(raw["said"]))
        if not ok and unreachable and not soft:
            raise IndexUnavailable(
                f"the package index did not answer; check the network, proxy and index settings of this host: {said}"
            )
        return Answer(ok, said, str(raw.get("lock", "")), bool(raw.get("reused")), tuple(raw.get("absent", ())), raw)

    def _answer(self, job: dict[str, Any] | None = None) -> dict[str, Any]:
        """The next line of the installer, after sending it a job."""
        if job is not None:
            self._container.send(json.dumps(job).encode() + b"\n")
        line = next(self._lines, None)
        if line is None:
            noise = self._container.noise.decode("utf-8", "replace").strip()
            raise RunnerLost(f"an installing container ended before it answered; try again. {noise}".rstrip())
        raw: dict[str, Any] = json.loads(line)
        return raw


def index_is_gone(said: str) -> bool:
    """Whether uv gave up because of the index, in its own phrases (a build's script may print others)."""
    return "No solution found" not in said and bool(re.search("Request failed after|Failed to fetch: ", said))


def clean(said: str) -> str:
    """uv's words for a report: no URLs (they name hosts and may hold passwords), no paths of the container."""
    text = _PATHS.sub("PATH", _URL.sub("URL", said))
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()
