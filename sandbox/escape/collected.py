"""What a run wrote is brought out: by plain names, regular files only, within bounds; no link leads anywhere."""

from __future__ import annotations

from sandbox.escape.case import Place, cases_of, ended, must
from sandbox.escape.flood import flat_memory
from sandbox.job import RunResult
from sandbox.settings import MIB, Limits
from sandbox.verdict import Ended

COLLECTED, case = cases_of("collected")


def _collect(place: Place, code: str, *patterns: str, limit: int = MIB, wall: float = 20) -> RunResult:
    limits = Limits(wall_seconds=wall, collect_bytes=limit)
    result = place.python(f"import os, socket\n{code}", limits, collect=patterns)
    ended(result, Ended.exited, status=0)
    return result


def _refused(result: RunResult, *names: str) -> None:
    """See that none of these was taken, and that it was said."""
    for name in names:
        must(name not in result.files, f"{name} was taken: {result.files.get(name, b'')[:80]!r}")
        must(name in result.uncollected, f"nobody says that {name} was not taken")


@case()
def link_to_a_file_of_the_host(place: Place) -> None:
    """A symbolic link, to a file of the host, of the container or of the supervisor, is not followed."""
    code = """
for name, target in (("shadow", "/etc/shadow"), ("environ", "/proc/1/environ"), ("up", "../../etc/passwd"),
                     ("own", "main.py"), ("loop", "loop"), ("gone", "nowhere")):
    os.symlink(target, name)
"""
    names = ("shadow", "environ", "up", "own", "loop", "gone")
    _refused(_collect(place, code, *names), *names)


@case()
def link_in_the_middle_of_a_path(place: Place) -> None:
    """A folder that is a link is not entered."""
    code = "os.symlink('/etc', 'folder')\nos.symlink('/', 'root')\nos.mkdir('true')\nos.symlink('/etc', 'true/deep')"
    result = _collect(place, code, "folder/passwd", "root/etc/passwd", "true/deep/passwd", "**/passwd")
    must(not result.files, f"taken: {sorted(result.files)}")


@case()
def parent_folders(place: Place) -> None:
    """`..` and absolute names lead nowhere."""
    patterns = ("../etc/passwd", "/etc/passwd", "/job/../etc/passwd", "/workspace/../etc/passwd", "a/../../etc/passwd")
    result = _collect(place, "os.mkdir('a')", *patterns)
    must(not result.files, f"taken: {sorted(result.files)}")


@case()
def fifo(place: Place) -> None:
    """A FIFO is not opened: nobody waits for a writer that never comes."""
    result = _collect(place, "os.mkfifo('fifo')\nos.mkdir('d')\nos.mkfifo('d/fifo')", "fifo", "d/*")
    _refused(result, "fifo", "d/fifo")


@case()
def socket_file(place: Place) -> None:
    """A socket is not opened."""
    _refused(_collect(place, "socket.socket(socket.AF_UNIX).bind('socket')", "socket"), "socket")


@case()
def device_file(place: Place) -> None:
    """A device, where one can be made at all, is not opened."""
    code = """
try:
    os.mknod("device", 0o020666, os.makedev(1, 5))
except OSError:
    os.symlink("/dev/zero", "device")
"""
    _refused(_collect(place, code, "device"), "device")


@case()
def hard_links(place: Place) -> None:
    """A hard link is the file that it is, and there is none to a file outside."""
    code = """
os.link("main.py", "twin")
for target in ("/etc/passwd", "/proc/1/environ", "/opt/p2c/inside/supervisor.py"):
    try:
        os.link(target, "hard")
    except OSError:
        continue
    raise SystemExit(target + " could be linked")
"""
    result = _collect(place, code, "twin", "hard")
    must(set(result.files) == {"twin"}, f"taken: {sorted(result.files)}")


@case(long=True)
def million_files(place: Place) -> None:
    """As many files as the workspace takes are looked at without harm; a thousand of them at most are taken."""
    count = place.times(90_000, 12_000)
    code = f"""
import time
began = time.monotonic()
for n in range({count}):
    os.close(os.open("f%d" % n, os.O_CREAT | os.O_WRONLY))
    if n > 3000 and time.monotonic() - began > 20:  # a slow machine has to look at fewer
        break
"""
    with flat_memory():
        result = _collect(place, code, "**", wall=150)
    must(len(result.files) <= 1000, f"{len(result.files)} files were taken")
    must(len(result.written) == 1000, f"{len(result.written)} files were named")


@case()
def thousand_folders_deep(place: Place) -> None:
    """Folders three thousand deep, deeper than a path can be long, break nothing."""
    code = "for n in range(3000):\n    os.mkdir('d' * 8)\n    os.chdir('d' * 8)\nopen('deep', 'w').close()"
    result = _collect(place, code, "**", "**/deep")
    must("main.py" in result.files, f"taken: {sorted(result.files)}")


@case()
def setuid_bits(place: Place) -> None:
    """A file with set-user-id and set-group-id bits comes out as its bytes alone."""
    code = "import shutil\nshutil.copy('/bin/true', 'suid')\nos.chmod('suid', 0o7777)"
    result = _collect(place, code, "suid")
    must(isinstance(result.files.get("suid"), bytes), "its bytes did not come")


@case()
def names_that_are_no_text(place: Place) -> None:
    """Names with bytes that are no text, line breaks or backslashes are shown but not taken."""
    code = (
        "for name in b'\\xff\\xfe', b'new\\nline', b'back\\\\slash', b'-rf', b'a' * 255:\n    open(name, 'w').close()"
    )
    result = _collect(place, code, "*")
    must(not any("\\" in name or "\udcff" in name for name in result.files), f"taken: {sorted(result.files)}")
    must("".join((*result.written, *result.files, *result.uncollected)).encode(), "a name cannot be stored")


@case()
def huge_and_sparse_files(place: Place) -> None:
    """A file that is too large, or seems so, stays inside; what fits is taken."""
    code = "open('huge', 'wb').truncate(1 << 45)\nfor name in 'bc':\n    open(name, 'wb').write(bytes(900_000))"
    with flat_memory():
        result = _collect(place, code, "huge", "[bc]")
    must(set(result.files) == {"b"}, f"taken: {sorted(result.files)}")
    _refused(result, "huge", "c")


@case()
def replaced_helpers(place: Place) -> None:
    """Our own helpers' files, replaced by links or devices, are not followed."""
    code = """
os.symlink("/etc/passwd", "/job/out.json")
os.mkfifo("/job/pipe.json")
"""
    result = _collect(place, code, "/job/out.json", "/job/pipe.json")
    _refused(result, "/job/out.json", "/job/pipe.json")
