"""What a program wrote comes back as it was, whatever it is and however the run ended."""

from __future__ import annotations

from sandbox.escape.case import Place, cases_of, ended, must
from sandbox.settings import Limits
from sandbox.verdict import Ended

BYTES, case = cases_of("bytes")

HOSTILE = {
    "invalid_utf8": (b"\xff\xfe\x80abc\xc3", "bytes that are no UTF-8"),
    "nul_bytes": (b"a\0b\0\0c", "NUL bytes"),
    "ansi_sequences": (b"\x1b[2J\x1b[31mred\x1b]0;title\x07\x1b[?1049h", "sequences that steer a terminal"),
    "carriage_returns": (b"10%\r50%\r100%\r\nbell\x07\b\b", "carriage returns and backspaces"),
    "lone_surrogates": (b"\xed\xa0\x80 \xed\xbf\xbf", "surrogates on their own"),
}


def _add(name: str, data: bytes, what: str) -> None:
    def act(place: Place) -> None:
        result = place.python(f"import os\nos.write(1, {data!r})\nos.write(2, {data!r})")
        ended(result, Ended.exited, status=0)
        for output in (result.stdout, result.stderr):
            must(output.head == data, f"{data!r} came back as {output.head!r}")
            text = output.text()
            must("\0" not in text and text.encode(), "its text cannot be stored")

    act.__name__ = name
    act.__doc__ = f"Output with {what} comes back as it was, and can be shown as text."
    case()(act)


for _name, (_data, _what) in HOSTILE.items():
    _add(_name, _data, _what)


@case()
def surrogates_in_names_and_errors(place: Place) -> None:
    """Arguments, file names and tracebacks with surrogates break nothing."""
    code = "open('\\udcff\\ud800'.encode('utf-8', 'surrogatepass'), 'w').close()\nraise SystemExit('\\udcff')"
    result = place.python(code, collect=("*",))
    must(result.ended is Ended.exited and result.exit_status == 1, f"it ended by {result.ended}")
    for text in (*result.written, *result.files, *result.uncollected, result.stderr.text()):
        must(text.encode("utf-8"), "a name cannot be stored")


@case()
def output_before_a_timeout(place: Place) -> None:
    """What was written before the time was up is kept, unfinished lines too."""
    code = (
        "import sys, time\nprint('line')\nsys.stdout.write('part')\nsys.stdout.flush()\nprint('e', file=sys.stderr)\n"
    )
    result = place.python(code + "time.sleep(60)", Limits(wall_seconds=1))
    ended(result, Ended.wall, within=1.8)
    must(result.stdout.head == b"line\npart", f"standard output is {result.stdout.head!r}")
    must(result.stderr.head == b"e\n", f"standard error is {result.stderr.head!r}")


@case()
def output_before_a_kill(place: Place) -> None:
    """What was written before a program died of a signal is kept."""
    code = "import os, signal\nprint('before', flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    result = place.python(code)
    ended(result, Ended.signalled)
    must(result.stdout.head == b"before\n", f"standard output is {result.stdout.head!r}")


@case()
def failing_program_that_streams(place: Place) -> None:
    """A failing program that streams its output keeps its exit status."""
    code = "import sys, time\nfor n in range(40):\n    print(n, flush=True)\n    time.sleep(0.01)\nsys.exit(42)"
    result = place.python(code)
    ended(result, Ended.exited, status=42)
    must(result.stdout.head.endswith(b"39\n"), "the last line is lost")


@case()
def output_of_a_child_that_lives_on(place: Place) -> None:
    """What a background child writes shortly after the main program's end is kept; the exit status is the program's."""
    code = (
        "import os, time\nif os.fork() == 0:\n    time.sleep(0.05)\n    print('child')\n    time.sleep(60)\nos._exit(6)"
    )
    result = place.python(code)
    ended(result, Ended.exited, status=6, within=2)
    must(result.stdout.head == b"child\n", f"standard output is {result.stdout.head!r}")
