"""`p2c clean` on a store of its own: what is old goes, what a live process uses stays, nothing else is touched."""

from __future__ import annotations

import io
import json
import os
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker
import pytest
from click.testing import CliRunner, Result
from docker.errors import ImageNotFound

from p2c.cli import clean
from sandbox.engine import labels
from sandbox.setup import image as setup
from sandbox.setup.host import HostIndex
from sandbox.setup.image import ImageInfo
from sandbox.setup.lastuse import last_use, note_use
from sandbox.setup.layers import PARENT
from sandbox.store import Installed, Store

pytestmark = pytest.mark.docker
KIB = 1024
REPOSITORY = f"p2c-test-images-{os.getpid()}"


@pytest.fixture
def own(
    docker_client: docker.DockerClient, image: ImageInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Store]]:
    """Stores in a volume and a cache folder of the test's own, which the command then uses as well."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    name = f"p2c-test-clean-{os.getpid()}"
    docker_client.api.create_volume(name, labels=labels(temporary=True))
    made: list[Store] = []

    def store(client: docker.DockerClient | None = None) -> Store:
        made.append(Store(client or docker_client, image, HostIndex(no_index=True), name))
        return made[-1]

    monkeypatch.setattr(clean, "_store", store)
    is_own = setup.is_own

    def is_own_and_of_the_test(client: docker.DockerClient, one: Mapping[str, Any]) -> bool:
        return is_own(client, one) and any(tag.startswith(REPOSITORY) for tag in one["RepoTags"] or ())

    monkeypatch.setattr(setup, "NAMES", (REPOSITORY,))
    monkeypatch.setattr(setup, "is_own", is_own_and_of_the_test)  # other tests make and remove images
    yield store
    for one in made:
        one.close()
    docker_client.api.remove_volume(name, force=True)


@pytest.fixture
def made_image(docker_client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Makes small images with our labels, each of an installation (its home), by a tag; gives their ids."""
    monkeypatch.setattr(setup, "GRACE_SECONDS", -60)
    made: list[str] = []

    def make(tag: str, home: str) -> str:
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as archive:
            member = tarfile.TarInfo("content")
            member.size = KIB * 256
            archive.addfile(member, io.BytesIO(os.urandom(member.size)))
        labels = f"LABEL {setup.KIND}=sandbox {setup.HOME}={home}"
        docker_client.api.import_image_from_data(content.getvalue(), REPOSITORY, tag=tag, changes=[labels])
        made.append(f"{REPOSITORY}:{tag}")
        return str(docker_client.images.get(made[-1]).id)

    yield make
    for name in made:
        with suppress(ImageNotFound):
            docker_client.api.remove_image(name, force=True)


def run(*arguments: str) -> tuple[Result, Any]:
    result = CliRunner().invoke(clean.command, ["--json", *arguments], standalone_mode=False)
    assert result.exception is None, result.exception
    return result, json.loads(result.stdout)


def test_of_two_installations_images_the_one_that_was_used_last_stays_and_a_superseded_one_goes_first(
    own: Callable[[], Store], made_image: Callable[..., str], docker_client: docker.DockerClient
) -> None:
    used, unused = made_image("used", "one"), made_image("unused", "another")
    superseded = made_image("superseded", setup.home())
    note_use(used)
    _, told = run("--dry-run", "--budget", "1t")
    assert [one["name"] for one in told["removed"]] == [superseded]
    _, told = run("--budget", str(told["after"] - 1))
    assert [one["name"] for one in told["removed"]] == [superseded, unused]
    assert told["before"] - told["after"] >= 512 * KIB
    assert _there(docker_client, used, unused, superseded) == [used]
    assert last_use(used) > 0


def test_an_image_that_another_was_made_from_goes_with_it_and_one_that_a_container_uses_stays(
    own: Callable[[], Store], made_image: Callable[..., str], docker_client: docker.DockerClient
) -> None:
    parent, used = made_image("parent", "one"), made_image("used", "another")
    container = docker_client.api.create_container(parent, ["true"])["Id"]
    child = docker_client.api.commit(container, REPOSITORY, "child", changes=[f"LABEL {PARENT}={parent}"])["Id"]
    docker_client.api.remove_container(container)
    container = docker_client.api.create_container(used, ["true"])["Id"]
    try:
        _, told = run("--all")
    finally:
        docker_client.api.remove_container(container)
    assert {parent, child} <= {one["name"] for one in told["removed"]}
    assert [one["why"] for one in told["in_use"] if one["name"] == used] == ["a container uses it"]
    assert _there(docker_client, parent, child, used) == [used]


def test_an_image_below_one_of_somebody_else_is_said_to_stay(
    own: Callable[[], Store], made_image: Callable[..., str], docker_client: docker.DockerClient
) -> None:
    parent = made_image("parent", "one")
    container = docker_client.api.create_container(parent, ["true"])["Id"]
    theirs = docker_client.api.commit(container, "somebody-elses", f"p2c-test-{os.getpid()}")["Id"]
    docker_client.api.remove_container(container)
    try:
        _, told = run("--all")
        assert parent in {one["name"] for one in told["in_use"]}
        assert _there(docker_client, parent, theirs) == [parent, theirs]
    finally:
        docker_client.api.remove_image(theirs)


def _there(client: docker.DockerClient, *identities: str) -> list[str]:
    known = {one["Id"] for one in client.api.images(all=True)}
    return [identity for identity in identities if identity in known]


def test_a_cache_that_changes_while_it_is_looked_at_is_no_error(
    own: Callable[[], Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "p2c" / "verdicts"
    kept.mkdir(parents=True)
    for name in ("stays", "goes"):
        (kept / name).write_text("x")
    lstat = Path.lstat

    def vanishing(path: Path) -> os.stat_result:
        if path.name == "goes":
            path.unlink(missing_ok=True)
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", vanishing)
    _, told = run("--dry-run", "--budget", "0")
    assert [one["name"] for one in told["removed"] if one["kind"] == "cache"] == ["verdicts/stays"]


def test_what_is_not_used_goes_and_what_a_live_process_uses_stays(own: Callable[[], Store], tmp_path: Path) -> None:
    mine, other = own(), own()
    used, unused = mine.install(""), other.install("# nothing\n")
    assert isinstance(used, Installed)
    assert isinstance(unused, Installed)
    other.close()
    (tmp_path / "p2c" / "verdicts").mkdir()
    (tmp_path / "p2c" / "verdicts" / "x.json").write_text("{}" * 5000)
    _, told = run("--dry-run", "--budget", "0")
    assert {one["name"] for one in told["removed"]} == {unused.key, "verdicts/x.json"}
    assert mine.has(unused.key)
    other.close()
    mine._claims.drop(unused.key)
    result, told = run("--budget", "0")
    assert result.return_value == 1, "what must stay is larger than the budget"
    assert [(one["name"], one["why"]) for one in told["in_use"]] == [(used.key, "a live process uses it")]
    assert told["after"] < told["before"]
    assert mine.has(used.key)
    assert not mine.has(unused.key)
    assert not (tmp_path / "p2c" / "verdicts" / "x.json").exists()


def test_sizes_are_of_the_disk_and_what_was_freed_is_gone(own: Callable[[], Store]) -> None:
    store = own()
    keys = [made.key for made in (store.install(f"# {n}\n") for n in range(3)) if isinstance(made, Installed)]
    assert len(keys) == 3
    store.close()
    time.sleep(1.1)
    result, told = run("--all")
    assert result.return_value == 0
    usage = store.usage()
    assert usage.holders("env") == ()
    assert usage.total <= told["after"] + 65536
    assert told["before"] - told["after"] > 3 * 4096
