"""RESULTS.md says what was measured and nothing else; the frame gives every contestant its turn."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.child import Child, ContestantFailed
from benchmarks.frame import PEERS, Turn, interleave
from benchmarks.held import held
from benchmarks.machine import Machine
from benchmarks.report import markdown, render
from benchmarks.results import Results, Section, Series, Table, Target, best, load, save
from benchmarks.stats import Spread, figure, ratio, ratio_text
from benchmarks.together import AT_ONCE, trees
from benchmarks.trees import EDITED, edited, numerical, small
from benchmarks.versions import pinned

MACHINE = Machine(
    cpu="Some CPU",
    cores=2,
    memory_gib=8,
    kernel="6.1",
    engine="20.10",
    storage="overlay2",
    cgroups="1",
    python="3.11.7",
)
ECHO = """
import sys
for line in sys.stdin:
    print('{"seconds": 1}' if "ok" in line else '{"error": "no"}', flush=True)
"""


def _section(name: str, *series: Series, base: str = "", targets: tuple[Target, ...] = ()) -> Section:
    table = Table(title="A table", series=series, base=base)
    return Section(
        name=name,
        title=name.title(),
        method="How.",
        command=f"do {name}",
        tables=(table,),
        targets=targets,
        machine=MACHINE,
    )


def _quiet(_line: str) -> None:
    pass


def test_a_spread_is_the_median_and_both_ends() -> None:
    assert Spread.of([3.0, 1.0, 2.0, 10.0]) == Spread(2.5, 1.0, 10.0, 4)
    with pytest.raises(ValueError, match="no value"):
        Spread.of([])


def test_a_ratio_to_nothing_is_none() -> None:
    assert (ratio(3, 2), ratio(3, 0), ratio_text(None)) == (1.5, None, "-")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0123, "s", "12.3 ms"), (1.5, "s", "1.50 s"), (123.4, "s", "123 s"), (-0.5, "s", "-500.0 ms"),
        (2048, "bytes", "2 KiB"), (3.5 * 2**20, "bytes", "3.5 MiB"), (2**31, "bytes", "2.00 GiB"),
        (0.123, "ratio", "0.12"), (0.9951, "share", "99.5 %"), (12.34, "ratio", "12.3"), (0, "count", "0"),
    ],
)  # fmt: skip
def test_figures_read_as_a_person_writes_them(value: float, unit: str, text: str) -> None:
    assert figure(value, unit) == text


def test_every_contestant_has_its_turn_in_every_round_and_none_is_always_first() -> None:
    order: list[tuple[int, str]] = []

    def turn(name: str) -> Turn:
        def took(number: int) -> float:
            order.append((number, name))
            return 1.0

        return took

    series = interleave({name: turn(name) for name in "abc"}, 3, "s", _quiet)
    assert [len(series[name].values) for name in "abc"] == [3, 3, 3]
    assert [name for _, name in order] == list("abcbcacab")


def test_one_that_fails_says_why_and_is_given_up_while_the_others_go_on() -> None:
    asked = []

    def failing(number: int) -> float:
        asked.append(number)
        raise ContestantFailed("broken")

    series = interleave({"a": failing, "b": float}, 6, "s", _quiet, give_up=2)
    assert asked == [0, 1]
    assert series["a"].failures == ("failed: broken", "failed: broken")
    assert series["b"].values == (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)


def test_a_process_that_answers_an_error_or_ends_is_a_failure_with_its_words() -> None:
    with Child([sys.executable, "-c", ECHO]) as child:
        assert child.ask("ok") == {"seconds": 1}
        with pytest.raises(ContestantFailed, match=r"^no$"):
            child.ask("other")
    with (
        Child([sys.executable, "-c", "raise SystemExit('it is over')"]) as child,
        pytest.raises(ContestantFailed, match="it is over"),
    ):
        child.ask("ok")


def test_a_failure_is_told_without_paths_addresses_and_numbers_of_this_machine() -> None:
    said = str(ContestantFailed(f"['docker', 'run', '-v', '/tmp/some-place:/w', '{'ab' * 32}']\n at https://a.b/c"))
    assert said == "['docker', 'run', '-v', 'PATH:/w', 'ID'] at URL"
    assert str(ContestantFailed("exit status 1, and 3/4 of it")) == "exit status 1, and 3/4 of it"


def test_the_report_has_medians_ratios_failures_and_the_machine() -> None:
    ours = Series(name="p2c", unit="s", values=(0.02, 0.03, 0.01))
    peer = Series(name="peer", unit="s", values=(0.06,), failures=("failed: x", "failed: x"), note="seen")
    absent = Series(name="gone", unit="s", failures=("not run: no limit",))
    text = render(Results(sections=(_section("edit", ours, peer, absent, base="p2c"),)))
    assert "Machine: Some CPU, 2 cores, 8 GiB; kernel 6.1; Docker 20.10" in text
    assert "| p2c | 20.0 ms | 10.0 ms to 30.0 ms | 3 | 1.00 |  |" in text
    assert "| peer | 60.0 ms | 60.0 ms to 60.0 ms | 1 | 3.00 | seen; failed: x (2 times) |" in text
    assert "| gone | - | - | 0 | - | not run: no limit |" in text
    assert "`do edit`" in text


def test_a_target_is_met_missed_or_not_measured() -> None:
    def target(value: float | None) -> Target:
        return Target(what="growth", unit="bytes", sense="under", limit=2**20, value=value)

    assert [target(value).met for value in (2**20 - 1, 2**20, None)] == [True, False, False]
    section = _section("output", targets=(target(2**20), target(None)))
    text = render(Results(sections=(section,)))
    assert "| [Output](#output) | growth | under 1.0 MiB | 1.0 MiB | **missed** | - |" in text
    assert "| [Output](#output) | growth | under 1.0 MiB | - | **not measured** | - |" in text


def test_a_missed_figure_has_its_floor_and_each_has_what_the_others_reach() -> None:
    peers = [Series(name=name, unit="s", values=(value,)) for name, value in (("slow", 2.0), ("quick", 0.5))]

    def target(what: str, value: float) -> Target:
        floor = "the kernel takes 90.0 ms."
        return Target(what=what, unit="s", sense="at most", limit=0.1, value=value, beside=best(peers), floor=floor)

    targets = (target("late", 0.2), target("in time", 0.1))
    text = render(Results(sections=(_section("a run", targets=targets),)))
    assert "| [A Run](#a-run) | late | at most 100.0 ms | 200.0 ms | **missed** | quick 500.0 ms |" in text
    assert "| [A Run](#a-run) | in time | at most 100.0 ms | 100.0 ms | held | quick 500.0 ms |" in text
    assert "- A Run, late: the kernel takes 90.0 ms." in text
    assert "- A Run, in time" not in text
    assert best([Series(name="gone", unit="s", failures=("failed",))]) == ""


def test_every_pinned_contestant_has_one_version_and_the_report_can_name_it() -> None:
    named = [pinned(one.requirements) for one in PEERS if one.requirements]
    assert len(named) >= 4
    assert all(version[0].isdigit() for version in named)
    with pytest.raises(FileNotFoundError):
        pinned("nobody")


def test_the_repositories_that_are_verified_together_share_environments_and_end_differently() -> None:
    found = trees()
    needs = [one["requirements.txt"] for one in found]
    assert len(found) == max(AT_ONCE)
    assert needs[0] == needs[1]
    assert 1 < len(set(needs)) < len(needs)
    assert len({one["main.py"] for one in found}) == len(found)
    for one in found:
        compile(one["main.py"], "main.py", "exec")


def test_a_section_replaces_its_older_self(tmp_path: Path) -> None:
    older = Results().with_section(_section("a")).with_section(_section("b"))
    newer = older.with_section(_section("a", Series(name="x", unit="count", values=(1.0,))))
    assert [one.name for one in newer.sections] == ["a", "b"]
    save(newer, tmp_path / "results.json")
    assert load(tmp_path / "results.json") == newer
    assert load(tmp_path / "absent.json") == Results()


def test_sections_of_several_machines_are_told_apart() -> None:
    other = MACHINE.model_copy(update={"cores": 64})
    text = render(Results(sections=(_section("a"), _section("b").model_copy(update={"machine": other}), _section("c"))))
    assert "- A, C: Some CPU, 2 cores" in text
    assert "- B: Some CPU, 64 cores" in text


def test_a_cell_cannot_break_the_table() -> None:
    assert markdown(("a", "b"), [("x|y", "two\nlines")]).splitlines()[2] == "| x/y | two lines |"


def test_what_the_probe_saw_is_said_in_words() -> None:
    seen = {
        "stale": False, "network": False, "root_user": False, "capabilities": 0, "no_new_privileges": True,
        "seccomp": True, "root_writable": False, "memory": 2**30, "pids": 513,
    }  # fmt: skip
    assert held(seen) == ("yes", "none", "unprivileged", "none", "forbidden", "on", "read-only", "1.00 GiB", "513")


def test_the_trees_have_thirteen_files_that_compile_and_edits_differ_in_length() -> None:
    for tree in (small(), numerical(10)):
        assert len(tree) == 13
        assert EDITED in tree
        for path, content in tree.items():
            if path.endswith(".py"):
                compile(content, path, "exec")
    assert all(len(edited(n)) != len(edited(n + 1)) for n in range(200))
    assert len(edited(1, same_length=True)) == len(edited(2, same_length=True))


def test_the_committed_report_is_what_the_committed_results_make() -> None:
    folder = Path(__file__).parents[2] / "benchmarks"
    if not (folder / "results.json").exists():
        assert not (folder / "RESULTS.md").exists(), "RESULTS.md has no results.json that it was made from"
        return
    results = Results.model_validate_json((folder / "results.json").read_bytes())
    assert (folder / "RESULTS.md").read_text("utf-8") == render(results)
