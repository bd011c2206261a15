"""The store with the real engine: installing, sharing, crashing, and what installers may do."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import docker
import pytest

from sandbox.engine import LABEL, labels
from sandbox.errors import InfrastructureError
from sandbox.job import Job
from sandbox.runner import DockerRunner
from sandbox.setup.host import HostIndex
from sandbox.setup.image import ImageInfo
from sandbox.store import Installed, Store
from sandbox.store.container import InstallingContainer
from sandbox.tree import Tree

pytestmark = pytest.mark.docker

StoreWith = Callable[[HostIndex | None], Store]
BACKEND = """
import os, zipfile
def _wheel(folder, name, version, text):
    file = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, file), "w") as z:
        z.writestr(f"{name}.py", text)
        info = f"{name}-{version}.dist-info/"
        z.writestr(info + "METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
        z.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        z.writestr(info + "RECORD", "")
    return file
"""


@pytest.fixture(scope="module")
def store_runner(
    docker_client: docker.DockerClient, image: ImageInfo, store_volume: str
) -> Iterator[Callable[[str | None, str], str]]:
    """Runs Python code in an environment; returns what it printed."""
    with DockerRunner(docker_client, image.tag, store_volume, spare=1) as runner:

        def run(key: str | None, code: str) -> str:
            result = runner.run(Job(("python", "-c", code), Tree({"a.txt": b""}), key))
            assert result.exit_status == 0, result.stderr.text()
            return result.stdout.text().strip()

        yield run


def lock_of(store: Store, *lines: str) -> str:
    with store.session() as session:
        answer = session.resolve("\n".join(lines) + "\n")
    assert answer.ok, answer.said
    return answer.lock


def install(store: Store, lock: str, **options: Any) -> Installed:
    installed = store.install(lock, **options)
    assert isinstance(installed, Installed), installed
    return installed


def test_an_environment_is_made_once_from_a_lock_with_hashes(
    store_with: StoreWith, wheelhouse: Any, store_runner: Callable[[str, str], str]
) -> None:
    wheelhouse.wheel("alpha", "1.0", requires=("beta>=2",))
    wheelhouse.wheel("beta", "2.0")
    store = store_with(wheelhouse.host())
    lock = lock_of(store, "alpha")
    assert lock.count("--hash=sha256:") == 2
    assert str(wheelhouse.folder) not in lock
    assert "/host" not in lock
    first = install(store, lock, modules=("alpha", "beta", "gamma"))
    assert (first.reused, first.absent) == (False, ("gamma",))
    assert install(store, lock).reused
    assert store.has(first.key)
    code = "import alpha, os; print(alpha.VERSION, os.path.exists(alpha.__cached__))"
    assert store_runner(first.key, code) == "1.0 True"
    store.discard(first.key)
    assert not store.has(first.key)


def test_a_lock_whose_hash_does_not_match_is_not_installed(store_with: StoreWith, wheelhouse: Any) -> None:
    wheelhouse.wheel("delta", "1.0")
    store = store_with(wheelhouse.host())
    lock = lock_of(store, "delta")
    lock = re.sub("sha256:[0-9a-f]{64}", "sha256:" + "0" * 64, lock)
    with pytest.raises(InfrastructureError, match="hash"):
        store.install(lock)
    assert not store.has(store.key(lock))


def test_a_fresh_environment_is_new_and_its_own(store_with: StoreWith, wheelhouse: Any) -> None:
    wheelhouse.wheel("epsilon", "1.0")
    store = store_with(wheelhouse.host())
    lock = lock_of(store, "epsilon")
    usual = install(store, lock)
    one, two = install(store, lock, fresh=True), install(store, lock, fresh=True)
    assert [one.reused, two.reused] == [False, False]
    assert len({usual.key, one.key, two.key}) == 3
    store.discard(one.key)
    assert not store.has(one.key)
    assert store.has(two.key)
    assert store.has(usual.key)
    assert {usual.key, two.key} <= set(store.usage().holders("env"))
    store.discard(two.key)


def test_two_that_want_the_same_environment_build_it_once(store_with: StoreWith, wheelhouse: Any) -> None:
    wheelhouse.wheel("zeta", "1.0")
    stores = [store_with(wheelhouse.host()) for _ in range(3)]
    lock = lock_of(stores[0], "zeta")
    made: list[Installed] = []
    threads = [threading.Thread(target=lambda s=s: made.append(install(s, lock))) for s in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.reused for one in made) == [False, True, True]
    assert len({one.key for one in made}) == 1


def test_a_killed_installer_leaves_a_store_that_works(
    docker_client: docker.DockerClient, store_with: StoreWith, wheelhouse: Any
) -> None:
    files = {f"theta/m{number}.py": f"x = {number}\n" for number in range(1500)} | {"theta/__init__.py": ""}
    wheelhouse.wheel("theta", "1.0", files=files)
    store = store_with(wheelhouse.host())
    lock = lock_of(store, "theta")
    killed = 0
    for pause in (0.0, 0.02, 0.05, 0.15):
        with store.session() as session:
            assert not session.has("0123456789abcdef")
            timer = threading.Timer(pause, docker_client.api.kill, [session._container.id])
            timer.start()
            try:
                store.install(lock, session=session)
            except InfrastructureError:
                killed += 1
                assert not store.has(store.key(lock))
            else:  # it was quicker than the signal
                store.discard(store.key(lock))
            timer.join()
    assert killed
    assert not install(store, lock, modules=("theta.m1499",)).absent
    assert store.has(store.key(lock))


def test_no_installer_stays_behind(docker_client: docker.DockerClient, store_with: StoreWith) -> None:
    store = store_with(HostIndex(no_index=True))
    with store.session() as session:
        assert not session.has("0123456789abcdef")
        inside = session._container.id
    mine = {"label": f"{LABEL}={labels()[LABEL]}"}
    until = time.monotonic() + 10
    while inside in [c["Id"] for c in docker_client.api.containers(all=True, filters=mine)]:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_an_installer_is_hardened(
    docker_client: docker.DockerClient, image: ImageInfo, store_volume: str, wheelhouse: Any
) -> None:
    container = InstallingContainer(
        docker_client, image, wheelhouse.host(), module="installer", store=store_volume, scratch=1 << 26
    )
    try:
        seen = docker_client.api.inspect_container(container.id)
        host = seen["HostConfig"]
        assert host["CapDrop"] == ["ALL"]
        assert not host["CapAdd"]
        assert host["SecurityOpt"] == ["no-new-privileges"]
        assert host["ReadonlyRootfs"]
        assert not host["Privileged"]
        assert host["PidsLimit"] == 256
        assert host["Memory"] == host["MemorySwap"] > 0
        assert host["LogConfig"]["Type"] == "none"
        assert seen["Config"]["User"] == "1000:1000"
        writable = {mount["Destination"] for mount in seen["Mounts"] if mount["RW"]}
        assert writable == {"/store"}
        assert not any("KEY" in line or "TOKEN" in line for line in seen["Config"]["Env"])
    finally:
        container.discard()


def test_a_payload_in_a_pth_file_runs_where_code_runs_and_not_where_it_is_installed(
    store_with: StoreWith, wheelhouse: Any, store_runner: Callable[[str | None, str], str]
) -> None:
    payload = "import os; os.environ['PWNED'] = '1'; open('/tmp/x', 'w'); os.path.isdir('/store') and os.system("
    payload += "'touch /store/pwned')\n"
    wheelhouse.wheel("iota", "1.0", files={"iota.py": "", "iota.pth": payload})
    store = store_with(wheelhouse.host())
    lock = lock_of(store, "iota")
    key = install(store, lock, modules=("iota",)).key
    install(store, lock, fresh=True)
    assert "pwned" not in store_runner(None, "import os; print(os.listdir('/store'))")
    assert store_runner(key, "import os; print(os.environ.get('PWNED'))") == "1"


def test_a_hostile_source_cannot_stop_an_installation(store_with: StoreWith, wheelhouse: Any) -> None:
    files = {"kappa.py": "x = 1\n", "kappa_deep.py": "x = " + "(" * 90 + ")" * 90, "kappa_bad.py": "def ("}
    files["kappa_bomb.py"] = "x = " + "-" * 3_000_000 + "1\n"
    wheelhouse.wheel("kappa", "1.0", files=files)
    store = store_with(wheelhouse.host())
    assert not install(store, lock_of(store, "kappa"), modules=("kappa", "kappa_bad")).absent


def test_a_source_distribution_is_built_apart_without_the_store(
    store_with: StoreWith, wheelhouse: Any, store_runner: Callable[[str, str], str]
) -> None:
    backend = BACKEND + (
        "def build_wheel(folder, config=None, metadata=None):\n"
        "    try:\n        open('/store/pwned', 'w'); wrote = True\n    except OSError:\n        wrote = False\n"
        "    return _wheel(folder, 'lam', '1.0', f'SEEN = {os.listdir(\"/store\")!r}, {wrote}')\n"
    )
    wheelhouse.sdist("lam", "1.0", backend)
    store = store_with(wheelhouse.host())
    with store.session() as session:
        assert not session.resolve("lam\n").ok
        assert store.build("lam", "lam", session) is None
    key = install(store, lock_of(store, "lam")).key
    assert store_runner(key, "import lam; print(lam.SEEN)") == "([], False)"


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        ("return _wheel(folder, 'numpy', '9.0', '')", ""),
        ("raise RuntimeError('no compiler here')", "no compiler here"),
        ('import time; os.write(1, b\'{"name": "mu-1.0-py3-none-any.whl", "size": 0}\'); os._exit(0)', ""),
    ],
)
def test_a_build_that_hands_out_something_else_is_not_kept(
    store_with: StoreWith, wheelhouse: Any, build: str, reason: str
) -> None:
    wheelhouse.sdist("mu", "1.0", BACKEND + f"def build_wheel(folder, config=None, metadata=None):\n    {build}\n")
    store = store_with(wheelhouse.host())
    with store.session() as session:
        said = store.build("mu", "mu", session)
        assert said
        assert reason in said
        assert not session.resolve("mu\n").ok
        assert not session.resolve("numpy==9.0\n").ok


def test_a_name_that_is_no_key_never_becomes_a_path(store_with: StoreWith) -> None:
    store = store_with(HostIndex(no_index=True))
    with store.session() as session, pytest.raises(InfrastructureError):
        session.discard("../../etc")


def test_an_index_that_does_not_answer_is_not_the_codes_fault(store_with: StoreWith) -> None:
    unreachable = HostIndex(default_index="http://127.0.0.1:9/simple")
    with store_with(unreachable).session() as session, pytest.raises(InfrastructureError, match="did not answer"):
        session.resolve("six\n")


def test_a_volume_that_was_made_anew_is_told_from_the_old_one(docker_client: docker.DockerClient, image: Any) -> None:
    name = "p2c-test-identity"
    docker_client.api.create_volume(name, labels=labels(temporary=True))
    store = Store(docker_client, image, HostIndex(), name)
    before = store.identity()
    docker_client.api.remove_volume(name)
    assert store.identity() is None
    time.sleep(1.1)
    docker_client.api.create_volume(name, labels=labels(temporary=True))
    assert store.identity() != before
    docker_client.api.remove_volume(name)
