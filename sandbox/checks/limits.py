"""What a tool of ours may use; the container's shape stays that of the other runs, so that a warm one serves."""

from __future__ import annotations

from dataclasses import replace

from sandbox.settings import MIB, Limits

SECONDS = 120.0


def tool_limits(limits: Limits | None) -> Limits:
    """The limits of a check beside runs that have `limits`: never too tight for the tool, output in one piece."""
    base = limits or Limits()
    return replace(
        base,
        wall_seconds=SECONDS,
        idle_seconds=SECONDS,
        cpu_seconds=SECONDS,
        memory_bytes=max(base.memory_bytes, 1024 * MIB),
        pids=max(base.pids, 64),
        output_bytes=16 * MIB,
    )
