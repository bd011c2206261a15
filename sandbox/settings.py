"""What a user may set of the sandbox; every limit has a default that is safe."""

from __future__ import annotations

from dataclasses import dataclass, field

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one run of untrusted code may use. Times in seconds, sizes in bytes."""

    wall_seconds: float = 120.0
    idle_seconds: float = 90.0
    """Ends a run that has written nothing and used no CPU for so long."""
    cpu_seconds: float = 240.0
    memory_bytes: int = 4096 * MIB
    """Memory and swap together."""
    cpus: float = 2.0
    pids: int = 512
    workspace_bytes: int = 1024 * MIB
    workspace_inodes: int = 100_000
    output_bytes: int = 1 * MIB
    """Kept of each of stdout and stderr, half as head and half as tail; dropped bytes are counted."""
    collect_bytes: int = 32 * MIB
    """At most so much of the files that a run wrote is brought out."""


@dataclass(frozen=True)
class Settings:
    """How `verify` works. The defaults suit a laptop and a CI machine alike."""

    limits: Limits = field(default_factory=Limits)
    runtime: str | None = None
    """An OCI runtime of the daemon, for example `runsc` (gVisor); None takes the daemon's default."""
    smoke: str | None = None
    """The smoke command (a shell line, run in the root of the tree); None: found in the repository."""
    allow: frozenset[str] = frozenset()
    """Normalised names of distributions that may be installed although they are little known."""
    trust_index: bool = True
    """Whether a little-known distribution that is declared and imported is installed where the index has had it for a
    year. Not for code of which one model wrote the imports and the declarations: neither is a witness for the other."""
    metrics_file: str | None = None
    """Relative path of the JSON file in which the smoke run writes its metrics, where one is promised."""
    replay: bool = True
    """Whether rung 5 is tried: the same again from the exported lock in a brand-new environment."""
    warm_imports: bool = False
    """Whether runs may find the environment's modules imported already; the one that decides never does."""
    intermediate: bool = False
    """Whether the verdict only says what to try next: a run with warm imports is then believed as it is."""
