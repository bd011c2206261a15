"""Look at everything that p2c keeps: the store, images that carry our label, this user's cache folder."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import docker
from docker import errors as docker_errors

from sandbox.cleaning.holdings import Holdings, Item
from sandbox.engine import LABEL, guard, is_dead, is_there
from sandbox.setup import image
from sandbox.setup.image import ImageInfo
from sandbox.setup.places import cache_folder
from sandbox.store import Store, StoreUsage
from sandbox.store.claims import gate, read_claims

RECENT_SECONDS = 24 * 3600
"""While processes of other users are alive, which tell us nothing, what was used within this time stays."""
NAMES = {"env": "environment", "cache": "package", "wheel": "wheel"}
DEAR = ("tools-", "prepared/", "layers/")
"""Of the cache folder: fetched tools and records of resolutions."""
ALIVE = ("claims/", "p2c-scratch-")
"""Of the cache folder: what live processes hold, and what the next start sweeps."""

Shares = dict[frozenset[str], int]


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
    items += _images(client, store.image if store else None, shares)
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
    return any(not is_dead(owner) for owner in owners)


def _images(client: docker.DockerClient, current: ImageInfo | None, shares: Shares) -> list[Item]:
    """The images that we made; layers that they share with any other image are counted once, or as the other's."""
    with guard("looking for images"):
        listed: list[dict[str, Any]] = client.api.images()
        running = {one["ImageID"] for one in client.api.containers(all=True) if is_there(one)}
        ours = {one["Id"]: one for one in listed if image.is_own(client, one)}
        layers: dict[tuple[object, ...], set[str]] = defaultdict(set)
        for one in listed:
            for layer in _history(client, one["Id"]):
                if layer["Size"]:
                    kind = "image" if one["Id"] in ours else "foreign"
                    layers[layer["Size"], layer["CreatedBy"], layer["Created"]].add(f"{kind}:{one['Id']}")
    for (size, *_), who in layers.items():
        if any(holder.startswith("image:") for holder in who):
            shares[frozenset(who)] += int(str(size))
    needed = _needed(current, list(ours.values()))
    return [_image(one, _why_it_stays(one, running), needed.get(one["Id"], "")) for one in ours.values()]


def _why_it_stays(one: Mapping[str, Any], running: set[str]) -> str:
    if one["Id"] in running:
        return "a container uses it"
    if one["Labels"].get("p2c.parent") in running:
        return "containers use the image below it"
    return "it was made just now" if time.time() - one["Created"] < image.GRACE_SECONDS else ""


def _history(client: docker.DockerClient, identity: str) -> list[dict[str, Any]]:
    """Its layers; none when it was removed meanwhile."""
    try:
        found: list[dict[str, Any]] = client.api.history(identity)  # type: ignore[no-untyped-call]
    except docker_errors.ImageNotFound:
        return []
    return found


def _needed(current: ImageInfo | None, ours: list[dict[str, Any]]) -> dict[str, str]:
    """Images that the next start needs -> what for."""
    if current is None:
        return {}
    needed = {current.id: "the sandbox image"}
    for one in ours:
        labels: Mapping[str, str] = one["Labels"]
        if one["Id"] == current.id and image.BASE in labels:
            needed[labels[image.BASE]] = "its base"
        elif labels.get("p2c.parent") == current.id:
            needed[one["Id"]] = "a layer of Debian packages on it"
    stages = [one for one in ours if one["Labels"][image.KIND] == image.STAGE]
    if stages:
        needed[max(stages, key=lambda one: int(one["Created"]))["Id"]] = "a stage, which the next build starts from"
    return needed


def _image(one: Mapping[str, Any], stays: str, needed: str) -> Item:
    tags = [tag for tag in one["RepoTags"] or () if tag != "<none>:<none>"]
    kind = one["Labels"][image.KIND]
    title = f"{tags[0] if tags else 'nameless'}, {needed or ('superseded' if tags else 'left by a build')}"
    is_layer_in_use = kind == "layer" and bool(needed)
    return Item(
        kind="image",
        name=one["Id"],
        title=title,
        used=float(one["Created"]),
        stays=stays,
        useless=not needed,
        dear=bool(needed) and not is_layer_in_use,
    )


def _cached(folder: Path, shares: Shares) -> list[Item]:
    """What lies in this user's cache folder: each entry of its folders, the fetched tools as a whole."""
    items = []
    for path in sorted(_entries(folder)):
        name = path.relative_to(folder).as_posix()
        if name.startswith(ALIVE) or path.suffix == ".lock" or path.is_symlink():
            continue
        found = [path.lstat(), *(one.lstat() for one in path.rglob("*"))] if path.is_dir() else [path.lstat()]
        shares[frozenset({f"cache:{name}"})] += sum(one.st_blocks * 512 for one in found)
        items.append(Item("cache", name, name, max(one.st_mtime for one in found), dear=name.startswith(DEAR)))
    return items


def _entries(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink() and not path.name.startswith(DEAR):
            yield from path.iterdir()
        else:
            yield path
