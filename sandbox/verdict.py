"""What the sandbox says of a repository: typed, with the evidence. Text that a program prints decides nothing.

`Verdict` is what `verdict.json` holds; its JSON schema is `Verdict.model_json_schema()`.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticSerializationError

SCHEMA_VERSION: Literal["1"] = "1"


class Value(BaseModel):
    """A frozen value; unknown fields are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rung(IntEnum):
    """How far a repository came; a rung is reached only when every lower one is."""

    none = -1
    parses = 0
    """Every Python file compiles."""
    installs = 1
    """Its requirements resolve and install."""
    imports = 2
    """Every module that is meant to be imported imports."""
    starts = 3
    """The entry point starts (its `--help`, where it takes arguments)."""
    runs = 4
    """The smoke command ends with exit status 0, or is a healthy program that never ends by design."""
    replays = 5
    """The same again from the exported lock in a brand-new environment."""


class Outcome(StrEnum):
    """Why the ladder ended where it did."""

    passed = "passed"
    survived = "survived"
    """A program that never ends by design (server, GUI, loop) and was healthy when its time was up."""
    failed = "failed"
    """The code's own fault."""
    blocked = "blocked"
    """It needs what the sandbox withholds; `Verdict.missing` says what."""
    exhausted = "exhausted"
    """It used up a limit; `Failure.limit` says which."""
    vacuous = "vacuous"
    """Exit status 0, but next to nothing of the repository was exercised."""
    infrastructure = "infrastructure"
    """Ours: the daemon, the index, the host. Says nothing about the code."""


class Ended(StrEnum):
    """What ended a run, as the supervisor and the kernel saw it."""

    exited = "exited"
    signalled = "signalled"
    wall = "wall"
    idle = "idle"
    cpu = "cpu"
    memory = "memory"
    processes = "processes"
    disk = "disk"
    output = "output"


class Frame(Value):
    """One frame of a traceback."""

    file: str
    """Relative to the repository where the frame is inside it, else as the interpreter named it."""
    line: int
    function: str
    code: str = ""
    in_repository: bool


class Failure(Value):
    """One failure, with its evidence."""

    step: str
    """The step that failed: parse, requirements, install, ruff, mypy, import, start, smoke or replay."""
    kind: Literal["syntax", "requirement", "static", "exception", "exit", "limit", "no_entry", "vacuous", "flaky"]
    exception: str | None = None
    """Qualified name as the traceback prints it, e.g. `ModuleNotFoundError` or `torch.cuda.OutOfMemoryError`."""
    message: str
    """One line: the exception's message, or what was seen."""
    file: str | None = None
    """The deepest file inside the repository."""
    line: int | None = None
    frames: tuple[Frame, ...] = ()
    """Outermost first, those of libraries included."""
    limit: Ended | None = None
    exit_status: int | None = None
    signature: str
    """Tells the same failure from a new one: exception, deepest frame inside the repository, masked message."""
    evidence: str = ""
    """What a person would read: the traceback, the compiler's words, the end of the output."""


class Missing(Value):
    """Something that the sandbox withholds and the repository needs."""

    kind: Literal["data", "network", "gpu", "key", "display", "arguments", "service", "system", "package", "input"]
    what: str
    evidence: str


class Finding(Value):
    """One static finding."""

    tool: Literal["parse", "ruff", "mypy"]
    code: str
    file: str
    line: int
    column: int = 0
    message: str
    severity: Literal["fatal", "advice"]
    refuted: bool = False
    """A fatal finding on a line that ran without crashing; it then counts as advice."""
    text: str = ""
    """The line of code, without the white space around it; it tells a finding from another when lines move."""


class Requirement(Value):
    """One distribution that the repository needs, and why."""

    distribution: str
    """Normalised name (PEP 503)."""
    specifier: str = ""
    """PEP 440 specifier set, or empty."""
    extras: tuple[str, ...] = ()
    """Extras that the repository declares, without those for a GPU."""
    modules: tuple[str, ...] = ()
    """Import names that it explains."""
    rule: str
    """Which rule named it: declared, documented, map, same-name, implied, contract, allowed, window."""
    file: str | None = None
    line: int | None = None
    optional: bool = False


class Refused(Value):
    """An import name or declared line that was not installed, and why."""

    name: str
    reason: str
    file: str | None = None
    line: int | None = None
    optional: bool = False


class Environment(Value):
    """The environment that the code ran in."""

    key: str
    """Digest of image, Python version and resolved lock; the folder's name in the store."""
    python: str
    lock: str
    """The resolved lock, pip's requirements format."""
    seconds: float
    reused: bool


class Step(Value):
    """One step of the verification."""

    name: str
    state: Literal["ok", "failed", "blocked", "skipped"]
    seconds: float = 0.0
    """Of its own work; a step that ran beside others counts from its own start."""
    detail: str = ""
    rung: Rung = Rung.none
    """The rung that was reached when it had ended."""


class EntryPoint(Value):
    """The smoke command and where it comes from."""

    command: str
    """A shell line, run with `bash -o pipefail -c` in the root of the tree."""
    source: str
    """For example `--smoke`, `plan`, `reproduce.sh`, `README.md:12`, `main.py (__main__ guard)`."""
    candidates: tuple[str, ...] = ()
    """What else could have been chosen, best first."""
    sources: tuple[str, ...] = ()
    """Where each of `candidates` comes from."""


class SmokeRun(Value):
    """What the smoke run did."""

    command: str
    ended: Ended
    exit_status: int | None
    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    stdout: str
    """Head and tail; dropped bytes are counted in `dropped_bytes`."""
    stderr: str
    dropped_bytes: int = 0
    files_written: tuple[str, ...] = ()
    metrics: dict[str, object] = Field(default_factory=dict)
    """The content of the metrics file, where the run wrote one."""


class Exercised(Value):
    """The share of the repository that the run entered; measured by coverage in the replay."""

    functions: int
    functions_entered: int
    lines: int
    lines_run: int


class Decision(Value):
    """What a caller's policy makes of a verdict. The sandbox never sets it: it is no word about the code."""

    exit_status: Literal[0, 1, 3]
    """0 it may pass, 1 it may not, 3 nothing is known because the sandbox itself failed."""
    reason: str
    """One line."""
    new: tuple[str, ...] = ()
    """What a baseline does not have, a line each; empty without a baseline."""
    known: tuple[str, ...] = ()
    """What the baseline has as well."""
    fixed: tuple[str, ...] = ()
    """What only the baseline has."""


class Verdict(Value):
    """The verdict on one tree."""

    schema_version: Literal["1"] = SCHEMA_VERSION
    repository: str
    tree: str
    """`Tree.digest()` of what was verified."""
    rung: Rung
    outcome: Outcome
    summary: str
    """One sentence for a person: what happened and, where it did not pass, what to do."""
    steps: tuple[Step, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    refused: tuple[Refused, ...] = ()
    environment: Environment | None = None
    findings: tuple[Finding, ...] = ()
    entry: EntryPoint | None = None
    smoke: SmokeRun | None = None
    exercised: Exercised | None = None
    failure: Failure | None = None
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader should know besides: relaxed pins, ignored declarations, skipped files."""
    seconds: float = 0.0
    decision: Decision | None = None
    """What `p2c verify` made of it under the user's policy; None as the sandbox gives it."""

    @property
    def verified(self) -> bool:
        """Whether the repository has been seen to run: rung 4 or 5, passed or survived."""
        return self.rung >= Rung.runs and self.outcome in (Outcome.passed, Outcome.survived)

    @property
    def did_nothing(self) -> bool:
        """Whether it ended with exit status 0 and exercised next to nothing, be it for want of data (`blocked`)."""
        return self.outcome is Outcome.vacuous or (self.failure is not None and self.failure.kind == "vacuous")

    @property
    def repairable(self) -> bool:
        """Whether a debugging agent could do something about it."""
        return self.outcome in (Outcome.failed, Outcome.exhausted, Outcome.vacuous)


def encodable(verdict: Verdict) -> Verdict:
    """`verdict` with U+FFFD in place of lone surrogates, which neither JSON nor UTF-8 can hold.

    They come from file names that are not UTF-8, and from programs that mean to do harm.
    """
    try:
        verdict.model_dump_json()
    except PydanticSerializationError:
        return Verdict.model_validate(_encodable(verdict.model_dump()))
    return verdict


def _encodable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, list | tuple) else value
