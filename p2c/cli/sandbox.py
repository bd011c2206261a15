"""`p2c sandbox check`: does the sandbox hold on this engine? Control by control."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from p2c.errors import UsageError
from p2c.report.heartbeat import Heartbeat
from p2c.report.plain import plain
from p2c.report.tally import duration
from sandbox.escape import CASES, GROUPS, Case, CaseResult, CheckReport, ControlResult, State, check, choose
from sandbox.words import counted

_MARKS = {State.held: ("✓", "green"), State.unenforceable: ("!", "yellow"), State.failed: ("✗", "red bold")}
_DETAIL = 1200
"""Characters of what was seen, at most, for a case that did not hold."""


@click.group()
def command() -> None:
    """The sandbox by itself."""


@command.command("check")
@click.option("--runtime", help="The daemon's OCI runtime to try, for example runsc (gVisor).")
@click.option(
    "--only", multiple=True, metavar="GROUP|CASE",
    help="A group (its number or name), a control or a case; may be given several times.",
)  # fmt: skip
@click.option("--list", "listing", is_flag=True, help="Show the cases, try nothing.")
@click.option("--quick", is_flag=True, help="Long cases in their short form.")
@click.option("--json", "output", metavar="FILE", help="Where the results go as JSON; - is standard output.")
def check_command(runtime: str | None, only: tuple[str, ...], listing: bool, quick: bool, output: str | None) -> int:
    """Try to break out of the sandbox, and to break it down, on this very engine.

    A control is held, not enforceable here (the engine or the kernel cannot do it; a probe said so), or FAILED.

    Exit status: 0 all that can be enforced held, 1 something FAILED, 2 bad usage, 3 infrastructure.
    """
    cases = choose(CASES, only)
    if listing:
        _list(cases)
        return 0
    if output not in (None, "-") and not Path(str(output)).absolute().parent.is_dir():
        raise UsageError(f"the results cannot be written to {output}: there is no such folder")
    console = Console(stderr=output == "-", highlight=False, soft_wrap=True)
    console.print(f"{counted(len(cases), 'case')}, runtime {plain(runtime or 'of the engine')}", markup=False)

    def told(control: ControlResult) -> None:
        heartbeat.heard()
        _show(control, console)

    with Heartbeat(lambda line: console.print(f"  {line}", style="dim", markup=False)) as heartbeat:
        report = check(cases, runtime=runtime, brief=quick, told=told)
    console.print(_sum(report), markup=False)
    if output == "-":
        click.echo(json.dumps(report.as_json(), indent=2))
    elif output:
        Path(output).write_text(json.dumps(report.as_json(), indent=2) + "\n", "utf-8")
    return 1 if report.failed else 0


def _list(cases: tuple[Case, ...]) -> None:
    for control, members in groupby(cases, key=lambda case: case.control):
        click.echo(f"{control.group} {GROUPS[control.group]} / {control.key}: {control.title}")
        for case in members:
            click.echo(f"    {case.name}{' (long)' if case.long else ''}: {case.sentence}")


def _show(control: ControlResult, console: Console) -> None:
    mark, colour = _MARKS[control.state]
    state = "" if control.state is State.held else f"{control.state.value}: "
    text = Text.assemble((f"{mark} ", colour), (state, colour), control.control.title)
    text.append(f"  {control.count(State.held)} of {len(control.cases)}, {duration(control.seconds)}", style="dim")
    console.print(text)
    for case in control.cases:
        if case.state is State.failed:
            console.print(_detail(case))
    lacking: dict[str, list[str]] = {}
    for case in control.cases:
        if case.state is State.unenforceable:
            lacking.setdefault(plain(case.why, _DETAIL), []).append(case.name)
    for why, names in lacking.items():
        label = (f"{State.unenforceable.value} ", _MARKS[State.unenforceable][1])
        console.print(Text.assemble("    ", label, f"{', '.join(names)}: ", (why, "dim")))


def _detail(case: CaseResult) -> Text:
    label = (f"{case.state.value} ", _MARKS[case.state][1])
    return Text.assemble("    ", label, f"{case.name}: {case.sentence} ", (plain(case.why, _DETAIL), "dim"))


def _sum(report: CheckReport) -> str:
    counts = ", ".join(f"{report.count(state)} {state.value}" for state in State)
    where = f"engine {report.engine}, runtime {report.runtime}, kernel {report.kernel}"
    return f"{counts} of {counted(len(report.cases), 'case')} in {duration(report.seconds)} ({plain(where)})"
