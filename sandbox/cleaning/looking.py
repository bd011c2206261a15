"""Look at everything that p2c keeps: the store, images that carry our label, this user's cache folder."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import docker

from sandbox.cleaning.holdings import Holdings, Item
from sandbox.cleaning.images import Shares, images
from sandbox.engine import LABEL, guard, is_dead, is_local
from sandbox.setup.lastuse import FOLDER
from sandbox.setup.places import cache_folder
from sandbox.store import Store, StoreUsage
from sandbox.store.claims import gate, read_claims

RECENT_SECONDS = 24 * 3600
"""While processes of other users are alive, which tell us nothing, what was used within this time stays."""
NAMES = {"env": "environment", "cache": "package", "wheel": "wheel"}
DEAR = ("tools-", "prepared/", "layers/")
"""Of the cache folder: fetched tools and records of resolutions."""
ALIVE = ("claims/", f"{FOLDER}/", "p2c-scratch-")
"""Of the cache folder: what live processes hold, what tells images' last use, and what the next start sweeps."""


def look(client: docker.DockerClient, store: Store | None) -> Holdings:
    """Everything that is kept, and who uses it. Takes seconds.

    Args:
        store: None: there is no sandbox image to look into the store with.

    Raises:
        InfrastructureError: the engine failed.
    """
    shares: Shares = defaultdict(int)
    items: list[Item] = []
    notes: list[str] = []
    if store is None:
        notes.append("the store cannot be looked at without the sandbox image: p2c doctor --fix")
    elif store.identity() is not None:
        usage = store.usage()
        items += _stored(usage, _claimed(store), _strangers(client, store))
        for who, size in usage.shares.items():
            shares[frozenset(_renamed(holder) for holder in who)] += size
    items += images(client, store.image if store else None, shares)
    items += _cached(cache_folder(), shares)
    return Holdings(dict(shares), tuple(items), tuple(notes))


def _renamed(holder: str) -> str:
    kind, colon, name = holder.partition(":")
    return f"{NAMES[kind]}:{name}" if colon else kind


def _stored(usage: StoreUsage, claimed: frozenset[str], strangers: bool) -> list[Item]:
    items = []
    for holder in sorted({holder for who in usage.shares for holder in who if ":" in holder}):
        kind, _, name = holder.partition(":")
        used = usage.used.get(holder, 0.0)
        stays = ""
        if kind == "env" and name in claimed:
            stays = "a live process uses it"
        elif kind == "env" and strangers and time.time() - used < RECENT_SECONDS:
            stays = "it was used today, and a process is alive that does not tell this user what it uses"
        title = usage.titles.get(holder, name)
        items.append(Item(NAMES[kind], name, title, used, stays, dear=kind == "wheel"))
    return items


def _claimed(store: Store) -> frozenset[str]:
    with gate():
        return frozenset(key for claim in read_claims(store.volume) if claim.alive for key in claim.keys)


def _strangers(client: docker.DockerClient, store: Store) -> bool:
    """Whether live processes have containers here whose claims we cannot see: other users', other machines'."""
    with gate():
        known = {claim.owner for claim in read_claims(store.volume)}
    with guard("looking for live processes"):
        found = client.api.containers(all=True, filters={"label": LABEL, "volume": store.volume})
    owners = {container["Labels"].get(LABEL, "") for container in found} - known
    return any(not is_dead(owner, is_shared=not is_local(client)) for owner in owners)


def _cached(folder: Path, shares: Shares) -> list[Item]:
    """What lies in this user's cache folder: each entry of its folders, the fetched tools as a whole."""
    items = []
    for path in sorted(_entries(folder)):
        name = path.relative_to(folder).as_posix()
        found = list(_sizes(path))
        if not found or name.startswith(ALIVE) or path.suffix == ".lock" or path.is_symlink():
            continue
        shares[frozenset({f"cache:{name}"})] += sum(size for size, _ in found)
        items.append(Item("cache", name, name, max(used for _, used in found), dear=name.startswith(DEAR)))
    return items


def _entries(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink() and not path.name.startswith(DEAR):
            with suppress(OSError):  # its process may remove it meanwhile
                yield from list(path.iterdir())
        else:
            yield path


def _sizes(path: Path) -> Iterator[tuple[int, float]]:
    """Bytes on disk and last change of a path and all below it; of what is there still when it is looked at."""
    below = (Path(parent, name) for parent, folders, files in os.walk(path) for name in (*folders, *files))
    for one in (path, *below):
        with suppress(OSError):
            found = one.lstat()
            yield found.st_blocks * 512, found.st_mtime
