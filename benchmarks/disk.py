"""Disk: what twenty repositories, changed and run ten times each, leave behind; beside an image for each."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import docker
from docker.errors import APIError, DockerException

from benchmarks.builds import Builds
from benchmarks.child import ContestantFailed
from benchmarks.frame import Bench, Measurement, parts
from benchmarks.results import Section, Table, Target
from benchmarks.stats import MIB, bytes_text
from benchmarks.trees import EDITED, edited, small
from benchmarks.volumes import own_volume

REPOSITORIES = 20
BUILT = 3
ITERATIONS = 10
USAGE_SECONDS = 120.0
PACKAGES = ("tqdm", "click", "pyyaml", "networkx", "tabulate")
"""Each repository needs NumPy and one or more of these."""

METHOD = f"""{REPOSITORIES} repositories, each of which needs NumPy and another choice of {", ".join(PACKAGES)}, are
each changed and verified {ITERATIONS} times, over a store of their own that is empty at first. Counted
is what the engine holds more afterwards: images, volumes and containers, and the bytes of the store.
Beside it an image for each repository, as is usual (`pip install` in one layer, `COPY` of the tree in
the next, built again for every change), for {BUILT} of them."""


@dataclass(frozen=True)
class _Held:
    """What the engine holds."""

    images: frozenset[str]
    """Their ids."""
    layers: int
    containers: int
    volumes: int

    @classmethod
    def by(cls, client: docker.DockerClient) -> _Held:
        found = _usage(client)
        return cls(
            images=frozenset(one["Id"] for one in found["Images"] or ()),
            layers=int(found["LayersSize"]),
            containers=len(found["Containers"] or ()),
            volumes=len(found["Volumes"] or ()),
        )


def measure(bench: Bench) -> Section:
    """The section; see `METHOD`."""
    iterations = bench.times(ITERATIONS)
    before = _Held.by(bench.client)
    with tempfile.TemporaryDirectory(prefix="p2c-bench-") as cache, own_volume(bench.client) as volume:
        first = _verified(bench, cache, volume, iterations)
        after = _Held.by(bench.client)
        stored = _volume_bytes(bench.client, volume)
    added = after.images - before.images
    ours = (
        "p2c", str(REPOSITORIES), str(iterations), bytes_text(stored / REPOSITORIES), bytes_text(stored),
        bytes_text(first), str(len(added)), str(after.containers - before.containers),
    )  # fmt: skip
    rows: list[tuple[str, ...]] = [ours]
    try:
        rows.append(_built(bench, iterations))
    except (DockerException, ContestantFailed) as error:
        said = f"failed: {' '.join(str(error).split())[:160]}"
        rows.append(("an image for each", said, "-", "-", "-", "-", "-", "-"))
    per, images = rows[-1][3], rows[-1][6]
    beside = f"an image for each of {BUILT}: {images} images, {per} a repository" if len(rows) > 1 else ""
    columns = (
        "", "repositories", "changes of each", "bytes a repository", "bytes in all", "of these before the changes",
        "images added", "containers left",
    )  # fmt: skip
    return Section(
        name=MEASUREMENT.name,
        title=MEASUREMENT.title,
        method=METHOD,
        command="",
        tables=(Table(title="", columns=columns, rows=tuple(rows)),),
        targets=(
            Target(
                what="images that p2c adds",
                unit="count",
                sense="at most",
                limit=0,
                value=len(added),
                beside=beside,
                floor=f"what others gave this engine meanwhile counts; added were {_names(bench.client, added)}.",
            ),
            Target(
                what="bytes that the changes add to p2c's store, a repository",
                unit="bytes",
                sense="under",
                limit=MIB,
                value=max(0, stored - first) / REPOSITORIES,
                beside=f"p2c {bytes_text(stored / REPOSITORIES)} a repository in all; {beside}",
            ),
        ),
    )


def _usage(client: docker.DockerClient) -> dict[str, Any]:
    """What `docker system df` says. The engine refuses to count while it counts for somebody else: then again.

    Raises:
        docker.errors.APIError: it refused for `USAGE_SECONDS`, or for another reason.
    """
    until = time.monotonic() + USAGE_SECONDS
    while True:
        try:
            found: dict[str, Any] = client.api.df()
        except APIError as error:
            if "already running" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.5)
        else:
            return found


def _tree(number: int) -> dict[str, str]:
    needs = ["numpy", *(name for bit, name in enumerate(PACKAGES) if (number + 1) >> bit & 1)]
    return small() | {"requirements.txt": "".join(f"{name}\n" for name in needs)}


def _verified(bench: Bench, cache: str, volume: str, iterations: int) -> float:
    """Verify all of them; bytes of the store after the first time, before any change."""
    with parts(cache) as child:
        child.ask("open", volume=volume, files=_tree(0))
        first = 0.0
        for number in range(iterations + 1):
            bench.say(f"change {number} of {iterations}")
            for repository in range(REPOSITORIES):
                changes = _tree(repository) | {EDITED: edited(100 * repository + number)}
                answer = child.ask("verify", 300, changes=changes, replay=False, place=f"bench-{repository}")
                if not answer["key"]:
                    raise ContestantFailed(f"no environment for a repository: {answer['summary']}")
            first = first or _volume_bytes(bench.client, volume)
        child.ask("settle")
    return first


def _names(client: docker.DockerClient, images: Collection[str]) -> str:
    """The images' tags, where they have any, in a few words."""
    found = [one["RepoTags"] or ["<none>:<none>"] for one in client.api.images() if one["Id"] in images]
    return ", ".join(sorted(tags[0] for tags in found)[:8]) or "none that is still there"


def _volume_bytes(client: docker.DockerClient, volume: str) -> float:
    """As the engine counts them, hard links once."""
    found = _usage(client)["Volumes"] or []
    return float(next(one["UsageData"]["Size"] for one in found if one["Name"] == volume))


def _built(bench: Bench, iterations: int) -> tuple[str, ...]:
    """An image for each repository and change."""
    builds = Builds(bench)
    before = _Held.by(bench.client)
    first = 0
    for number in range(iterations + 1):
        for repository in range(BUILT):
            bench.say(f"image of repository {repository}, change {number}")
            tree = _tree(repository) | {EDITED: edited(number)}
            needs = tree["requirements.txt"].split()
            lines = builds.recipe([needs]) + "COPY tree /work\n"
            files = {f"tree/{path}": content.encode() for path, content in tree.items()}
            builds.build(lines, cache=True, name=f"repository-{repository}", files=files)
        first = first or _Held.by(bench.client).layers - before.layers
    after = _Held.by(bench.client)
    added = after.layers - before.layers
    return (
        "an image for each", str(BUILT), str(iterations), bytes_text(added / BUILT), bytes_text(added),
        bytes_text(first), str(len(after.images - before.images)), str(after.containers - before.containers),
    )  # fmt: skip


MEASUREMENT = Measurement("disk", "Disk", measure)
