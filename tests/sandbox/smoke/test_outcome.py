"""From what a run did to its outcome; text decides nothing about passing."""

import shlex
from dataclasses import replace

import pytest

from sandbox.job import Output, RunResult
from sandbox.smoke.endless import Endless
from sandbox.smoke.outcome import classify
from sandbox.tree import Tree
from sandbox.verdict import Ended, Failure, Outcome


def _result(
    stderr: str = "",
    *,
    stdout: str = "",
    status: int | None = 1,
    ended: Ended = Ended.exited,
    cpu: float = 0.5,
    seconds: float = 20.0,
    signal: int | None = None,
) -> RunResult:
    return RunResult(
        ended=ended,
        exit_status=status,
        signal=signal,
        seconds=seconds,
        cpu_seconds=cpu,
        peak_memory_bytes=1 << 20,
        stdout=Output(stdout.encode()),
        stderr=Output(stderr.encode()),
    )


def _tree(**files: str) -> Tree:
    return Tree({name.replace("__", "/") + ".py": text.encode() for name, text in files.items()})


def _raised(last: str, code: str = "f()") -> str:
    return f'Traceback (most recent call last):\n  File "/workspace/main.py", line 1, in main\n    {code}\n{last}\n'


@pytest.mark.parametrize(
    ("kind", "last", "code"),
    [
        ("gpu", "AssertionError: Torch not compiled with CUDA enabled", "model.cuda()"),
        ("gpu", "RuntimeError: Found no NVIDIA driver on your system.", "x.to('cuda')"),
        ("gpu", "AssertionError", "assert torch.cuda.is_available()"),
        (
            "gpu",
            "FileNotFoundError: [Errno 2] No such file or directory: 'nvidia-smi'",
            "subprocess.run(['nvidia-smi'])",
        ),
        ("key", "KeyError: 'OPENAI_API_KEY'", "os.environ['OPENAI_API_KEY']"),
        ("key", "openai.OpenAIError: The api_key client option must be set", "OpenAI()"),
        ("key", "ValueError: HF_TOKEN is not set", "raise ValueError('HF_TOKEN is not set')"),
        (
            "network",
            "urllib.error.URLError: <urlopen error [Errno -3] Temporary failure in name resolution>",
            "urlopen(u)",
        ),
        (
            "network",
            "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='x.org', port=443): Max retries",
            "get(u)",
        ),
        ("network", "OSError: We couldn't connect to 'https://huggingface.co' to load this file", "from_pretrained(n)"),
        (
            "network",
            "LookupError: \n**\n  Resource punkt not found.\n  Please use the NLTK Downloader",
            "word_tokenize(t)",
        ),
        ("display", "_tkinter.TclError: no display name and no $DISPLAY environment variable", "tk.Tk()"),
        ("display", "pygame.error: No available video device", "pygame.display.set_mode((1, 1))"),
        (
            "service",
            "redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.",
            "r.ping()",
        ),
        ("system", "OSError: libportaudio.so.2: cannot open shared object file: No such file or directory", "import x"),
        ("system", "graphviz.backend.ExecutableNotFound: failed to execute PosixPath('dot')", "g.render()"),
        ("arguments", "IndexError: list index out of range", "path = sys.argv[1]"),
        ("input", "EOFError: EOF when reading a line", "input('name? ')"),
        ("data", "FileNotFoundError: [Errno 2] No such file or directory: 'data/train.csv'", "pd.read_csv(path)"),
        ("data", "FileNotFoundError: [Errno 2] No such file or directory: '/home/me/imagenet/val'", "os.listdir(d)"),
        ("data", "RuntimeError: Dataset not found. You can use download=True to download it", "MNIST('x')"),
        ("data", "FileNotFoundError: [Errno 2] No such file or directory: 'resnet50.pth'", "torch.load(p)"),
        ("data", "ValueError: No images found in ./images/raw", "raise ValueError(m)"),
    ],
)
def test_what_the_sandbox_withholds_is_no_fault_of_the_code(kind, last, code):
    judged = classify(_result(_raised(last, code)), _tree(main="x"))
    assert judged.outcome is Outcome.blocked
    assert [one.kind for one in judged.missing] == [kind]
    assert judged.failure is not None


REFUSED = (
    "requests.exceptions.ConnectionError: HTTPConnectionPool(host='localhost', port={}): Max retries exceeded with "
)
REFUSED += "url: / (Caused by NewConnectionError('[Errno 111] Connection refused'))"
HTTP_SERVER = (
    "import http.server\nif __name__ == '__main__':\n    http.server.HTTPServer(('', 9001), None).serve_forever()\n"
)
APP = "import fastapi\napp = fastapi.FastAPI()\n"


@pytest.mark.parametrize(
    ("last", "command"),
    [
        (REFUSED.format(9001), "python server.py"),
        (REFUSED.format(8000), "python -m uvicorn api:app"),
        ("ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 9001)", "python server.py"),
        (REFUSED.format(5432), None),
        (REFUSED.format(900), None),
        ("redis.exceptions.ConnectionError: Error 111 connecting to localhost:9001. Connection refused.", None),
    ],
)
def test_a_refused_connection_to_a_server_of_the_repository_names_how_to_start_it(last, command):
    tree = _tree(main="x", server=HTTP_SERVER, api=APP)
    judged = classify(_result(_raised(last, "get(u)")), tree)
    assert (judged.outcome, [one.kind for one in judged.missing]) == (Outcome.blocked, ["service"])
    said = f"the repository's own server beside it: --smoke '{command} & sleep 5; ...' runs both"
    assert judged.missing[0].what == (said if command else "a service on this machine or its network")


def test_where_no_port_is_said_the_repository_s_server_is_a_guess():
    refused = _result(_raised("ConnectionRefusedError: [Errno 111] Connection refused", "get(u)"))
    judged = classify(refused, _tree(main="x", server=HTTP_SERVER))
    assert judged.missing[0].what.startswith("perhaps the repository's own server beside it: --smoke 'python server.py")


@pytest.mark.parametrize("name", ["a'; touch owned; '", "a b", "$(touch owned)", "api:v1"])
def test_a_file_s_name_stays_a_name_in_the_line_that_a_person_is_told_to_paste(name):
    judged = classify(_result(_raised(REFUSED.format(9001), "get(u)")), _tree(main="x", **{name: HTTP_SERVER}))
    words = shlex.split(judged.missing[0].what.partition("beside it: ")[2])
    assert (words[0], words[2:]) == ("--smoke", ["runs", "both"])
    assert shlex.split(words[1]) == ["python", f"{name}.py", "&", "sleep", "5;", "..."]


def test_an_application_in_a_file_with_a_colon_is_named_too():
    judged = classify(_result(_raised(REFUSED.format(8000), "get(u)")), _tree(main="x", **{"api:v1": APP}))
    assert "--smoke 'python -m uvicorn api:v1:app & sleep 5; ...'" in judged.missing[0].what


def test_a_server_that_cannot_connect_to_itself_is_not_its_own_missing_service():
    judged = classify(_result(_raised(REFUSED.format(9001), "get(u)")), _tree(main=HTTP_SERVER))
    assert judged.missing[0].what == "a service on this machine or its network"


@pytest.mark.parametrize(
    ("last", "code"),
    [
        ("FileNotFoundError: [Errno 2] No such file or directory: 'config.yaml'", "open('config.yaml')"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'configs/model_config.json'", "open(p)"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'results/metrics.csv'", "open(path, 'w')"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'out/data.npz'", "np.savez(out, x); savefig(p)"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'templates/page.html'", "open(p)"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'scale.json'", "open('scale.json')"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'model_best.pt'", "torch.load('model_best.pt')"),
        ("TypeError: f() missing 1 required positional argument: 'data'", "f()"),
        ("TypeError: __init__() got an unexpected keyword argument 'api_key'", "C(api_key=1)"),
        ("AttributeError: module 'torch' has no attribute 'cuda_is_available'", "torch.cuda_is_available()"),
        ("KeyError: 'train'", "config['train']"),
        ("ValueError: shapes (3,2) and (3,2) not aligned", "a @ b"),
        ("ModuleNotFoundError: No module named 'utils.missing'", "from utils.missing import x"),
        ("AssertionError", "assert loss < 1"),
    ],
)
def test_the_code_s_own_faults_stay_its_own(last, code):
    tree = _tree(main="x", save="torch.save(model, 'model_best.pt')\n").changed({"assets/scale.json": b"{}"})
    judged = classify(_result(_raised(last, code)), tree)
    assert (judged.outcome, judged.missing) == (Outcome.failed, ())


@pytest.mark.parametrize(
    ("printed", "status", "kind"),
    [
        (
            "usage: main.py [-h] --data DATA\nmain.py: error: the following arguments are required: --data\n",
            2,
            "arguments",
        ),
        ("Usage: main.py [OPTIONS] PATH\n\nError: Missing argument 'PATH'.\n", 2, "arguments"),
        ("Usage: python main.py FILE\n", 1, "arguments"),
        ("main.sh: line 3: ffmpeg: command not found\n", 127, "system"),
        ("Error: data/images/train.zip not found, please download it\n", 1, "data"),
        ("This program requires a GPU\n", 1, "gpu"),
        ("Please set ANTHROPIC_API_KEY\n", 1, "key"),
    ],
)
def test_a_failure_without_a_traceback_is_read_from_what_it_printed(printed, status, kind):
    judged = classify(_result(stdout=printed, status=status), _tree(main="x"))
    assert [one.kind for one in judged.missing] == [kind]


@pytest.mark.parametrize(
    ("printed", "status"),
    [
        ("usage: main.py [-h]\nmain.py: error: unrecognized arguments: --smoke\n", 2),
        ("ERROR: config.yaml not found\n", 1),
        ("", 3),
    ],
)
def test_other_failures_without_a_traceback_are_the_code_s(printed, status):
    judged = classify(_result(printed, status=status), _tree(main="x"))
    assert judged.outcome is Outcome.failed
    assert judged.failure is not None
    assert (judged.failure.kind, judged.failure.exit_status) == ("exit", status)
    assert judged.failure.message


def test_text_never_makes_a_run_fail_or_pass():
    assert classify(_result(_raised("ValueError: x"), status=0), _tree(main="x")).outcome is Outcome.passed
    assert classify(_result("ALL TESTS PASSED\nexit status 0\n"), _tree(main="x")).outcome is Outcome.failed


@pytest.mark.parametrize(
    "limit", [Ended.wall, Ended.idle, Ended.cpu, Ended.memory, Ended.processes, Ended.disk, Ended.output]
)
def test_a_limit_is_named(limit):
    judged = classify(_result(ended=limit, status=None), _tree(main="x"))
    assert judged.outcome is Outcome.exhausted
    assert judged.failure is not None
    assert (judged.failure.kind, judged.failure.limit) == ("limit", limit)


@pytest.mark.parametrize(
    ("last", "limit"),
    [
        ("MemoryError", Ended.memory),
        ("numpy.core._exceptions._ArrayMemoryError: Unable to allocate 298. GiB for an array", Ended.memory),
        ("OSError: [Errno 28] No space left on device", Ended.disk),
        ("RuntimeError: can't start new thread", Ended.processes),
        ("RuntimeError: pthread_create failed: Resource temporarily unavailable", Ended.processes),
    ],
)
def test_a_limit_that_was_met_as_an_exception_is_a_limit_too(last, limit):
    judged = classify(_result(_raised(last)), _tree(main="x"))
    assert judged.outcome is Outcome.exhausted
    assert judged.failure is not None
    assert judged.failure.limit is limit


_LIBRARY = "/usr/lib/python3.11"


@pytest.mark.parametrize(
    ("file", "function", "code", "limit"),
    [
        (f"{_LIBRARY}/subprocess.py", "_execute_child", "self.pid = _fork_exec(", Ended.processes),
        (f"{_LIBRARY}/multiprocessing/popen_fork.py", "_launch", "self.pid = os.fork()", Ended.processes),
        ("/workspace/main.py", "main", "if os.fork() == 0:", Ended.processes),
        ("/workspace/main.py", "main", "fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)", None),
        ("/workspace/main.py", "main", "data = connection.recv(1024)", None),
        (f"{_LIBRARY}/subprocess.py", "communicate", "stdout = self.stdout.read()", None),
    ],
)
def test_what_would_block_is_a_limit_only_where_a_process_was_to_be_started(file, function, code, limit):
    frames = (
        f'  File "/workspace/main.py", line 1, in main\n    f()\n  File "{file}", line 9, in {function}\n    {code}\n'
    )
    last = "BlockingIOError: [Errno 11] Resource temporarily unavailable\n"
    judged = classify(_result(f"Traceback (most recent call last):\n{frames}{last}"), _tree(main="x"))
    assert judged.failure is not None
    assert judged.failure.limit is limit
    assert judged.outcome is (Outcome.exhausted if limit else Outcome.failed)


def test_a_crash_by_a_signal_is_the_code_s_fault():
    judged = classify(_result("", ended=Ended.signalled, status=None, signal=11), _tree(main="x"))
    assert judged.outcome is Outcome.failed
    assert judged.failure is not None
    assert "signal 11" in judged.failure.message


SERVER = Endless("server", idles=True, evidence="app.py: app.run()")


@pytest.mark.parametrize(
    ("endless", "cpu", "stderr", "outcome"),
    [
        (SERVER, 1.0, "", Outcome.survived),
        (SERVER, 19.0, "", Outcome.exhausted),
        (SERVER, 1.0, _raised("ValueError: in a handler"), Outcome.exhausted),
        (Endless("window", idles=False, evidence="a game"), 19.0, "", Outcome.survived),
        (None, 1.0, "", Outcome.exhausted),
    ],
)
def test_only_a_healthy_program_that_never_ends_by_design_survives(endless, cpu, stderr, outcome):
    result = _result(stderr, ended=Ended.wall, status=None, cpu=cpu)
    assert classify(result, _tree(main="x"), endless=endless).outcome is outcome


def test_a_package_that_cannot_be_had_here_is_no_fault_of_the_code():
    text = _raised("ModuleNotFoundError: No module named 'torchvision.ops'", "import torchvision.ops")
    assert classify(_result(text), _tree(main="x")).outcome is Outcome.failed
    judged = classify(_result(text), _tree(main="x"), withheld=frozenset({"torchvision"}))
    assert [(one.kind, one.what) for one in judged.missing] == [("package", "torchvision")]


@pytest.mark.parametrize(
    ("absent", "withheld", "outcome"),
    [
        ("torchtext", "torchtext.data", Outcome.blocked),
        ("torchtext.data", "torchtext.data", Outcome.blocked),
        ("torchvision.ops", "torchvision", Outcome.blocked),
        ("google", "google.cloud.storage", Outcome.blocked),
        ("google.other", "google.cloud.storage", Outcome.failed),
        ("torch", "torchtext.data", Outcome.failed),
    ],
)
def test_a_submodule_is_withheld_with_its_package(absent, withheld, outcome):
    text = _raised(f"ModuleNotFoundError: No module named '{absent}'", "from torchtext.data import Field")
    assert classify(_result(text), _tree(main="x"), withheld=frozenset({withheld})).outcome is outcome


def test_a_run_that_the_clock_ended_shows_where_it_was_and_keeps_its_signature() -> None:
    def ended(line: int) -> Failure:
        stacks = (
            'Fatal Python error: Aborted\n\nThread 0x1 (most recent call first):\n  File "/usr/x.py", line 1 in w\n'
            "\nCurrent thread 0x2 (most recent call first):\n"
            f'  File "/workspace/main.py", line {line} in train\n  File "/workspace/main.py", line 9 in <module>\n'
        )
        result = replace(_result(ended=Ended.wall, status=None), stacks=stacks)
        failure = classify(result, Tree({"main.py": b"x = 1\n" * 9})).failure
        assert failure is not None
        return failure

    failure = ended(3)
    assert (failure.kind, failure.file, failure.line) == ("limit", "main.py", 3)
    assert [frame.function for frame in failure.frames] == ["<module>", "train"]
    assert "Where it was when it was ended" in failure.evidence
    assert failure.exception is None
    assert ended(4).signature == failure.signature


def test_a_crash_behind_a_progress_bar_is_the_code_s_own_whatever_was_printed_of_lost_data_before():
    lost = "Dataset not found at data/val.csv, download it; validation is skipped\n"
    bar = "\r  0%|          | 0/10 [00:00<?, ?it/s]"
    judged = classify(
        _result(bar + _raised("KeyError: 'lr'", "options['lr']"), stdout=lost), _tree(main="options['lr']")
    )
    assert judged.failure is not None
    assert (judged.outcome, judged.failure.kind, judged.failure.line) == (Outcome.failed, "exception", 1)
