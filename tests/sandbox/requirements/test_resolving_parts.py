"""The parts of resolving that need no engine: uv's words, loosening, CPU builds."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.requirements.complaint import names_in, read_complaint
from sandbox.requirements.cpu import cpu_torch, is_cuda, substitute
from sandbox.requirements.relax import looser
from sandbox.setup.host import HostIndex
from sandbox.setup.localindex import Shown
from sandbox.store import installed_versions
from sandbox.store.session import clean

HEAD = "error: No solution found when resolving dependencies\n  cause: Because "


@pytest.mark.parametrize(
    ("said", "kind", "name", "specifier"),
    [
        ("numpy==1.19.5 has no usable wheels and you require numpy==1.19.5", "no_wheel", "numpy", "==1.19.5"),
        ("all versions of fairscale have no usable wheels and you require fairscale", "no_wheel", "fairscale", ""),
        (
            "tensorflow==1.15.0 has no wheels with a matching Python ABI tag (e.g., `cp311`) and you require it",
            "no_wheel",
            "tensorflow",
            "==1.15.0",
        ),
        (
            "antlr4-python3-runtime>=4.9,<=4.9.3 has no usable wheels and only the following versions are available:\n"
            "And because omegaconf==2.3.0 depends on antlr4-python3-runtime==4.9.* and you require omegaconf",
            "no_wheel",
            "antlr4-python3-runtime",
            ">=4.9,<=4.9.3",
        ),
        ("there is no version of numpy==9.9.9 and you require numpy==9.9.9", "no_version", "numpy", "==9.9.9"),
        ("nope-x was not found in the package registry and you require nope-x", "not_found", "nope-x", ""),
        (
            "pandas==2.2.0 depends on numpy{python_full_version < '3.12'}>=1.23.2,<2 and you require pandas==2.2.0",
            "conflict",
            "",
            "",
        ),
        (
            "pandas>=3.1 depends on numpy>=2 and because pandas==3.0.4 has no usable wheels, we can conclude that ...",
            "conflict",
            "",
            "",
        ),
    ],
)
def test_what_uv_says_is_understood(said: str, kind: str, name: str, specifier: str) -> None:
    found = read_complaint(HEAD + said + ", we can conclude that your requirements are unsatisfiable.")
    assert (found.kind, found.name, found.specifier) == (kind, name, specifier)
    assert "unsatisfiable" not in found.sentence


def test_names_are_found_in_a_conflict() -> None:
    assert {"pandas", "numpy"} <= names_in("pandas==2.2.0 depends on numpy{python_full_version < '3.12'}>=1.23.2,<2")


@pytest.mark.parametrize(
    ("start", "steps"),
    [
        ("==1.19.5", [">=1.19.5,<1.20", ">=1.19.5,<2", ">=1.19.5,<3", ">=1.19.5", ""]),
        ("==0.25.1", [">=0.25.1,<0.26", ">=0.25.1,<1", ">=0.25.1,<2", ">=0.25.1", ""]),
        ("==4.5.1.48", [">=4.5.1.48,<4.6", ">=4.5.1.48,<5", ">=4.5.1.48,<6", ">=4.5.1.48", ""]),
        ("==1.2.*", [">=1.2,<1.3", ">=1.2,<2", ">=1.2,<3", ">=1.2", ""]),
        ("<1.20", [""]),
        ("~=1.19.0", [""]),
        (">=1.0,<1.10", [">=1.0,<2", ">=1.0,<3", ">=1.0", ""]),
        ("==2.0rc1", [">=2.0rc1,<2.1", ">=2.0rc1,<3", ">=2.0rc1,<4", ">=2.0rc1", ""]),
        ("===weird", [""]),
    ],
)
def test_a_pin_is_loosened_by_the_smallest_step_first(start: str, steps: list[str]) -> None:
    seen = []
    specifier: str | None = start
    while (specifier := looser(specifier or "")) is not None:
        seen.append(",".join(sorted(specifier.split(","), reverse=True)))
    assert seen == [",".join(sorted(step.split(","), reverse=True)) for step in steps]


def test_gpu_builds_have_substitutes_and_cuda_is_recognised() -> None:
    assert substitute("tensorflow-gpu") == "tensorflow-cpu"
    assert substitute("opencv-python") == "opencv-python-headless"
    assert substitute("numpy") is None
    assert is_cuda("nvidia-cublas-cu12")
    assert not is_cuda("nvidia-ml-py")


def test_the_cpu_builds_of_torch_on_this_host_are_found_newest_first(tmp_path: Path) -> None:
    for name in (
        "torch-2.1.0+cpu-cp311-cp311-linux_x86_64.whl",
        "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl",
        "torch-2.14.0+cpu-cp312-cp312-manylinux_2_28_x86_64.whl",
        "torch-2.14.0-cp311-cp311-manylinux_2_28_x86_64.whl",
        "torch-nonsense.whl",
    ):
        (tmp_path / name).touch()
    host = HostIndex(find_links=("/host/links/0",), shown=(Shown(str(tmp_path), "/host/links/0"),))
    assert [str(version) for version in cpu_torch(host, "3.11")] == ["2.13.0+cpu", "2.1.0+cpu"]
    assert cpu_torch(HostIndex(), "3.11") == ()


def test_a_lock_tells_its_versions() -> None:
    lock = "Foo_Bar[x]==1.0 \\\n    --hash=sha256:aa\ntorch==2.13.0+cpu \\\n    --hash=sha256:bb\n"
    assert installed_versions(lock) == {"foo-bar": "1.0", "torch": "2.13.0+cpu"}


def test_uvs_words_are_cleaned_of_hosts_passwords_and_paths() -> None:
    said = "Failed: https://user:secret@index.example/simple/x and file:///host/links/0/x.whl at /store/cache/y"
    assert clean(said) == "Failed: URL and URL at PATH"
