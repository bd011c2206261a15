"""From requirements to an environment, with the real engine and an index of our own making."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import IndexUnavailable
from sandbox.requirements import Prepared, infer, lock, prepare, replay
from sandbox.requirements.resolve import resolve
from sandbox.requirements.windows import without_windows
from sandbox.setup.host import HostIndex
from sandbox.store import Session, Store, installed_versions
from sandbox.tree import Tree
from sandbox.verdict import Requirement

pytestmark = pytest.mark.docker

StoreWith = Callable[[HostIndex | None], Store]
CPU = "cp311-cp311-linux_x86_64"
OLD = "cp38-cp38-linux_x86_64"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results of one test are not on record for another."""
    monkeypatch.setattr("sandbox.requirements.prepared.cache_folder", lambda: tmp_path / "cache")


def need(distribution: str, specifier: str = "", **more: Any) -> Requirement:
    return Requirement(**{"distribution": distribution, "specifier": specifier, "rule": "map", **more})


def versions(prepared: Prepared) -> dict[str, str]:
    assert prepared.environment is not None, prepared.failure
    return installed_versions(prepared.environment.lock)


def test_requirements_become_an_environment_and_are_then_known(
    store_with: StoreWith, wheelhouse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheelhouse.wheel("alpha", "1.0", requires=("beta",))
    wheelhouse.wheel("beta", "3.0")
    store = store_with(wheelhouse.host())
    wanted = (need("alpha", modules=("alpha",)), need("beta", ">=2"))
    first = prepare(store, wanted)
    assert versions(first) == {"alpha": "1.0", "beta": "3.0"}
    assert first.failure is None
    assert first.environment
    assert not first.environment.reused
    fresh = prepare(store, wanted, fresh=True)
    again = replay(store, first.environment)
    assert fresh.environment
    assert len({first.environment.key, fresh.environment.key, again.key}) == 3
    assert first.environment.lock == fresh.environment.lock == again.lock
    store.discard(fresh.environment.key)
    store.discard(again.key)
    monkeypatch.setattr("sandbox.requirements.environment.resolve", None)  # the resolver is not asked again
    known = prepare(store, wanted)
    assert known.environment
    assert (known.environment.key, known.environment.reused) == (first.environment.key, True)
    store.discard(first.environment.key)
    remade = prepare(store, wanted)
    assert remade.environment
    assert (remade.environment.key, remade.environment.reused) == (first.environment.key, False)


def test_no_requirements_are_an_environment_too(store_with: StoreWith) -> None:
    assert versions(prepare(store_with(HostIndex(no_index=True)), ())) == {}


def test_a_conflict_of_the_repositorys_own_is_its_failure(store_with: StoreWith, wheelhouse: Any) -> None:
    wheelhouse.wheel("alpha", "1.0", requires=("beta>=2",))
    wheelhouse.wheel("beta", "1.0")
    wheelhouse.wheel("beta", "2.0")
    wanted = (need("alpha", "==1.0"), need("beta", "==1.0", file="requirements.txt", line=4))
    failure = prepare(store_with(wheelhouse.host()), wanted).failure
    assert failure
    assert (failure.step, failure.kind) == ("install", "requirement")
    assert "beta" in failure.message
    assert "depend on beta>=2" in failure.evidence
    assert "/host" not in failure.evidence
    assert failure.signature.startswith("requirement | conflict")


@pytest.mark.parametrize(("name", "specifier"), [("alpha", "==9.9"), ("not-there-at-all", "")])
def test_what_does_not_exist_is_the_repositorys_failure_or_left_out_when_optional(
    store_with: StoreWith, wheelhouse: Any, name: str, specifier: str
) -> None:
    wheelhouse.wheel("alpha", "1.0")
    wheelhouse.wheel("beta", "1.0")
    store = store_with(wheelhouse.host())
    failure = prepare(store, (need(name, specifier, file="requirements.txt", line=2), need("beta"))).failure
    assert failure
    assert (failure.file, failure.line) == ("requirements.txt", 2)
    assert name in failure.message
    optional = prepare(store, (need(name, specifier, optional=True), need("beta")))
    assert versions(optional) == {"beta": "1.0"}
    assert any(name in note for note in optional.notes)


def test_a_pin_without_a_wheel_for_this_python_is_loosened_as_little_as_possible(
    store_with: StoreWith, wheelhouse: Any
) -> None:
    wheelhouse.wheel("alpha", "1.19.5", tag=OLD)
    wheelhouse.wheel("alpha", "1.26.4", tag=CPU)
    wheelhouse.wheel("alpha", "2.1.0", tag=CPU)
    prepared = prepare(store_with(wheelhouse.host()), (need("alpha", "==1.19.5"),))
    assert versions(prepared) == {"alpha": "1.26.4"}
    assert prepared.notes == ("alpha==1.19.5 was loosened to alpha>=1.19.5,<2: no wheel of it is for Python 3.11",)


def test_what_conflicts_with_a_loosened_pin_is_loosened_too(store_with: StoreWith, wheelhouse: Any) -> None:
    wheelhouse.wheel("alpha", "1.0", tag=OLD)
    wheelhouse.wheel("alpha", "3.0", tag=CPU)
    wheelhouse.wheel("beta", "1.0", requires=("alpha<2",))
    wheelhouse.wheel("beta", "2.0", requires=("alpha>2",))
    prepared = prepare(store_with(wheelhouse.host()), (need("alpha", "==1.0"), need("beta", "==1.0")))
    assert versions(prepared) == {"alpha": "3.0", "beta": "2.0"}
    assert len(prepared.notes) == 2


def test_the_cpu_build_of_torch_is_taken_and_what_cannot_match_it_is_missing(
    store_with: StoreWith, wheelhouse: Any
) -> None:
    wheelhouse.wheel("torch", "2.13.0+cpu", tag=CPU)
    wheelhouse.wheel("torch", "2.14.0", tag=CPU, requires=("nvidia-cublas",))
    wheelhouse.wheel("nvidia-cublas", "13.0")
    wheelhouse.wheel("torchvision", "0.28.0", tag=CPU, requires=("torch==2.13.0",))
    wheelhouse.wheel("timm", "1.0", requires=("torch", "torchvision"))
    store = store_with(wheelhouse.host())
    prepared = prepare(store, (need("torch", "==1.7.1"), need("timm"), need("torchvision")))
    assert versions(prepared) == {"torch": "2.13.0+cpu", "timm": "1.0"}
    [missing] = prepared.missing
    assert (missing.kind, missing.what) == ("package", "torchvision")
    assert missing.evidence == "no CPU build of torchvision to match torch 2.13.0+cpu can be had here"
    assert prepared.failure is None


def test_without_a_cpu_build_gigabytes_of_cuda_are_not_downloaded(store_with: StoreWith, wheelhouse: Any) -> None:
    wheelhouse.wheel("torch", "2.14.0", tag=CPU, requires=("nvidia-cublas",))
    wheelhouse.wheel("nvidia-cublas", "13.0")
    wheelhouse.wheel("alpha", "1.0")
    prepared = prepare(store_with(wheelhouse.host()), (need("torch"), need("alpha")))
    assert versions(prepared) == {"alpha": "1.0"}
    assert [item.what for item in prepared.missing] == ["torch"]


def test_gpu_builds_are_replaced_also_where_a_dependency_asks_for_them(store_with: StoreWith, wheelhouse: Any) -> None:
    wheelhouse.wheel("opencv-python-headless", "4.0", files={"cv2.py": ""})
    wheelhouse.wheel("opencv-python", "4.0", files={"cv2.py": ""})
    wheelhouse.wheel("tensorflow-cpu", "2.0", files={"tensorflow.py": ""})
    wheelhouse.wheel("alpha", "1.0", requires=("opencv-python", "nvidia-nccl"))
    wheelhouse.wheel("nvidia-nccl", "1.0")
    wanted = (need("alpha"), need("tensorflow", modules=("tensorflow",)), need("nvidia-cudnn-cu11"))
    prepared = prepare(store_with(wheelhouse.host()), wanted)
    assert versions(prepared) == {"alpha": "1.0", "opencv-python-headless": "4.0", "tensorflow-cpu": "2.0"}
    assert not prepared.missing


def test_opencv_has_windows_only_where_code_opens_one(store_with: StoreWith, wheelhouse: Any) -> None:
    for name in ("opencv-python", "opencv-python-headless"):
        wheelhouse.wheel(name, "4.0", files={"cv2.py": ""})
    store = store_with(wheelhouse.host())
    plain, shown = ({"main.py": f"import cv2\n{code}\n".encode()} for code in ("cv2.imread('a')", "cv2.imshow('a', 1)"))
    assert versions(prepare(store, infer(Tree(plain)).requirements)) == {"opencv-python-headless": "4.0"}
    found = infer(Tree(shown))
    assert [(need.rule, need.file, need.line) for need in found.requirements] == [("window", "main.py", 2)]
    assert versions(prepare(store, found.requirements)) == {"opencv-python": "4.0"}
    assert versions(prepare(store, without_windows(found).requirements)) == {"opencv-python-headless": "4.0"}


def test_what_has_no_wheel_is_built_or_missing_with_the_builds_words(store_with: StoreWith, wheelhouse: Any) -> None:
    good = (
        "import os, zipfile\n"
        "def build_wheel(folder, config=None, metadata=None):\n"
        "    with zipfile.ZipFile(os.path.join(folder, 'pi-1.0-py3-none-any.whl'), 'w') as z:\n"
        "        z.writestr('pi.py', '')\n"
        "        z.writestr('pi-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: pi\\nVersion: 1.0\\n')\n"
        "        text = 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'\n"
        "        z.writestr('pi-1.0.dist-info/WHEEL', text)\n"
        "        z.writestr('pi-1.0.dist-info/RECORD', '')\n"
        "    return 'pi-1.0-py3-none-any.whl'\n"
    )
    wheelhouse.sdist("pi", "1.0", good)
    wheelhouse.sdist("rho", "1.0", "def build_wheel(*a, **k): raise RuntimeError('nvcc was not found')\n")
    wheelhouse.wheel("alpha", "1.0")
    wanted = (need("pi", modules=("pi",)), need("rho"), need("alpha"))
    prepared = prepare(store_with(wheelhouse.host()), wanted)
    assert versions(prepared) == {"pi": "1.0", "alpha": "1.0"}
    assert prepared.notes == ("pi==1.0 has no wheel; one was built from its source distribution",)
    [missing] = prepared.missing
    assert missing.what == "rho"
    assert "nvcc was not found" in missing.evidence


def test_a_distribution_is_not_held_back_for_years_by_one_without_a_wheel(
    store_with: StoreWith, wheelhouse: Any
) -> None:
    backend = (
        "import os, zipfile\n"
        "def build_wheel(folder, config=None, metadata=None):\n"
        "    with zipfile.ZipFile(os.path.join(folder, 'sigma-4.9-py3-none-any.whl'), 'w') as z:\n"
        "        z.writestr('sigma-4.9.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: sigma\\nVersion: 4.9\\n')\n"
        "        text = 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'\n"
        "        z.writestr('sigma-4.9.dist-info/WHEEL', text)\n"
        "        z.writestr('sigma-4.9.dist-info/RECORD', '')\n"
        "    return 'sigma-4.9-py3-none-any.whl'\n"
    )
    wheelhouse.sdist("sigma", "4.9", backend)
    wheelhouse.wheel("hydra-like", "0.11")
    wheelhouse.wheel("hydra-like", "1.3", requires=("sigma==4.9.*",))
    assert versions(prepare(store_with(wheelhouse.host()), (need("hydra-like"),))) == {
        "hydra-like": "1.3",
        "sigma": "4.9",
    }


def test_a_distribution_that_lacks_the_module_it_was_chosen_for_is_noted(
    store_with: StoreWith, wheelhouse: Any
) -> None:
    wheelhouse.wheel("alpha", "1.0")
    prepared = prepare(store_with(wheelhouse.host()), (need("alpha", modules=("alpha", "omega.part")),))
    assert prepared.notes == ("alpha was installed for `import omega.part`, which it does not provide",)


def test_what_only_tests_need_is_not_installed(store_with: StoreWith, wheelhouse: Any) -> None:
    wheelhouse.wheel("alpha", "1.0")
    wheelhouse.wheel("beta", "1.0")
    wanted = (need("alpha"), need("beta", file="tests/test_a.py", optional=True))
    assert versions(prepare(store_with(wheelhouse.host()), wanted)) == {"alpha": "1.0"}


def test_a_yanked_version_is_taken_only_where_it_is_pinned_and_then_noted(
    store_with: StoreWith, wheelhouse: Any
) -> None:
    page = wheelhouse.folder / "simple" / "alpha" / "index.html"
    page.parent.mkdir(parents=True)
    links = []
    for version, mark in (("1.0", ""), ("2.0", ' data-yanked="it eats data"')):
        wheel = wheelhouse.wheel("alpha", version)
        links.append(f'<a href="../../{wheel.name}"{mark}>{wheel.name}</a>')
    page.write_text(f"<!DOCTYPE html><html><body>{' '.join(links)}</body></html>")
    folder = wheelhouse.host().shown
    store = store_with(HostIndex(default_index="file:///host/links/0/simple", shown=folder))
    assert versions(prepare(store, (need("alpha"),))) == {"alpha": "1.0"}
    pinned = prepare(store, (need("alpha", "==2.0"),))
    assert versions(pinned) == {"alpha": "2.0"}
    assert any("yanked" in note and "it eats data" in note for note in pinned.notes)


def test_an_index_that_is_gone_is_tried_again_and_then_ours_to_report(
    store_with: StoreWith, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def gone(store: Store, session: Session, wanted: tuple[Requirement, ...]) -> None:
        calls.append(1)
        raise IndexUnavailable("gone")

    monkeypatch.setattr("sandbox.requirements.environment.PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("sandbox.requirements.environment.resolve", gone)
    with pytest.raises(IndexUnavailable):
        prepare(store_with(HostIndex(no_index=True)), (need("alpha"),))
    assert len(calls) == 3


def test_the_index_of_this_host_serves_real_distributions(store_with: StoreWith) -> None:
    prepared = prepare(store_with(None), (need("six", modules=("six.moves",)), need("iniconfig"), need("pyyaml")))
    assert versions(prepared).keys() == {"six", "iniconfig", "pyyaml"}
    assert not prepared.notes


def test_the_resolver_ends_when_nothing_can_be_done(store_with: StoreWith) -> None:
    store = store_with(HostIndex(no_index=True))
    with store.session() as session:
        assert resolve(store, session, (need("alpha"),)).complaint is not None


def test_another_project_of_the_same_name_is_taken_out_again_and_refused(
    store_with: StoreWith, wheelhouse: Any
) -> None:
    wheelhouse.wheel("apexx", "0.9", files={"velruse_thing.py": ""}, requires=("gone",))
    wheelhouse.wheel("gone", "1.0")
    wheelhouse.wheel("alpha", "1.0")
    store = store_with(wheelhouse.host())
    wanted = (need("apexx", modules=("apexx.amp",), file="train.py", line=3), need("alpha", modules=("alpha",)))
    prepared = prepare(store, wanted)
    assert versions(prepared) == {"alpha": "1.0"}  # without what only the other project needs
    [refused] = prepared.refused
    assert (refused.name, refused.file, refused.line) == ("apexx", "train.py", 3)
    assert refused.reason == (
        "apexx 0.9 on the index does not hold what is imported (apexx.amp): it is another project of that name; "
        "not installed"
    )
    known = prepare(store, wanted)  # from the record
    assert known.refused == prepared.refused
    assert known.environment
    assert known.environment.reused


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ({"rule": "same-name"}, False),  # nothing but its name speaks for it
        ({"rule": "map"}, False),
        ({"rule": "declared"}, True),  # the repository's own choice: perhaps of another version
        ({"rule": "map", "specifier": ">=1"}, True),
    ],
)
def test_a_part_that_is_absent_speaks_only_against_what_was_guessed_by_name(
    store_with: StoreWith, wheelhouse: Any, more: dict[str, str], kept: bool
) -> None:
    wheelhouse.wheel("injector-like", "7.7", files={"injector_like/__init__.py": "class Injector: ...\n"})
    wanted = (need("injector-like", modules=("injector_like.facenet.src",)).model_copy(update=more),)
    prepared = prepare(store_with(wheelhouse.host()), wanted)
    assert bool(prepared.refused) is not kept
    assert versions(prepared) == ({"injector-like": "7.7"} if kept else {})


def test_what_only_a_gpu_would_use_is_not_even_asked_for(store_with: StoreWith, wheelhouse: Any) -> None:
    wheelhouse.wheel("alpha", "1.0")
    wheelhouse.wheel("triton", "3.0")
    wanted = (
        need("alpha"),
        need("cupy-cuda12x", modules=("cupy",), file="gpu.py", line=1),
        need("flash-attn", modules=("flash_attn",), optional=True),
        need("triton", rule="declared"),
    )
    prepared = prepare(store_with(wheelhouse.host()), wanted)
    assert versions(prepared) == {"alpha": "1.0"}
    assert [(item.kind, item.what) for item in prepared.missing] == [("package", "cupy-cuda12x")]
    assert set(prepared.notes) == {
        "flash-attn is not installed: the sandbox has no GPU",
        "triton is not installed: the sandbox has no GPU",
    }
    imported = prepare(store_with(wheelhouse.host()), (need("triton", modules=("triton",)),))
    assert versions(imported) == {"triton": "3.0"}


def test_companions_of_torch_match_it_where_their_cpu_builds_can_be_had(store_with: StoreWith, wheelhouse: Any) -> None:
    for version, vision in (("2.12.0", "0.27.0"), ("2.13.0", "0.28.0")):
        wheelhouse.wheel("torch", f"{version}+cpu", tag=CPU)
        wheelhouse.wheel("torch", version, tag=CPU, requires=("nvidia-cublas", "triton"))
        wheelhouse.wheel("torchvision", f"{vision}+cpu", tag=CPU, requires=(f"torch=={version}",))
        wheelhouse.wheel("torchvision", vision, tag=CPU, requires=(f"torch=={version}",))
    wheelhouse.wheel("nvidia-cublas", "13.0")
    wheelhouse.wheel("triton", "3.0")
    store = store_with(wheelhouse.host())
    pinned = prepare(store, (need("torch", "==2.12.0"), need("torchvision")))
    assert versions(pinned) == {"torch": "2.12.0+cpu", "torchvision": "0.27.0+cpu"}
    newest = prepare(store, (need("torch"), need("torchvision", "==0.27.0")))
    assert versions(newest) == {"torch": "2.13.0+cpu", "torchvision": "0.28.0+cpu"}
    assert not pinned.missing + newest.missing


@pytest.mark.parametrize(
    ("requirements", "expected"),
    [
        ((need("tensorflow", modules=("tensorflow",)),), "tensorflow-cpu"),
        ((need("jax", extras=("cuda12",), modules=("jax",)),), "jaxlib"),
        ((need("torch", modules=("torch",)),), "torch"),
    ],
)
def test_no_cuda_comes_with_the_real_frameworks(
    store_with: StoreWith, requirements: tuple[Requirement, ...], expected: str
) -> None:
    resolution = lock(store_with(None), requirements)
    locked = installed_versions(resolution.lock)
    assert expected in locked or [item.what for item in resolution.missing] == [expected]
    assert not [name for name in locked if name.startswith(("nvidia-", "cuda-", "triton", "jax-cuda"))]
