"""Which modules an environment surely lacks, told by files alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.inside.contents import absent


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The site-packages of an environment."""
    folder = tmp_path / "lib/python3.11/site-packages"
    folder.mkdir(parents=True)
    return folder


def write(site: Path, name: str, text: str = "") -> None:
    path = site / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def lacks(site: Path, *modules: str, exact: bool = False) -> list[str]:
    environment = site.parents[2]
    return absent(environment, () if exact else modules, modules if exact else ())


@pytest.mark.parametrize(
    "file",
    [
        "alpha.py",  # a single file
        "alpha.cpython-311-x86_64-linux-gnu.so",  # a compiled extension
        "alpha.abi3.so",
        "alpha/__init__.py",
        "alpha/__init__.cpython-311-x86_64-linux-gnu.so",
        "alpha/part.py",  # a namespace package
        "alpha/deep/part.so",
    ],
)
def test_a_module_is_there_in_each_form_that_one_can_have(site: Path, file: str) -> None:
    write(site, file)
    assert lacks(site, "alpha", "omega") == ["omega"]


def test_below_a_regular_package_only_an_exact_look_goes(site: Path) -> None:
    write(site, "alpha/__init__.py", "from .one import thing\n")
    write(site, "alpha/one.py")
    assert lacks(site, "alpha.gone", "alpha.one") == []
    assert lacks(site, "alpha.gone", "alpha.one.deeper", "alpha.gone.deeper", exact=True) == [
        "alpha.gone",
        "alpha.gone.deeper",
    ]


@pytest.mark.parametrize(
    "init",
    [
        "from . import other as part\n",
        "def __getattr__(name): ...\n",
        "import sys\nsys.modules[__name__ + '.part'] = None\n",
        "__path__ = ['elsewhere']\n",
        "import lazy_loader\n",
    ],
)
def test_what_a_package_may_bind_by_itself_is_not_surely_absent(site: Path, init: str) -> None:
    write(site, "alpha/__init__.py", init)
    assert lacks(site, "alpha.part", exact=True) == []


def test_a_namespace_that_others_fill_lacks_the_part_that_nobody_brings(site: Path) -> None:
    write(site, "google/cloud/storage/__init__.py")
    assert lacks(site, "google.cloud.storage", "google.cloud.bigquery", "google.generativeai") == [
        "google.cloud.bigquery",
        "google.generativeai",
    ]


def test_what_a_pth_file_adds_counts_and_with_an_import_hook_nothing_is_sure(site: Path) -> None:
    write(site, "more.pth", "# a comment\nvendored\nimport os; os.environ.get('X')\n")
    write(site, "vendored/alpha.py")
    assert lacks(site, "alpha", "omega") == ["omega"]
    write(site, "__editable__.omega.pth", "import __editable___omega_finder; __editable___omega_finder.install()")
    assert lacks(site, "omega") == []


def test_what_a_distribution_says_to_provide_is_believed(site: Path) -> None:
    headers = "Metadata-Version: 2.5\nName: x\nVersion: 1\nImport-Name: omega ; private\nImport-Namespace: ns.inner\n"
    write(site, "x-1.dist-info/METADATA", headers + "\nImport-Name: not.a.header\n")
    assert lacks(site, "omega.part", "ns.inner.thing", "ns", "not.a.header") == ["ns", "not.a.header"]
