"""The store: what is in the volume, and how it gets there."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import docker
from docker.errors import NotFound

from sandbox.engine import LABEL, STORE_VOLUME, guard, is_local, labels
from sandbox.errors import IndexUnavailable, RunnerLost
from sandbox.setup.host import HostIndex
from sandbox.setup.image import ImageInfo
from sandbox.store.claims import Claims, gate, read_claims
from sandbox.store.container import MIB, InstallingContainer, split_line
from sandbox.store.lock import environment_key
from sandbox.store.session import Answer, Session, StoreUsage, clean, index_is_gone
from sandbox.store.wheel import MAX_BYTES, why_no_wheel

BUILD_SECONDS = 300
COMPLETE = ".complete"
FRESH = "fresh-"


@dataclass(frozen=True)
class Installed:
    """An environment of the store.

    Attributes:
        key: the folder's name below /store/envs.
        reused: it was there already.
        seconds: that it took, locks waited for included.
        absent: import names that were asked about and that it does not have.
    """

    key: str
    reused: bool
    seconds: float
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cleaned:
    """What came of a clean-up.

    Attributes:
        in_use: environments that stay, because a process uses them.
        dropped: whether the caches could be cleaned; not while other installers are at work.
    """

    in_use: tuple[str, ...]
    dropped: bool


class Store:
    """The named volume with uv's cache and the environments.

    Safe to use from several threads and processes: what two make at the same time is made once.

    Args:
        client: the engine.
        image: the sandbox image; environments belong to its system.
        host: how installers reach the index.
        volume: the volume's name; another one for tests.
        tell: is told in a sentence when something has to be waited for.
    """

    def __init__(
        self,
        client: docker.DockerClient,
        image: ImageInfo,
        host: HostIndex | None = None,
        volume: str = STORE_VOLUME,
        *,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.client = client
        self.image = image
        self.host = HostIndex.detect() if host is None else host
        self.volume = volume
        self._tell = tell or (lambda _: None)
        self._claims = Claims(volume, labels()[LABEL])

    def key(self, lock: str) -> str:
        """The key of the environment that `lock` makes."""
        return environment_key(self.image.system, self.image.python, lock)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """An installer, for as many commands as are needed.

        Raises:
            InfrastructureError: the engine failed.
        """
        self._ensure_volume()
        container = InstallingContainer(
            self.client, self.image, self.host, module="installer", store=self.volume, scratch=512 * MIB
        )
        try:
            yield Session(container, self.host, self._tell)
        finally:
            container.discard()

    def install(
        self,
        lock: str,
        *,
        modules: tuple[str, ...] = (),
        exact: tuple[str, ...] = (),
        fresh: bool = False,
        session: Session | None = None,
    ) -> Installed | Answer:
        """Make the environment of `lock`, or find it; a failed Answer says why it cannot be installed.

        Args:
            modules: import names that it should have, to the first regular package.
            exact: the same, to their last part.
            fresh: a brand-new one under a key of its own, to be removed with `discard`.
            session: an installer that is running already.

        Raises:
            InfrastructureError: the engine, the index or the disk failed.
        """
        started = time.monotonic()
        key = self.key(lock)
        key = f"{FRESH}{key[:16]}-{secrets.token_hex(6)}" if fresh else key
        self._claims.add(key)
        if session is None:
            with self.session() as own:
                answer = own.install(key, lock, modules, exact)
        else:
            answer = session.install(key, lock, modules, exact)
        if not answer.ok:
            self._claims.drop(key)
            return answer
        return Installed(key, answer.reused, time.monotonic() - started, answer.absent)

    def has(self, key: str) -> bool:
        """Whether the environment is there and complete; notes that it was used.

        Costs nothing where this process may read the engine's files, else a container (about 0.3 s).
        """
        self._claims.add(key)  # before it is looked for, so that it is not removed once it was found
        folder = self._folder()
        if folder is None:
            with self.session() as session:
                return session.has(key)
        try:
            os.utime(folder / "envs" / key / COMPLETE)
        except FileNotFoundError:
            return False
        return True

    def discard(self, key: str) -> None:
        """Remove an environment."""
        with self.session() as session:
            session.discard(key)
        self._claims.drop(key)

    def reap(self) -> int:
        """Remove what dead processes of this user left in the store: replays' environments, half-made ones.

        Returns:
            How many dead processes there were. Costs nothing where there was none.

        Raises:
            InfrastructureError: the engine failed.
        """
        with gate():
            dead = [claim for claim in read_claims(self.volume) if not claim.alive]
        if not dead:
            return 0
        if self.identity() is not None:
            fresh = {key for claim in dead for key in claim.keys if key.startswith(FRESH)}
            with self.session() as session:  # its start removes what is half-made
                for key in sorted(fresh):
                    session.discard(key)
        for claim in dead:
            claim.path.unlink(missing_ok=True)
        return len(dead)

    def usage(self) -> StoreUsage:
        """What takes room in the volume, files that are shared counted once; takes seconds."""
        with self.session() as session:
            return session.usage()

    def clean(self, environments: Collection[str], archives: Collection[str], wheels: Collection[str]) -> Cleaned:
        """Remove what nobody uses of these environments, uv's unpacked packages, and built wheels.

        Raises:
            InfrastructureError: the engine failed.
        """
        started = time.time()
        with self.session() as session:
            with gate():
                claimed = {key for claim in read_claims(self.volume) if claim.alive for key in claim.keys}
                doomed = sorted(set(environments) - claimed)
                stay = session.discard_unused(doomed, started)
            dropped = session.drop(archives, wheels) if archives or wheels or doomed else True
        return Cleaned(tuple(sorted((claimed & set(environments)) | set(stay))), dropped)

    def close(self) -> None:
        """Give up what this process claims; it can be used on."""
        self._claims.close()

    def identity(self) -> str | None:
        """Tells this volume from one that was made anew under the same name; None when there is none."""
        with guard("looking for the store"):
            try:
                found = self.client.api.inspect_volume(self.volume)
            except NotFound:
                return None
        return f"{found['Name']} {found['CreatedAt']}"

    def build(self, requirement: str, distribution: str, session: Session, *, image: str | None = None) -> str | None:
        """Build a wheel of a source distribution in a throwaway container, and keep it.

        Args:
            requirement: PEP 508, what to build, e.g. `antlr4-python3-runtime>=4.9,<=4.9.3`.
            distribution: normalised name, which the wheel must have.
            image: tag of an image with what the build needs of the system; None: the sandbox image.

        Returns:
            None when the wheel was kept, else why there is none.

        Raises:
            InfrastructureError: the engine or the index failed.
        """
        where = replace(self.image, tag=image) if image else self.image
        container = InstallingContainer(self.client, where, self.host, module="builder", store=None, scratch=2048 * MIB)
        job = {
            "requirement": requirement,
            "name": distribution,
            "stem": distribution.replace("-", "_"),
            "arguments": self.host.uv_arguments(),
            "seconds": BUILD_SECONDS,
        }
        try:
            container.send(json.dumps(job).encode() + b"\n")
            pieces, size = [], 0
            for piece in container.received(BUILD_SECONDS + 60):
                pieces.append(piece)
                size += len(piece)
                if size > MAX_BYTES:
                    return f"its wheel is larger than {MAX_BYTES >> 20} MiB"
        except RunnerLost as error:
            return str(error)
        finally:
            container.discard()
        return self._keep(*split_line(pieces), distribution, session)

    def _keep(self, line: bytes, content: bytes, distribution: str, session: Session) -> str | None:
        """What the builder handed out, whose every word may be the build script's."""
        try:
            answer = json.loads(line)
            name, size, said = str(answer["name"]), int(answer["size"]), clean(str(answer["said"]))
        except (ValueError, KeyError, TypeError):
            return "the build handed out no answer"
        if not name and index_is_gone(said):
            raise IndexUnavailable(f"the package index did not answer a build of {distribution}: {said}")
        if not name or size != len(content):
            return said or "the build made no wheel"
        reason = why_no_wheel(name, content, distribution)
        if reason is None:
            session.keep_wheel(name, content)
        return reason

    def _ensure_volume(self) -> None:
        # It has no owner's label: it outlives us all. Its root takes owner and mode from the image's /store.
        with guard("making the store"):
            self.client.api.create_volume(self.volume, labels={"p2c.store": "1"})

    def _folder(self) -> Path | None:
        """The volume as a folder of this host, where that can be read and written; else None."""
        if not is_local(self.client):
            return None
        with guard("looking for the store"):
            try:
                place = Path(self.client.api.inspect_volume(self.volume)["Mountpoint"])
            except NotFound:
                return None
        envs = place / "envs"
        try:
            return place if envs.is_dir() and os.access(envs, os.W_OK) else None
        except OSError:
            return None
