"""A program that is forked from an interpreter that waited: that interpreter is its parent, and is in its reach.

It knows nothing that the program may not know, and decides nothing: how a run ended is seen by the supervisor.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from sandbox.escape.case import Place, cases_of, ended, must
from sandbox.escape.forgery import FRAMES
from sandbox.escape.verifying import store_of
from sandbox.escape.wheelhouse import Wheelhouse
from sandbox.job import Job, RunResult
from sandbox.runner import DockerRunner
from sandbox.settings import Limits
from sandbox.store import Installed
from sandbox.tree import Tree
from sandbox.verdict import Ended

PRELOADED, case = cases_of("forgery")
PROGRAM = ("python", "main.py")
ADDRESS = "\\0p2c-python"
"""Of the interpreter that waits: a name in the container's own network namespace."""
_HEAD = f"""
import os, signal, socket, sys, time
server = os.getppid()
ADDRESS = "{ADDRESS}"
"""


def _environment(place: Place, name: str) -> str:
    """The key of an environment with one package of that name."""
    wheel = Wheelhouse(place.folder()).wheel(name, "1.0")
    store = store_of(place)
    with store.session() as session:
        session.keep_wheel(wheel.name, wheel.read_bytes())
        answer = session.resolve(f"{name}\n")
        must(answer.ok, f"{name} cannot be resolved: {answer.said}")
        made = store.install(answer.lock, session=session)
    must(isinstance(made, Installed), f"{name} cannot be installed: {made}")
    return made.key if isinstance(made, Installed) else ""


def _runner(place: Place) -> DockerRunner:
    return DockerRunner(place.client, place.image.tag, place.volume, place.runtime, 0)


def _job(code: str, environment: str, name: str, wall: float = 20) -> Job:
    """A job whose interpreter has imported the module of that package before it comes."""
    tree = Tree({"main.py": f"{_HEAD}{code}".encode()})
    return Job(PROGRAM, tree, environment, Limits(wall_seconds=wall), preload=(name.replace("-", "_"),))


def _run(
    place: Place, name: str, code: str, wall: float = 20, *, argv: tuple[str, ...] = PROGRAM, collect: str = "out"
) -> RunResult:
    """What came of a program that is forked from an interpreter that has imported the package of that name."""
    job = _job(code, _environment(place, name), name, wall)
    with _runner(place) as runner:
        result = runner.run(replace(job, argv=argv, collect=(collect,)))
    must(result.preloaded, "it was no preloaded run: this case tries nothing")
    return result


@case()
def preloaded_forgery(place: Place) -> None:
    """Frames of our own protocol, written to the waiting interpreter's socket and descriptors, decide nothing."""
    code = """
places = [f"/proc/{server}/fd/{fd}" for fd in range(64)]
for data in (frames, engine, b"x" * 999):
    for path in places:
        try:
            target = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            os.write(target, data)
            os.close(target)
        except OSError:
            continue
    for fd in range(3, 300):
        try:
            os.write(fd, data)
        except OSError:
            continue
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(1)
        try:
            link.connect(ADDRESS)
            link.send(data)
        except OSError:
            continue
sys.exit(9)
"""
    ended(_run(place, "ahead-forgery", f"{FRAMES}\n{code}"), Ended.exited, status=9)


@case()
def preloaded_impostor(place: Place) -> None:
    """A program in the waiting interpreter's place may answer its own job's later ones: the last word is not its."""
    code = """
if len(sys.argv) > 1:
    sys.exit(7)
os.kill(server, signal.SIGKILL)
link = socket.socket(socket.AF_UNIX)
while True:
    try:
        link.bind(ADDRESS)
        break
    except OSError:
        time.sleep(0.01)
link.listen(8)
open("ready", "w").close()
while True:
    client, _ = link.accept()
    client.recv(65536)
    client.sendall(b"YS" + bytes(4))
"""
    line = "python main.py; until [ -e ready ]; do sleep 0.02; done; python main.py later; exit 5"
    result = _run(place, "ahead-impostor", code, argv=("bash", "-c", line))
    ended(result, Ended.exited, status=5)


@case(control="survivors")
def preloaded_server_killed(place: Place) -> None:
    """Whoever kills the interpreter that he was forked from is ended by it, and nothing of him stays."""
    result = _run(place, "ahead-killed", "os.kill(server, signal.SIGKILL)\ntime.sleep(60)\n")
    ended(result, Ended.signalled)
    must(result.signal == 9, f"it was signal {result.signal}")


@case(control="deadline")
def preloaded_server_stopped(place: Place) -> None:
    """Whoever stops the interpreter that he was forked from is waited for no longer than the limit says."""
    result = _run(place, "ahead-stopped", "os.kill(server, signal.SIGSTOP)\nsys.exit(9)\n", wall=3)
    ended(result, Ended.wall, Ended.exited, within=4)
    must(result.exit_status != 0, "a program that exits with 9 is said to have succeeded")


@case(control="survivors")
def preloaded_daemons(place: Place) -> None:
    """Daemons in sessions of their own neither delay the end of a forked program nor outlive it."""
    code = """
def daemon(ready):
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_IGN)
    os.write(ready, b".")
    time.sleep(60)
    os._exit(0)

told, ready = os.pipe()
for _ in range(20):
    child = os.fork()
    if child == 0:
        daemon(ready)
    os.waitpid(child, 0)
for _ in range(20):
    os.read(told, 1)
"""
    result = _run(place, "ahead-daemons", code)
    ended(result, Ended.exited, status=0, within=5)
    must(result.survivors == 20, f"{result.survivors} of 20 daemons were seen")


@case(control="supervisor")
def preloaded_server_memory(place: Place) -> None:
    """The waiting interpreter holds nothing of the job but what its program has: neither the key nor the rest."""
    mark = place.canary[::-1]
    code = f"""
wanted = "{mark}"[::-1].encode()
def read(process):
    found = []
    with open(f"/proc/{{process}}/maps") as maps, open(f"/proc/{{process}}/mem", "rb", 0) as memory:
        for line in maps:
            where, rights = line.split()[:2]
            if "r" not in rights or "[v" in line:
                continue
            start, end = (int(part, 16) for part in where.split("-"))
            try:
                memory.seek(start)
                found.append(memory.read(end - start))
            except (OSError, ValueError):
                continue
    return found

try:
    seen = read(server)
except OSError:
    sys.exit(0)  # refused, as gVisor does
assert any(b"ahead_memory" in piece for piece in seen), "nothing was read"
for piece in seen:
    assert wanted not in piece, "it holds the job"
"""
    # what is to be collected is said to the supervisor, in one text with the key, and to nobody else
    ended(_run(place, "ahead-memory", code, collect=place.canary), Ended.exited, status=0)


@case(control="together")
def preloaded_other_job(place: Place) -> None:
    """Two forked programs at one time share no socket, process or file, although their interpreters are alike."""
    code = """
own = socket.socket(socket.AF_UNIX)
own.bind("\\0p2c-check-own")  # the other one has this name too, in a place of its own
open("/dev/shm/mark", "x").close()
open("/tmp/mark", "x").close()
deadline = time.monotonic() + 1.5
while time.monotonic() < deadline:
    for name in os.listdir("/proc"):
        if name.isdecimal() and int(name) not in (1, server, os.getpid()):
            try:
                path = os.readlink(f"/proc/{name}/exe")
            except OSError:  # it ended meanwhile
                continue
            assert path == "/opt/p2c/warm/python", f"somebody else's process: {path}"
    time.sleep(0.05)
"""
    name = "ahead-other"
    environment = _environment(place, name)
    with _runner(place) as runner, ThreadPoolExecutor(2, "other-job") as pool:
        results = list(pool.map(runner.run, [_job(code, environment, name) for _ in range(2)]))
    for result in results:
        ended(result, Ended.exited, status=0)
        must(result.preloaded, "it was no preloaded run: this case tries nothing")
