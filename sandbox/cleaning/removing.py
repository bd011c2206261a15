"""Remove what was planned; what somebody has begun to use since stays."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import docker
from docker import errors as docker_errors

from sandbox.cleaning.holdings import Item
from sandbox.engine import guard
from sandbox.setup.places import cache_folder
from sandbox.setup.scratch import delete
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
    images = sorted((item for item in items if item.kind == "image"), key=lambda one: -one.made)  # children first
    kept = [item for item in images if not _removed(client, item)]
    stay += [item for item in kept if not _removed(client, item)]  # its child, as old by the second, may be gone now
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
            for tag in found["RepoTags"] or [item.name]:
                client.api.remove_image(tag)
            client.api.inspect_image(item.name)  # type: ignore[no-untyped-call]
        except docker_errors.ImageNotFound:
            return True
        except docker_errors.APIError as error:
            if error.status_code != 409:
                raise
    return False  # refused; or it has lost its name only, because another image was made from it


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        delete(path)
    else:
        path.unlink(missing_ok=True)
