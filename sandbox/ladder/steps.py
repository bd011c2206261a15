"""The steps of the ladder, one function each: what it does, which rung it reaches, whether it ends the ladder."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, replace

from sandbox.calloff import CallOff
from sandbox.checks import Kept, Parsed, mypy, parse_changed, parse_failure
from sandbox.errors import CheckFailed
from sandbox.job import Job, RunResult
from sandbox.ladder.ahead import Early
from sandbox.ladder.blame import blame
from sandbox.ladder.imported import known_imports, remember_imports
from sandbox.ladder.state import State, ended_well, has_traceback, keep_last
from sandbox.ladder.system import provide_system
from sandbox.ladder.warm import to_preload, warm_first
from sandbox.requirements import Prepared, infer
from sandbox.requirements.inference import MISSING_LOCAL
from sandbox.smoke.command import Program
from sandbox.smoke.entry import NAMES, find_entry
from sandbox.smoke.implied import with_command
from sandbox.smoke.imports import Imported, meant_to_import, run_imports
from sandbox.smoke.modules import is_excluded
from sandbox.smoke.notebook import notebooks
from sandbox.smoke.outcome import Judged, classify
from sandbox.smoke.script import Script
from sandbox.smoke.table import read_table
from sandbox.tree import Tree
from sandbox.verdict import Failure, Finding, Missing, Outcome, Rung
from sandbox.words import counted

HELP_SECONDS = 60.0
PROVEN = (Outcome.passed, Outcome.survived)


@dataclass(frozen=True)
class Report:
    """What a step found.

    Attributes:
        detail: for a person, a few words.
        rung: the rung that is reached now; None: no further than before.
        judged: why the ladder ends here; None: it goes on.
        skipped: the step had nothing to do.
        flagged: it speaks against the code, where the ladder had ended already.
    """

    detail: str
    rung: Rung | None = None
    judged: Judged | None = None
    skipped: bool = False
    flagged: bool = False


def parse_step(state: State) -> Report:
    """Rung 0: every Python file compiles. The other static checks start in the background."""
    count = len(state.tree.python_files())
    if not count and any(notebooks(state.tree)):
        return Report("notebooks only", Rung.parses)
    if not count:
        failure = Failure(
            step="parse",
            kind="no_entry",
            message="the repository holds no Python file",
            signature="no_entry | no Python",
        )
        return Report("no Python file", judged=Judged(Outcome.failed, failure))
    parsed = _parsed(state)
    findings = parsed.findings
    state.parsed, state.findings = parsed, findings
    if findings:
        return Report(
            f"{len(findings)} of {counted(count, 'file')} cannot be compiled",
            judged=Judged(Outcome.failed, parse_failure(findings, state.tree)),
        )
    return Report(counted(count, "file"), Rung.parses)


def _parsed(state: State) -> Parsed:
    """What the parser says; a verdict that only says what to try next has only what has changed parsed."""
    runner, limits = state.tools_runner(CallOff()), state.settings.limits
    last = state.sandbox.parsed
    before = last.get((state.place, limits)) if state.settings.intermediate and state.place else None
    parsed = parse_changed(runner, state.tree, limits, before)
    if parsed.whole and state.place:
        keep_last(last, (state.place, limits), parsed)
    return parsed


def infer_step(state: State) -> Report:
    """What the code needs, by parsing only."""
    state.inference = infer(state.tree, state.settings.allow)
    state.notes.extend(state.inference.notes)
    state.entry = find_entry(state.tree, state.settings.smoke, state.modules)
    state.inference = with_command(state.inference, state.entry, state.tree)
    state.notes.extend(read_table(state.tree).notes)
    _add_checks(state)
    needed = [one for one in state.inference.refused if not one.optional]
    missing = sorted({one.name for one in needed if one.reason == MISSING_LOCAL})
    refused = [one for one in needed if one.reason != MISSING_LOCAL]
    refusals = f", {len(refused)} refused: {', '.join(sorted({one.name for one in refused}))}" if refused else ""
    modules = f", {counted(len(missing), 'own module')} missing: {', '.join(missing)}" if missing else ""
    return Report(f"{counted(len(state.inference.requirements), 'distribution')}{refusals}{modules}")


def begin_checks(state: State) -> None:
    """Start what no step but the last one waits for."""
    for check in state.begun.checks:
        check.begin()


def guess_checks(state: State) -> None:
    """Begin mypy as the last verify at this place did, where its findings may be waited for soon."""
    base = state.sandbox.bases.get(state.place) if state.settings.intermediate and state.place else None
    if base is not None:
        state.begun.typed = base, _typed(state, state.tree, base, early=True)


def _add_checks(state: State) -> None:
    """mypy, in a container of its own, and what ruff said beside the parser."""
    base = state.programs[0].folders[0] if state.programs and state.programs[0].folders else ""
    parsed = state.parsed or Parsed((), state.tree)
    guess = state.begun.typed
    if guess is not None and guess[0] == base and parsed.tree.files.keys() == state.tree.files.keys():
        typed = guess[1]
    else:
        if guess is not None:
            guess[1].call_off()
        typed = _typed(state, parsed.tree, base, early=False)
    if state.place is not None:
        keep_last(state.sandbox.bases, state.place, base)
    state.begun.checks = [state.ahead.start(lambda _: _quietly(state, "ruff", parsed.ruff), early=False), typed]


def _typed(state: State, tree: Tree, base: str, *, early: bool) -> Early[tuple[Finding, ...]]:
    """What mypy says."""
    kept = Kept.of(state.place, base) if state.place is not None else None
    limits = state.settings.limits

    def checked(call_off: CallOff) -> tuple[Finding, ...]:
        runner = state.tools_runner(call_off)
        return _quietly(state, "mypy", lambda: mypy(runner, tree, base, limits, kept=kept))

    return state.ahead.start(checked, early=early, always=True)


def install_step(state: State) -> Report:
    """Rung 1: requirements resolve and install."""
    known_notes = state.inference.notes
    if state.settings.trust_index:
        state.inference = state.sandbox.trust(state.inference)
    state.notes.extend(note for note in state.inference.notes if note not in known_notes)
    provided = provide_system(state)
    prepared = state.sandbox.prepare(state.inference.requirements)
    _take_out(prepared, state)
    state.notes.extend(prepared.notes)
    state.environment, state.missing = prepared.environment, prepared.missing
    absent = {one.what for one in prepared.missing}
    state.withheld = frozenset(
        module for one in state.inference.requirements if one.distribution in absent for module in one.modules
    )
    _withhold_little_known(state)
    if prepared.failure is not None:
        return Report(prepared.failure.message, judged=Judged(Outcome.failed, prepared.failure))
    environment = prepared.environment
    how = "reused" if environment is None or environment.reused else f"installed in {environment.seconds:.1f} s"
    said = "; ".join(filter(None, (how, provided, _left_out(prepared))))
    return Report(said, Rung.installs)


def _left_out(prepared: Prepared) -> str:
    names = [one.what for one in prepared.missing if one.kind == "package"]
    return f"left out: {', '.join(names)}" if names else ""


def _take_out(prepared: Prepared, state: State) -> None:
    """What the environment was looked into for, and turned out to be something else, is refused after all."""
    if prepared.refused:
        names = {one.name for one in prepared.refused}
        kept = tuple(one for one in state.inference.requirements if one.distribution not in names)
        refused = (*state.inference.refused, *prepared.refused)
        state.inference = replace(state.inference, requirements=kept, refused=refused)


def _withhold_little_known(state: State) -> None:
    """What is declared, on the index, and refused by our policy alone is withheld: no fault of the code's."""
    for one in state.inference.little_known:
        place = f"{one.file}:{one.line}" if one.line else one.file
        there = " and the index has it" if state.settings.trust_index else ""
        said = f"{place} declares it{there}, but it is little known: see --allow {one.distribution}"
        state.withheld |= frozenset(one.modules)
        state.missing += (Missing(kind="package", what=one.distribution, evidence=said),)


def begin_imports(state: State) -> None:
    """Start to import every module that is meant to be imported."""
    entries = tuple(program.path for program in state.programs)
    folders = tuple(dict.fromkeys(folder for program in state.programs for folder in program.folders)) or ("",)
    names, needed = meant_to_import(state.tree, state.modules, entries, folders)
    job, withheld = replace(state.job(), preload=to_preload(state)), state.withheld
    how = (names, needed, folders, withheld)
    state.begun.known = known_imports(state, job, how)
    if state.begun.known is not None:
        return

    def work(call_off: CallOff) -> Imported:
        runner = state.runner(call_off)

        def run(job: Job) -> Imported:
            return run_imports(runner, job, names, needed=needed, folders=folders, withheld=withheld)

        found = warm_first(state, job, run, lambda found: found.judged.outcome in PROVEN)
        if found.judged.outcome in PROVEN:
            remember_imports(state, job, how, found)
        return found

    state.begun.imports = state.ahead.start(work)


def import_step(state: State) -> Report:
    """Rung 2: every module that is meant to be imported imports."""
    known = state.begun.known
    imported = state.read(state.begun.imports) if state.begun.imports else known
    if imported is None:
        raise AssertionError("imports are begun before this step")
    state.notes.extend(imported.notes)
    if imported.judged.outcome not in PROVEN:
        judged = blame(imported.judged, state)
        return Report(brief(judged), judged=judged)
    as_before = ", as before: nothing that an import executes has changed" if known else ""
    return Report(f"{counted(imported.modules, 'module')}{as_before}", Rung.imports)


def begin_start(state: State) -> None:
    """Have the program asked for its `--help`, where it takes arguments.

    Not early where the smoke run will show that it starts: a second start is spared then. Where that run fails,
    `--help` follows it.
    """
    program = next((one for one in state.programs if _answers_help(one, state)), None)
    if state.entry is None or program is None:
        return
    job = state.job(*program.words, "--help")
    at = f"/workspace/{program.here}".rstrip("/")
    shell = ("sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", at, *job.argv)
    limits = replace(job.limits, wall_seconds=min(HELP_SECONDS, job.limits.wall_seconds))
    asked = replace(job, argv=shell, limits=limits, preload=to_preload(state))

    def work(call_off: CallOff) -> RunResult:
        return warm_first(state, asked, lambda job: state.run(job, call_off), ended_well)

    state.begun.start = state.ahead.start(work, early=not _smoke_starts_it_alone(state))


def _smoke_starts_it_alone(state: State) -> bool:
    """Whether the smoke command is one program that ends, so that its exit status is that program's and no shell's."""
    if state.endless is not None or len(state.programs) != 1:
        return False
    (program,) = state.programs
    plain = " ".join(program.words)
    rest = state.command.removeprefix(plain)
    return state.command.startswith(plain) and not set(rest) & set("&|;<>()`$\n\\\"'")


def start_step(state: State) -> Report:
    """Rung 3, for programs that take arguments: the smoke run ended well, or the entry point answers `--help`."""
    if state.entry is None:
        failure = Failure(
            step="start",
            kind="no_entry",
            message=_nothing_to_run(state) or "no entry point was found; say what to run with --smoke COMMAND",
            signature="no_entry",
            evidence="looked for: reproduce.sh, run.sh; commands in the documentation; main.py and the like; packages "
            "with __main__; console scripts; a Makefile; web applications; other scripts; notebooks; tests",
        )
        return Report("no entry point", judged=Judged(Outcome.failed, failure))
    if state.begun.start is None:
        return Report("with the smoke run", skipped=True)
    if _smoke_starts_it_alone(state) and state.begun.smoke is not None:
        smoke = state.foresee("smoke", state.begun.smoke)
        if ended_well(smoke) and not has_traceback(smoke):
            return Report("shown by the smoke run", Rung.starts)
    result = state.read(state.begun.start)
    judged = blame(classify(result, state.tree, step="start", withheld=state.withheld), state)
    has_crashed = judged.failure is not None and judged.failure.kind == "exception"
    if has_crashed and judged.outcome in (Outcome.failed, Outcome.blocked):
        return Report(brief(judged), judged=judged)
    if not ended_well(result):
        return Report("gives no help; with the smoke run", skipped=True)
    return Report("answers --help", Rung.starts)


def _nothing_to_run(state: State) -> str | None:
    """That a file with a telling name holds imports and nothing else; None when there is none."""
    paths = (path for path in state.modules.files if posixpath.basename(path)[:-3] in NAMES and not is_excluded(path))
    empty = next((path for path in paths if Script.of(state.tree, path).only_imports), None)
    return f"there is nothing to run: {empty} holds imports only; write what it should do" if empty else None


def _answers_help(program: Program, state: State) -> bool:
    reach = state.modules.reachable(program.path, program.folders)
    return bool(program.words) and any(Script.of(state.tree, path).helper for path in reach[:10])


def brief(judged: Judged) -> str:
    """A few words on why a run did not pass."""
    if judged.missing:
        return f"needs {judged.missing[0].what}"
    failure = judged.failure
    if failure is None:
        return str(judged.outcome)
    return f"{failure.exception}: {failure.message}" if failure.exception and not failure.limit else failure.message


def _quietly(state: State, tool: str, check: Callable[[], tuple[Finding, ...]]) -> tuple[Finding, ...]:
    """The findings; a tool that crashed on this tree says nothing against it."""
    try:
        return check()
    except CheckFailed as error:
        state.notes.append(f"{tool} gave no answer: {error}")
        return ()
