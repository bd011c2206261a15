"""What goes when room is made: useless things, then by last use; shared bytes count once; what is used stays."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.cleaning.holdings import Holdings, Item
from sandbox.cleaning.planning import plan


def holdings(shares: Mapping[str, int], *items: Item) -> Holdings:
    """Shares by holders in one text, for example `environment:a package:x`."""
    return Holdings({frozenset(who.split()): size for who, size in shares.items()}, items)


def item(holder: str, used: float, **more: object) -> Item:
    kind, _, name = holder.partition(":")
    return Item(kind, name, name, used, **more)  # type: ignore[arg-type]


OLD, NEW = item("environment:old", 1), item("environment:new", 5)
X, Y = item("package:x", 1), item("package:y", 5)
SHARES = {
    "environment:old package:x": 100,
    "environment:old environment:new package:y bytecode": 1000,
    "environment:old": 1,
    "environment:new": 2,
    "rest": 7,
}


def test_nothing_goes_while_the_budget_is_kept():
    chosen = plan(holdings(SHARES, OLD, NEW, X, Y), 1110)
    assert (chosen.doomed, chosen.before, chosen.after) == ((), 1110, 1110)


def test_the_least_recently_used_goes_first_and_its_packages_with_it():
    chosen = plan(holdings(SHARES, NEW, OLD, Y, X), 1050)
    assert [one.holder for one in chosen.doomed] == ["environment:old", "package:x"]
    assert chosen.after == 1009


def test_a_package_that_an_environment_uses_is_not_taken_from_it():
    in_use = item("environment:new", 5, stays="a live process uses it")
    chosen = plan(holdings(SHARES, OLD, in_use, X, Y), 0)
    assert [one.holder for one in chosen.doomed] == ["environment:old", "package:x"]
    assert chosen.after == 1009


def test_bytecode_goes_with_the_last_environment_that_uses_it():
    chosen = plan(holdings(SHARES, OLD, NEW, X, Y), 0)
    assert chosen.after == 7


def test_useless_things_go_though_the_budget_is_kept_and_dear_ones_only_with_all():
    stage, base = item("image:stage", 9, useless=True), item("image:base", 1, dear=True)
    shares = {"image:stage": 10, "image:base image:stage": 50, "foreign:theirs image:base": 500}
    found = holdings(shares, stage, base)
    assert [one.name for one in plan(found, 10_000).doomed] == ["stage"]
    assert plan(found, 0).after == 50
    chosen = plan(found, 0, everything=True)
    assert (chosen.before, chosen.after) == (60, 0), "layers that somebody else's image has are not ours to count"
