"""Output without end: the controller's memory stays flat, head and tail are kept, the rest is counted."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.escape.case import Place, cases_of, ended, must
from sandbox.job import Output
from sandbox.settings import MIB, Limits
from sandbox.verdict import Ended

FLOODS, case = cases_of("flood")
KEPT = 65_536
MOST_GROWN = 20 * MIB
LIMITS = Limits(wall_seconds=90, cpu_seconds=90, output_bytes=KEPT)


@contextmanager
def flat_memory() -> Iterator[None]:
    """See that this process grows by less than `MOST_GROWN` meanwhile, at its peak. Raises Breach."""
    before = _begin()
    yield
    grown = _peak() - before
    must(grown < MOST_GROWN, f"the controller grew by {grown >> 20} MiB")


def _begin() -> int:
    """Bytes in use now; the kernel's note of the peak is set back to it (proc(5), clear_refs)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return _peak()


def _peak() -> int:
    """Bytes in use at the peak."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def _flooded(place: Place, code: str, total: int) -> tuple[Output, Output]:
    """Both streams of a program that writes `total` bytes between `first` and `last`, and exits with 5."""
    with flat_memory():
        result = place.python(f"import os, sys\nTOTAL = {total}\n{code}\nsys.exit(5)", LIMITS)
    ended(result, Ended.exited, status=5)
    return result.stdout, result.stderr


def _is_cut(output: Output, total: int) -> None:
    must(output.head.startswith(b"first"), f"the head is lost: it begins with {output.head[:20]!r}")
    must(output.tail.endswith(b"last"), f"the tail is lost: it ends with {output.tail[-20:]!r}")
    kept = len(output.head) + len(output.tail)
    must(kept == KEPT, f"{kept} bytes were kept, not {KEPT}")
    wrong = total + len(b"firstlast") - KEPT - output.dropped
    must(wrong == 0, f"{output.dropped} bytes were counted as dropped, which is {wrong} off")


_WRITE = """
block = b"x" * 65536
def flood(*descriptors):
    for fd in descriptors:
        os.write(fd, b"first")
    for _ in range(TOTAL // 65536):
        for fd in descriptors:
            at = 0
            while at < 65536:
                at += os.write(fd, block[at:])
    for fd in descriptors:
        os.write(fd, b"last")
"""


@case(alone=True, long=True)
def gigabyte_on_stdout(place: Place) -> None:
    """A gigabyte on standard output."""
    total = place.times(1024, 64) * MIB
    out, _ = _flooded(place, f"{_WRITE}\nflood(1)", total)
    _is_cut(out, total)


@case(alone=True, long=True)
def gigabyte_on_stderr(place: Place) -> None:
    """A gigabyte on standard error."""
    total = place.times(1024, 64) * MIB
    _, err = _flooded(place, f"{_WRITE}\nflood(2)", total)
    _is_cut(err, total)


@case(alone=True, long=True)
def gigabyte_on_both(place: Place) -> None:
    """A gigabyte on both streams at once."""
    total = place.times(512, 32) * MIB
    out, err = _flooded(place, f"{_WRITE}\nflood(1, 2)", total)
    _is_cut(out, total)
    _is_cut(err, total)


@case(alone=True, long=True)
def one_long_line(place: Place) -> None:
    """One line of a gigabyte, written through Python's own buffers, with lines on the other stream."""
    total = place.times(1024, 64) * MIB
    code = (
        "sys.stdout.write('first')\npiece = 'y' * 1048576\nfor n in range(TOTAL // 1048576):\n"
        "    sys.stdout.write(piece)\n    if n % 64 == 0:\n        print('alive', file=sys.stderr)\n"
        "sys.stdout.write('last')\nsys.stdout.flush()"
    )
    out, err = _flooded(place, code, total)
    _is_cut(out, total)
    must(err.head.count(b"alive\n") == total // MIB // 64, f"the other stream is lost: {err.head[:100]!r}")


@case(long=True)
def byte_a_millisecond(place: Place) -> None:
    """A byte a millisecond comes back whole, and costs next to no CPU."""
    count = place.times(2000, 500)
    result = place.python(
        f"import os, time\nfor _ in range({count}):\n    os.write(1, b'.')\n    time.sleep(0.001)", LIMITS
    )
    ended(result, Ended.exited, status=0)
    must(result.stdout.head == b"." * count, f"{len(result.stdout.head)} of {count} bytes came back")


@case()
def output_that_fits(place: Place) -> None:
    """200 KiB on each stream and exit status 0: nothing blocks, nothing is dropped."""
    code = "import sys\nsys.stdout.write('o' * 204800)\nsys.stderr.write('e' * 204800)"
    result = place.python(code, Limits(wall_seconds=20))
    ended(result, Ended.exited, status=0, within=5)
    for output, sign in ((result.stdout, b"o"), (result.stderr, b"e")):
        whole = output.head + output.tail
        must(whole == sign * 204_800 and output.dropped == 0, f"{len(whole)} bytes came, {output.dropped} were dropped")


@case()
def output_that_just_fits(place: Place) -> None:
    """Output that is as long as what is kept is kept whole; one byte more is one byte dropped."""
    for more in (0, 1):
        result = place.python(f"import sys\nsys.stdout.write('z' * {KEPT + more})", LIMITS)
        kept = result.stdout.head + result.stdout.tail
        must(kept == b"z" * KEPT, f"{len(kept)} bytes were kept")
        must(result.stdout.dropped == more, f"{result.stdout.dropped} bytes were dropped, not {more}")


@case()
def streams_that_block_each_other(place: Place) -> None:
    """A program that waits for one full stream to be read while it writes to the other is not kept waiting."""
    code = """
import os, threading
def write(fd):
    for _ in range(300):
        os.write(fd, b"z" * 65536)
threads = [threading.Thread(target=write, args=(fd,)) for fd in (1, 2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    result = place.python(code, LIMITS)
    ended(result, Ended.exited, status=0)
    wanted = 300 * 65_536 - KEPT
    seen = (result.stdout.dropped, result.stderr.dropped)
    must(seen == (wanted, wanted), f"{seen} bytes were dropped, not {wanted} of each")
