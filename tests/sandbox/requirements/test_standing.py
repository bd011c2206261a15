"""What is declared, imported and little known: trusted only when the index has had it for a year."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.requirements import infer, standing, trust
from sandbox.requirements.inference import NOT_WELL_KNOWN
from sandbox.setup.host import HostIndex
from sandbox.store import Session, Store
from sandbox.tree import Tree

pytestmark = pytest.mark.docker
StoreWith = Callable[[HostIndex | None], Store]
MADE_UP = "zz-torch-quantum-optimizers"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "cache_folder", lambda: tmp_path / "cache")


def tree(*names: str) -> Tree:
    source = "".join(f"import {name.replace('-', '_')}\n" for name in names)
    return Tree({"main.py": source.encode(), "requirements.txt": "\n".join(names).encode()})


def test_a_project_that_has_stood_for_years_is_installed_and_a_made_up_name_is_not(
    store_with: StoreWith, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_with(None)
    found = infer(tree("reformer-pytorch", MADE_UP))
    assert {one.distribution for one in found.little_known} == {"reformer-pytorch", MADE_UP}
    trusted = trust(store, found)
    [need] = trusted.requirements
    assert (need.distribution, need.rule, need.file, need.line) == (
        "reformer-pytorch",
        "declared",
        "requirements.txt",
        1,
    )
    assert [(one.name, one.reason) for one in trusted.refused] == [(MADE_UP, NOT_WELL_KNOWN)]
    assert trusted.little_known == ()
    assert trusted.notes[-2:] == (
        "reformer-pytorch is little known; it is installed, for requirements.txt:1 declares it, the code imports it, "
        "and the index has had it for more than a year",
        f"requirements.txt:2 declares {MADE_UP}, which the package index does not have",
    )
    asked: list[str] = []
    real = Session.resolve

    def resolve(self: Session, line: str, **more: Any) -> Any:
        asked.append(line)
        return real(self, line, **more)

    monkeypatch.setattr(Session, "resolve", resolve)
    assert trust(store, infer(tree("reformer-pytorch"))).requirements == trusted.requirements
    assert asked == []  # it is on record


def test_a_project_that_is_young_stays_refused_and_counts_as_withheld(
    store_with: StoreWith, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "OLD_ENOUGH", timedelta(days=365 * 40))  # before any release of it
    trusted = trust(store_with(None), infer(tree("reformer-pytorch")))
    assert trusted.requirements == ()
    assert [one.distribution for one in trusted.little_known] == ["reformer-pytorch"]


def test_what_lies_in_a_folder_of_the_hosts_own_is_the_hosts_choice(store_with: StoreWith, wheelhouse: Any) -> None:
    wheelhouse.wheel(MADE_UP, "1.0")
    trusted = trust(store_with(wheelhouse.host()), infer(tree(MADE_UP)))
    assert [one.distribution for one in trusted.requirements] == [MADE_UP]


def test_nobody_is_asked_where_nothing_is_little_known() -> None:
    found = infer(tree("numpy"))
    assert trust(None, found) is found  # type: ignore[arg-type]


def test_a_declared_name_that_begins_with_the_imports_may_be_meant_and_one_that_ends_so_is_not() -> None:
    files = {"main.py": b"import tirexx\n", "requirements.txt": b"tirexx-ts==1.0\n"}
    [need] = infer(Tree(files)).little_known
    assert (need.distribution, need.specifier, need.modules) == ("tirexx-ts", "==1.0", ("tirexx",))
    for declared in (b"pygments-tirexx\n", b"tirexx-ts\ntirexx-core\n", b"tirexxts\n"):
        assert not infer(Tree({**files, "requirements.txt": declared})).little_known
