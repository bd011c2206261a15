"""A limit of two seconds against programs that do not want to end: how much later is the answer, and who survives?"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import docker
from docker.errors import APIError

from benchmarks.child import Child, ContestantFailed
from benchmarks.frame import CONTESTANTS, P2C, PEERS, Bench, Entrant, Measurement
from benchmarks.images import containers_of
from benchmarks.results import Section, Series, Table, Target
from benchmarks.stats import Spread, seconds_text
from benchmarks.trees import EDITED, WILD, edited

ROUNDS = 10
ROUNDS_OF_PEERS = 2
LIMIT_SECONDS = 2.0
OVER_SECONDS = 0.3
PATIENCE_SECONDS = 30.0
"""So long a contestant may take for its answer; the programs end by themselves after 45 seconds."""
LOOK_SECONDS = 0.5
"""So long after the answer is looked who is still there."""
BOMB = "a fork bomb"

METHOD = f"""Each program is run with a limit of {LIMIT_SECONDS:.0f} seconds, in each contestant's own way to set one
(`subprocess.run(..., timeout=2)` around plain Docker). The figure is how much later than the limit the
answer came; *survivors* are processes of the program that the engine still lists half a second after it
(`docker top`), the most of all rounds. A contestant is started anew for every program. The fork bomb
runs only where a limit on processes was seen from inside."""


@dataclass
class _Seen:
    """What came of one contestant and program."""

    over: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    survivors: list[int] = field(default_factory=list)
    said: str = ""

    def series(self, name: str) -> Series:
        note = f"survivors: {max(self.survivors)}" if self.survivors else ""
        note += f"; said: {self.said}" if self.said and note else ""
        return Series(name=name, unit="s", values=tuple(self.over), failures=tuple(self.failures), note=note)


def measure(bench: Bench) -> Section:
    """The section; see `METHOD`."""
    seen = {(case, entrant.name): _Seen() for case in WILD for entrant in (P2C, *PEERS)}
    rounds = bench.times(ROUNDS)
    for number in range(rounds):
        bench.say(f"round {number + 1} of {rounds}")
        for entrant in (P2C, *(PEERS if number < ROUNDS_OF_PEERS else ())):
            _round(bench, entrant, {case: seen[case, entrant.name] for case in WILD})
    tables = tuple(
        Table(title=case, series=tuple(seen[case, entrant.name].series(entrant.name) for entrant in (P2C, *PEERS)))
        for case in WILD
    )
    return Section(
        name=MEASUREMENT.name,
        title=MEASUREMENT.title,
        method=METHOD,
        command="",
        tables=tables,
        targets=_targets(seen),
    )


def _targets(seen: Mapping[tuple[str, str], _Seen]) -> tuple[Target, ...]:
    ours = {case: seen[case, P2C.name] for case in WILD}
    complete = all(one.over and not one.failures for one in ours.values())
    overs = [(case, one.over) for case, one in ours.items() if one.over]
    worst = [
        f"{case} {seconds_text(max(over))} ({seconds_text(Spread.of(over).median)} median)" for case, over in overs
    ]
    survived = {peer.name: sum(max(seen[case, peer.name].survivors, default=0) for case in WILD) for peer in PEERS}
    beside = [f"{name} {count}" for name, count in survived.items()]
    return (
        Target(
            what="p2c over the limit, the most of all programs and rounds",
            unit="s",
            sense="at most",
            limit=OVER_SECONDS,
            value=max(max(over) for _, over in overs) if complete else None,
            beside=f"median of all {seconds_text(Spread.of([v for _, over in overs for v in over]).median)}"
            if overs
            else "",
            floor=f"the most of each program: {'; '.join(worst)}.",
        ),
        Target(
            what="survivors of p2c's runs",
            unit="count",
            sense="at most",
            limit=0,
            value=sum(sum(one.survivors) for one in ours.values()) if complete else None,
            beside=f"of all programs together: {'; '.join(beside)}",
        ),
    )


def _round(bench: Bench, entrant: Entrant, seen: dict[str, _Seen]) -> None:
    """Every program once: p2c's runs are fresh anyway, the others begin anew for each."""
    shared = entrant == P2C
    files = {f"wild/{number}.py": code for number, code in enumerate(WILD.values())}
    files |= {"probe.py": (CONTESTANTS / "probe.py").read_text(), EDITED: edited(0)}

    def attempt(cases: list[str]) -> None:
        with bench.started(entrant, files) as child:
            for case in cases:
                _case(bench, entrant, child, case, seen[case])

    for cases in [list(WILD)] if shared else [[case] for case in WILD]:
        if any(_is_refused(seen[case]) for case in cases):
            continue
        try:
            attempt(cases)
        except ContestantFailed as error:
            for case in cases:
                seen[case].failures.append(f"failed: {error}")


def _is_refused(seen: _Seen) -> bool:
    return any(one.startswith("not run") for one in seen.failures)


def _case(bench: Bench, entrant: Entrant, child: Child, case: str, seen: _Seen) -> None:
    child.ask("settle")
    if case == BOMB:
        probed = child.ask("edit", path=EDITED, content=edited(1), argv=["python3", "probe.py"])["result"]
        if not probed["pids"]:
            seen.failures.append("not run: no process limit")
            return
        child.ask("settle")
    token = f"p2c-bench-{secrets.token_hex(6)}"
    argv = ["python3", f"wild/{list(WILD).index(case)}.py", token]
    try:
        answer = child.ask("limited", LIMIT_SECONDS + PATIENCE_SECONDS, argv=argv, limit=LIMIT_SECONDS)
    except ContestantFailed as error:
        seen.failures.append(f"failed: {error}")
        raise
    seen.over.append(answer["seconds"] - LIMIT_SECONDS)
    seen.said = answer.get("ended") or answer["said"].partition(":")[0]
    time.sleep(LOOK_SECONDS)
    seen.survivors.append(_survivors(bench.client, token, _containers_of(bench, entrant, child)))


def _containers_of(bench: Bench, entrant: Entrant, child: Child) -> Callable[[], list[str]]:
    if entrant == P2C:
        return lambda: containers_of(bench.client, child.pid)
    return lambda: bench.images.containers(entrant.name)


def _survivors(client: docker.DockerClient, token: str, containers: Callable[[], list[str]]) -> int:
    """Processes with `token` among their arguments."""
    count = 0
    for one in containers():
        try:
            listed = client.api.top(one, "-eo pid,args")
        except APIError:  # it has ended meanwhile
            continue
        count += sum(token in " ".join(process) for process in listed["Processes"] or ())
    return count


MEASUREMENT = Measurement("limits", "Limits", measure)
