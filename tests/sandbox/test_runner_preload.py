"""A program forked from an interpreter that has imported modules ahead behaves as any other; it is only sooner."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker
import pytest

from sandbox.job import Job, RunResult
from sandbox.runner import DockerRunner
from sandbox.settings import Limits
from sandbox.setup.image import ImageInfo
from sandbox.store import Installed, Store
from sandbox.tree import Tree
from sandbox.verdict import Ended

pytestmark = pytest.mark.docker
LIMITS = Limits(wall_seconds=30)
HEAVY = (
    "import sys, time, json\ntime.sleep(0.6)\nAT = time.monotonic()\n"
    "print('heavy is deprecated', file=sys.stderr)\nSTAMP = 'imported'\n"
)
SHOW = "import sys\nprint(sys.argv, sys.orig_argv, sys.path, sys.executable, __name__, sys.flags)\n"
BASH = ("bash", "-o", "pipefail", "-c")
WAIT = "until [ -e go ]; do sleep 0.05; done; rm go;"
TOLD = "wait $!; echo $?;"
MODULES = ("heavy", "threaded", "absent", "handler", "broken", "heavy.inner")
"""Of which only `heavy` may be imported ahead."""

PROGRAMS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "words": (
        {"main.py": SHOW + "print(__file__, __spec__, __loader__.__class__)"},
        ("python", "main.py", "a", "-x", "ü"),
    ),
    "another name": ({"d/main.py": SHOW}, ("python3", "./d/main.py")),
    "command": ({"a": ""}, ("python", "-c", SHOW + "1/0", "x")),
    "module": (
        {"pkg/__init__.py": "", "pkg/__main__.py": SHOW + "print(__spec__.name, __package__)\nfrom . import no"},
        ("python", "-m", "pkg", "y"),
    ),
    "no such module": ({"a": ""}, ("python", "-m", "nosuch")),
    "folder": ({"app/__main__.py": SHOW + "import other", "app/other.py": "print('other')"}, ("python", "app")),
    "standard input": ({"s.py": SHOW + "1/0"}, (*BASH, "python < s.py; echo $?; cat s.py | python - q")),
    "no such file": ({"a": ""}, ("python", "nothere.py")),
    "syntax": ({"main.py": "def f(:\n  pass"}, ("python", "main.py")),
    "options": (
        {"main.py": SHOW + "print(sys.warnoptions, sys._xoptions)"},
        (*BASH, "for o in -O -Werror '-X dev' -u -I; do python $o main.py; done; python -V"),
    ),
    "deep recursion": ({"main.py": "def f(n): return f(n + 1)\nf(0)"}, ("python", "main.py")),
    "chained errors": (
        {
            "main.py": "import a\na.f()",
            "a.py": "def f():\n  try: {}['x']\n  except KeyError as e: raise ValueError(1) from e",
        },
        ("python", "main.py"),
    ),
    "no frames of ours": (
        {
            "main.py": "import traceback, warnings, inspect, heavy\ntraceback.print_stack()\n"
            "warnings.warn('up', stacklevel=2)\nwarnings.warn('old', DeprecationWarning)\nprint(len(inspect.stack()))"
        },
        ("python", "main.py"),
    ),
    "loaded modules": ({"main.py": "import sys\nprint(sorted(sys.modules))"}, ("python", "main.py")),
    "heavy": (
        {
            "main.py": "print('before', flush=True)\nimport importlib.util as u\n"
            "print(u.find_spec('heavy').origin)\n"
            "import heavy\nprint(heavy.STAMP, heavy.__spec__.origin, type(heavy.__spec__.loader), heavy.inner)"
        },
        ("python", "main.py"),
    ),
    "left out": (
        {
            "main.py": "import threaded, handler, threading, signal\nprint(threading.active_count())\n"
            "print(signal.getsignal(signal.SIGUSR1) is handler.h)\nimport broken"
        },
        ("python", "main.py"),
    ),
    "shadowed": ({"main.py": "import heavy\nprint(heavy.__file__)", "heavy.py": ""}, ("python", "main.py")),
    "shadowed inside": (
        {"main.py": "import json\nprint(json.__file__)", "json/__init__.py": ""},
        ("python", "main.py"),
    ),
    "text at the end": (
        {"main.py": "import atexit, sys\natexit.register(print, 'bye')\nsys.exit('text')"},
        ("python", "main.py"),
    ),
    "a thread at the end": (
        {
            "main.py": "import threading, time\nprint(threading.enumerate())\n"
            "threading.Thread(target=lambda: (time.sleep(.2), print('late'))).start()"
        },
        ("python", "main.py"),
    ),
    "own hook": (
        {"main.py": "import sys\nsys.excepthook = lambda *a: print('hook', a[1])\n1/0"},
        ("python", "main.py"),
    ),
    "a signal": (
        {"main.py": "import os\nos.kill(os.getpid(), 15)"},
        (*BASH, "python main.py; echo $?; python main.py"),
    ),
    "a crash": ({"main.py": "import ctypes\nctypes.string_at(0)"}, ("python", "main.py")),
    "what is inherited": (
        {
            "main.py": "import os, resource, signal\nprint(dict(os.environ), os.getcwd())\n"
            "print(os.umask(0), os.getpriority(0, 0))\n"
            "print(os.getsid(0) == os.getpid(), sorted(os.listdir('/proc/self/fd')), sorted(os.listdir('/tmp')))\n"
            "print([resource.getrlimit(n) for n in range(16)], [signal.getsignal(n) for n in (1, 2, 13, 17)])"
        },
        (*BASH, "mkdir d && cd d && umask 077 && python ../main.py"),
    ),
    "variables": (
        {"main.py": "import os, sys\nprint(os.environ.get('OMP_NUM_THREADS'), sys.path[1])", "src/x.py": ""},
        (*BASH, "OMP_NUM_THREADS=7 python main.py; PYTHONPATH=src python main.py; python main.py"),
    ),
    "several": (
        {"a.py": "print('a')", "b.py": "raise SystemExit(7)"},
        (*BASH, "python a.py && python b.py; echo $?; python b.py"),
    ),
    "pipes": (
        {"a.py": "for n in range(99999): print(n)"},
        (
            *BASH,
            "python a.py | head -n 2; echo ${PIPESTATUS[0]}; python a.py > o.txt; wc o.txt; python a.py >&-; echo $?",
        ),
    ),
    "clocks": (
        {"a.py": "import time\nprint('go', flush=True)\nopen('go', 'w')\ntime.sleep(30)"},
        # SIGALRM: what timeout(1) sends itself when the time is up; the program decides when that is
        (*BASH, f"set -m; for s in TERM KILL; do timeout -s $s 60 python a.py & {WAIT} kill -ALRM $!; {TOLD} done"),
    ),
    "left running": (
        {"a.py": "import time\nopen('go', 'w')\ntime.sleep(30)"},
        (*BASH, f"set -m; python a.py & {WAIT}"),
    ),
    "a far descriptor": (
        {"main.py": "import os\nprint(sorted(os.listdir('/proc/self/fd'), key=int), os.read(300, 9))"},
        (*BASH, "exec 300< main.py; python main.py"),
    ),
    "processes": (
        {
            "main.py": "import multiprocessing as mp\nfrom concurrent.futures import ProcessPoolExecutor as P\n"
            "def f(x): return x * x\nif __name__ == '__main__':\n  for kind in 'fork', 'spawn':\n"
            "    with P(2, mp.get_context(kind)) as p: print(mp.parent_process(), list(p.map(f, [1, 2])))\n"
            "  mp.resource_tracker._resource_tracker._stop()\n"  # which waits for it
        },
        (*BASH, "python main.py"),
    ),
    "a survivor": ({"main.py": "import subprocess\nsubprocess.Popen(['sleep', '30'])"}, (*BASH, "python main.py")),
    "files": ({"main.py": "import os\nos.makedirs('d/e')\nopen('d/e/f', 'w').write('2')"}, ("python", "main.py")),
    "chance": ({"main.py": "import random\nrandom.seed(1)\nprint(random.random(), hash('x'))"}, ("python", "main.py")),
}


@pytest.fixture(scope="module")
def warm_place(
    docker_client: docker.DockerClient, image: ImageInfo, store_volume: str, tmp_path_factory: pytest.TempPathFactory,
    wheelhouse_in: Callable[[Path], Any],
) -> Iterator[SimpleNamespace]:  # fmt: skip
    """A runner, and the key of an environment with modules that may and that may not be imported ahead."""
    house = wheelhouse_in(tmp_path_factory.mktemp("warm"))
    files = {
        "heavy/__init__.py": HEAVY + "from heavy import inner\n",
        "heavy/inner.py": "",
        "threaded.py": "import threading, time\nthreading.Thread(target=time.sleep, args=(99,), daemon=True).start()\n",
        "handler.py": "import signal\ndef h(*_): ...\nsignal.signal(signal.SIGUSR1, h)\n",
        "broken.py": "raise RuntimeError('as ever')\n",
    }
    house.wheel("heavy", "1.0", files=files)
    store = Store(docker_client, image, house.host(), store_volume)
    with store.session() as session:
        lock = session.resolve("heavy\n").lock
    installed = store.install(lock)
    assert isinstance(installed, Installed), installed
    with DockerRunner(docker_client, image.tag, store_volume, spare=1, limits=LIMITS) as runner:
        yield SimpleNamespace(runner=runner, key=installed.key)


def job(place: SimpleNamespace, name: str, preload: tuple[str, ...], limits: Limits = LIMITS) -> Job:
    files, argv = PROGRAMS[name]
    tree = Tree({path: text.encode() for path, text in files.items()})
    return Job(argv, tree, place.key, limits, preload=preload, collect=("**",))


@pytest.fixture(scope="module")
def results(warm_place: SimpleNamespace) -> dict[str, tuple[RunResult, RunResult]]:
    """Each program without and with preloading, three at a time."""

    def both(name: str) -> tuple[RunResult, RunResult]:
        run = warm_place.runner.run
        return run(job(warm_place, name, ())), run(job(warm_place, name, MODULES))

    with ThreadPoolExecutor(3) as pool:
        return dict(zip(PROGRAMS, pool.map(both, PROGRAMS), strict=True))


def normal(text: str) -> str:
    return re.sub(r"0x[0-9a-f]+|started \d+|\s+\d+ (?=Killed)", "0x", text)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_behaves_as_without(results: dict[str, tuple[RunResult, RunResult]], name: str) -> None:
    without, with_it = results[name]
    assert (without.preloaded, with_it.preloaded) == (False, True)
    for told in ("ended", "exit_status", "signal", "files", "written", "survivors"):
        assert getattr(with_it, told) == getattr(without, told), told
    assert normal(with_it.stdout.text()) == normal(without.stdout.text())
    assert normal(with_it.stderr.text()) == normal(without.stderr.text())


def test_what_is_imported_ahead_costs_the_program_nothing(warm_place: SimpleNamespace) -> None:
    tree = Tree({"main.py": b"import time\nbegan = time.monotonic()\nimport heavy\nprint(heavy.AT < began)"})
    plain = Job(("python", "main.py"), tree, warm_place.key, LIMITS)
    ahead = replace(plain, preload=("heavy",))
    gained = []
    for _ in range(4):  # the best of some, for the machine may be busy
        without, with_it = warm_place.runner.run(plain), warm_place.runner.run(ahead)
        assert (without.stdout.text(), with_it.stdout.text()) == ("False\n", "True\n")
        assert with_it.stderr.text() == "heavy is deprecated\n"
        gained.append(without.seconds - with_it.seconds)
        if gained[-1] > 0.4:
            break
    assert max(gained) > 0.4, f"importing it takes 0.6 s: {gained}"


def test_a_program_whose_client_was_killed_is_awaited_however_slow_the_fork_server_is(
    warm_place: SimpleNamespace,
) -> None:
    slow = """
import os, signal, subprocess, time
subprocess.Popen(["sh", "-c", f"sleep 1.5; kill -CONT {os.getppid()}"])  # it ends with our group
os.kill(os.getppid(), signal.SIGSTOP)
open("go", "w")
time.sleep(60)
"""
    argv = (*BASH, f"set -m; python main.py & {WAIT} kill -KILL $!; {TOLD}")
    result = warm_place.runner.run(
        Job(argv, Tree({"main.py": slow.encode()}), warm_place.key, LIMITS, preload=("heavy",))
    )
    assert (result.preloaded, result.stdout.text(), result.survivors) == (True, "137\n", 0)


def test_a_fork_server_that_never_answers_delays_the_result_until_the_wall_clock_at_most(
    warm_place: SimpleNamespace,
) -> None:
    code = b"import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    limits = Limits(wall_seconds=2.5)
    stopped = Job((*BASH, "set -m; python main.py & sleep 0.5"), Tree({"main.py": code}), warm_place.key, limits)
    over = []
    for _ in range(4):
        warm_place.runner.warm(replace(stopped, preload=("heavy",)))
        time.sleep(2.0)  # its container is then warm, on a machine that has nothing else to do
        before = time.monotonic()
        result = warm_place.runner.run(replace(stopped, preload=("heavy",)))
        over.append(time.monotonic() - before - limits.wall_seconds)
        assert (result.ended, result.preloaded) == (Ended.exited, True)
        if over[-1] < 0.5:
            break
    assert min(over) < 0.5, over


@pytest.mark.parametrize("module", ["hangs", "spoils"])
def test_a_module_that_does_harm_ahead_does_none_to_the_run(
    docker_client: docker.DockerClient, image: ImageInfo, store_volume: str, wheelhouse: Any, module: str
) -> None:
    texts = {
        "hangs": "import os, time\nif os.getcwd() == '/workspace' and not os.listdir('.'):\n    os._exit(3)\n",
        "spoils": "import os\nopen('/workspace/main.py', 'w').write('print(666)')\nif os.fork() == 0:\n"
        "    import time\n    time.sleep(600)\n",
    }
    wheelhouse.wheel(module, "1.0", files={f"{module}.py": texts[module]})
    store = Store(docker_client, image, wheelhouse.host(), store_volume)
    with store.session() as session:
        installed = store.install(session.resolve(f"{module}\n").lock, session=session)
    assert isinstance(installed, Installed)
    with DockerRunner(docker_client, image.tag, store_volume, spare=0) as runner:
        tree = Tree({"main.py": b"import os\nprint('clean', sorted(os.listdir('.')))\n"})
        result = runner.run(Job(("python", "main.py"), tree, installed.key, LIMITS, preload=(module,)))
    assert (result.stdout.text(), result.survivors) == ("clean ['main.py']\n", 0)


def test_the_clock_ends_a_preloaded_program_and_tells_only_its_own_stacks(warm_place: SimpleNamespace) -> None:
    tree = Tree({"main.py": b"import heavy, time\n\n\ndef wait():\n    time.sleep(60)\n\n\nwait()\n"})
    limits = Limits(wall_seconds=1.5)
    command = Job((*BASH, "python main.py; true"), tree, warm_place.key, limits, preload=("heavy",))
    for _ in range(4):  # on a busy machine it may not come to say where it was; it never says it as output
        result = warm_place.runner.run(command)
        assert (result.ended, result.preloaded) == (Ended.wall, True)
        assert result.stderr.text() in ("heavy is deprecated\n", "")
        assert "/opt/p2c" not in result.stacks
        if result.stderr.text() and "in wait" in result.stacks:
            break
    assert re.findall(r'File "(.*)", line (\d+) in (\w+)', result.stacks)[0] == ("/workspace/main.py", "5", "wait")
