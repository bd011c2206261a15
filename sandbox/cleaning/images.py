"""The images that p2c made: how large each is, what for, and which of them nothing will use again."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import docker
from docker import errors as docker_errors

from sandbox.cleaning.holdings import Item
from sandbox.engine import guard, is_there
from sandbox.setup import image
from sandbox.setup.image import ImageInfo
from sandbox.setup.lastuse import last_use
from sandbox.setup.layers import PARENT

Shares = dict[frozenset[str], int]
Listed = Mapping[str, Any]


@dataclass(frozen=True)
class _Purpose:
    """What an image is there for.

    Attributes:
        words: for people.
        dear: the next start needs it.
        others: it is another installation's.
    """

    words: str
    dear: bool = False
    others: bool = False


def images(client: docker.DockerClient, current: ImageInfo | None, shares: Shares) -> list[Item]:
    """The images that we made; layers that they share with any other image are counted once, or as the other's.

    Args:
        current: this installation's image; None when there is none.
        shares: gets the bytes of their layers.

    Raises:
        InfrastructureError: the engine failed.
    """
    with guard("looking for images"):
        listed: list[Listed] = client.api.images()
        running = {one["ImageID"] for one in client.api.containers(all=True) if is_there(one)}
        ours = {one["Id"]: one for one in listed if image.is_own(client, one)}
        layers: dict[tuple[int, str, str, int], set[str]] = defaultdict(set)
        for one in listed:
            kind = "image" if one["Id"] in ours else "foreign"
            for layer in _layers(client, one["Id"]):
                layers[layer].add(f"{kind}:{one['Id']}")
    for (size, *_), who in layers.items():
        if any(holder.startswith("image:") for holder in who):
            shares[frozenset(who)] = shares.get(frozenset(who), 0) + size
    needed = _needed(current, list(ours.values()))
    return [_item(one, _why_it_stays(one, running), needed.get(one["Id"])) for one in ours.values()]


def _why_it_stays(one: Listed, running: set[str]) -> str:
    if one["Id"] in running:
        return "a container uses it"
    if one["Labels"].get(PARENT) in running:
        return "containers use the image below it"
    return "it was made just now" if time.time() - one["Created"] < image.GRACE_SECONDS else ""


def _layers(client: docker.DockerClient, identity: str) -> list[tuple[int, str, str, int]]:
    """Its layers, as (bytes, ...); what two images have in common is equal. None when it was removed meanwhile.

    The engine does not tell the digests of layers with their sizes; but of images on one and the same lowest layer,
    those that were made at one time, by one command, and are equally large, are one.
    """
    try:
        lowest = client.api.inspect_image(identity)["RootFS"].get("Layers", [""])[0]  # type: ignore[no-untyped-call]
        found: list[Listed] = client.api.history(identity)  # type: ignore[no-untyped-call]
    except docker_errors.ImageNotFound:
        return []
    return [(one["Size"], lowest, one["CreatedBy"], one["Created"]) for one in found if one["Size"]]


def _needed(current: ImageInfo | None, ours: Sequence[Listed]) -> dict[str, _Purpose]:
    """Images that may be used again -> what for."""
    needed: dict[str, _Purpose] = {}
    for one in _newest_of_each_installation(ours, current):
        needed[one["Id"]] = _Purpose("another installation's sandbox image", others=True)
        needed |= _around(one["Id"], ours, others=True)
    if current is not None:
        needed[current.id] = _Purpose("the sandbox image", dear=True)
        needed |= _around(current.id, ours, others=False)
    stages = [one for one in ours if one["Labels"][image.KIND] == image.STAGE]
    if stages:
        newest = max(stages, key=lambda one: int(one["Created"]))
        needed[newest["Id"]] = _Purpose("a stage, which the next build starts from", dear=True)
    return needed


def _newest_of_each_installation(ours: Sequence[Listed], current: ImageInfo | None) -> list[Listed]:
    """Of each installation but ours, whose image is `current`: older ones are superseded."""
    newest: dict[str, Listed] = {}
    for one in sorted(ours, key=lambda one: int(one["Created"])):
        home = one["Labels"].get(image.HOME)
        if one["Labels"][image.KIND] == "sandbox" and home and home != image.home():
            newest[home] = one
    return [one for one in newest.values() if current is None or one["Id"] != current.id]


def _around(identity: str, ours: Sequence[Listed], *, others: bool) -> dict[str, _Purpose]:
    """The base of a sandbox image, and the layers on it."""
    found = {}
    for one in ours:
        labels: Mapping[str, str] = one["Labels"]
        if one["Id"] == identity and image.BASE in labels:
            found[labels[image.BASE]] = _Purpose("its base", dear=not others, others=others)
        elif labels.get(PARENT) == identity:
            found[one["Id"]] = _Purpose("a layer of Debian packages on it", others=others)
    return found


def _item(one: Listed, stays: str, purpose: _Purpose | None) -> Item:
    tags = [tag for tag in one["RepoTags"] or () if tag != "<none>:<none>"]
    words = purpose.words if purpose else ("superseded" if tags else "left by a build")
    return Item(
        kind="image",
        name=one["Id"],
        title=f"{tags[0] if tags else 'nameless'}, {words}",
        used=max(float(one["Created"]), last_use(one["Id"])),
        stays=stays,
        useless=purpose is None,
        dear=purpose is not None and purpose.dear,
        others=purpose is not None and purpose.others,
        made=float(one["Created"]),
    )
