"""Remove what was planned; what somebody has begun to use since stays."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import docker
from docker import errors as docker_errors

from sandbox.cleaning.holdings import Item
from sandbox.engine import guard
from sandbox.setup.places import cache_folder
from sandbox.store import Store


def remove(client: docker.DockerClient, store: Store | None, doomed: Iterable[Item]) -> tuple[Item, ...]:
    """Remove these items; returns those that stay because they are in use.

    Raises:
        InfrastructureError: the engine failed.
    """
    items = tuple(doomed)
    stay: list[Item] = []
    if store is not None:
        stay += _from_store(store, items)
    for item in items:
        if item.kind == "cache":
            _delete(cache_folder() / item.name)
    images = [item for item in items if item.kind == "image"]
    for item in sorted(images, key=lambda one: -one.used):  # children before what they were made from
        if not _removed(client, item):
            stay.append(item)
    return tuple(stay)


def _from_store(store: Store, items: tuple[Item, ...]) -> list[Item]:
    named = {kind: {one.name for one in items if one.kind == kind} for kind in ("environment", "package", "wheel")}
    if not any(named.values()):
        return []
    cleaned = store.clean(named["environment"], named["package"], named["wheel"])
    kinds = () if cleaned.dropped else ("package", "wheel")
    return [one for one in items if (one.kind == "environment" and one.name in cleaned.in_use) or one.kind in kinds]


def _removed(client: docker.DockerClient, item: Item) -> bool:
    """Whether the image is gone. Never by force: the engine refuses while a container or another image needs it."""
    with guard("removing an image"):
        try:
            found = client.api.inspect_image(item.name)  # type: ignore[no-untyped-call]
            tags = found["RepoTags"] or [item.name]
            for tag in tags:
                client.api.remove_image(tag)
        except docker_errors.ImageNotFound:
            return True
        except docker_errors.APIError as error:
            if error.status_code == 409:
                return False
            raise
    return True


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
