"""`p2c clean` on a store of its own: what is old goes, what a live process uses stays, nothing else is touched."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from click.testing import CliRunner, Result

from p2c.cli import clean
from sandbox.engine import labels
from sandbox.setup.host import HostIndex
from sandbox.setup.image import ImageInfo
from sandbox.store import Installed, Store

pytestmark = pytest.mark.docker


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
    monkeypatch.setattr("sandbox.cleaning.looking._images", lambda *_: [])  # other tests make and remove images
    yield store
    for one in made:
        one.close()
    docker_client.api.remove_volume(name, force=True)


def run(*arguments: str) -> tuple[Result, Any]:
    result = CliRunner().invoke(clean.command, ["--json", *arguments], standalone_mode=False)
    assert result.exception is None, result.exception
    return result, json.loads(result.stdout)


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
