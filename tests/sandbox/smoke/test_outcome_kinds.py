"""What is withheld, told from what libraries really say; and crashes that only speak of such things."""

from __future__ import annotations

import pytest

from sandbox.job import Output, RunResult
from sandbox.smoke.outcome import Judged, classify
from sandbox.tree import Tree
from sandbox.verdict import Ended, Outcome


def _judge(
    stderr: str,
    *,
    status: int | None = 1,
    signal: int | None = None,
    written: tuple[str, ...] = (),
    files: dict[str, str] | None = None,
) -> Judged:
    ended = Ended.exited if signal is None else Ended.signalled
    result = RunResult(
        ended=ended,
        exit_status=status if signal is None else None,
        signal=signal,
        seconds=1.0,
        cpu_seconds=0.5,
        peak_memory_bytes=1 << 20,
        stdout=Output(b""),
        stderr=Output(stderr.encode()),
        written=written,
    )
    return classify(result, Tree({name: text.encode() for name, text in (files or {"main.py": "x"}).items()}))


def _raised(last: str, code: str = "f()", *, library: str = "") -> str:
    inner = f'  File "{library}", line 7, in g\n    raise\n' if library else ""
    return (
        f'Traceback (most recent call last):\n  File "/workspace/main.py", line 1, in main\n    {code}\n{inner}{last}\n'
    )


@pytest.mark.parametrize(
    ("kind", "what", "last", "code"),
    [
        # settings that only the command line can give
        (
            "arguments",
            "data.root",
            "omegaconf.errors.MissingMandatoryValue: Missing mandatory value: data.root\n    full_key: data.root",
            "load(cfg.data.root)",
        ),
        (
            "arguments",
            "dataset",
            "hydra.errors.ConfigCompositionException: You must specify 'dataset', e.g, dataset=<OPTION>",
            "main()",
        ),
        # hubs and downloads
        (
            "network",
            "huggingface.co",
            "OSError: We couldn't connect to 'https://huggingface.co' to load the files, and couldn't find them in the "
            "cached files.",
            "AutoModel.from_pretrained(name)",
        ),
        ("network", "", "ConnectionError: Couldn't reach 'hotpot_qa' on the Hub (LocalEntryNotFoundError)", "load()"),
        (
            "network",
            "",
            "huggingface_hub.errors.LocalEntryNotFoundError: An error happened while trying to locate the file on the "
            "Hub and we cannot find the requested files in the local cache.",
            "hf_hub_download(a, b)",
        ),
        (
            "network",
            "",
            "urllib.error.URLError: <urlopen error [Errno -3] Temporary failure in name resolution>",
            "CIFAR10(root, download=True)",
        ),
        ("network", "", "LookupError: \n****\n  Resource \x1b[93mpunkt_tab\x1b[0m not found.", "word_tokenize(t)"),
        (
            "network",
            "",
            "urllib.error.URLError: <urlopen error [Errno -2] Name or service not known>",
            "fetch_openml()",
        ),
        ("network", "", "gdown.exceptions.FileURLRetrievalError: Failed to retrieve file url:", "gdown.download(u)"),
        (
            "network",
            "the network (wget)",
            "subprocess.CalledProcessError: Command '['wget', 'http://x.org/a.zip']' returned non-zero exit status 4.",
            "subprocess.run(['wget', url], check=True)",
        ),
        (
            "network",
            "",
            "openai.APIConnectionError: Connection error.",
            "client.chat.completions.create(model=m)",
        ),
        # services
        (
            "service",
            "",
            "redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.",
            "r.get('a')",
        ),
        (
            "service",
            "",
            "sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection to server at "
            '"localhost" (127.0.0.1), port 5432 failed: Connection refused',
            "engine.connect()",
        ),
        (
            "service",
            "",
            "pymongo.errors.ServerSelectionTimeoutError: localhost:27017: [Errno 111] Connection refused",
            "db.a.find_one()",
        ),
        (
            "service",
            "",
            "ConnectionError: Failed to connect to Ollama. Please check that Ollama is downloaded, running",
            "ollama.chat(model='llama3')",
        ),
        (
            "service",
            "",
            "requests.exceptions.ConnectionError: HTTPConnectionPool(host='localhost', port=11434): Max retries "
            "exceeded with url: /api/generate (Caused by NewConnectionError('Connection refused'))",
            "requests.post(u)",
        ),
        ("service", "", "pika.exceptions.AMQPConnectionError", "pika.BlockingConnection()"),
        # keys
        (
            "key",
            "OPENAI_API_KEY",
            "openai.OpenAIError: The api_key client option must be set either by passing api_key to the client or by "
            "setting the OPENAI_API_KEY environment variable",
            "OpenAI()",
        ),
        (
            "key",
            "",
            'TypeError: "Could not resolve authentication method. Expected either api_key or auth_token to be set."',
            "client.messages.create()",
        ),
        (
            "key",
            "",
            "wandb.errors.errors.UsageError: api_key not configured (no-tty). call wandb.login(key=k)",
            "init()",
        ),
        ("key", "", "OSError: Could not find kaggle.json. Make sure it's located in /home/x/.kaggle.", "import kaggle"),
        # GPUs
        ("gpu", "", "AssertionError: Torch not compiled with CUDA enabled", "model.to('cuda')"),
        ("gpu", "", "AttributeError: module 'torch._C' has no attribute '_cuda_setDevice'", "torch.cuda.set_device(0)"),
        ("gpu", "", "RuntimeError: Distributed package doesn't have NCCL built in", "init_process_group('nccl')"),
        (
            "gpu",
            "",
            "ValueError: ProcessGroupNCCL is only supported with GPUs, no GPUs found!",
            "init_process_group('nccl')",
        ),
        ("gpu", "", "RuntimeError: CUDA is required but not available for bitsandbytes.", "load(load_in_8bit=True)"),
        (
            "gpu",
            "",
            "RuntimeError: Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False.",
            "torch.load(p)",
        ),
        # parts of another system
        ("system", "MPI", "RuntimeError: cannot load MPI library", "from mpi4py import MPI"),
        (
            "system",
            "libmpi.so.40",
            "ImportError: libmpi.so.40: cannot open shared object file: No such file",
            "import x",
        ),
        ("system", "winsound", "ModuleNotFoundError: No module named 'winsound'", "import winsound"),
        ("system", "msvcrt", "ModuleNotFoundError: No module named 'msvcrt'", "import msvcrt"),
        ("system", "Windows", "AttributeError: module 'ctypes' has no attribute 'windll'", "ctypes.windll.user32"),
        ("system", "appkit", "ModuleNotFoundError: No module named 'AppKit'", "from AppKit import NSWorkspace"),
        (
            "system",
            "/Library/Fonts",
            "OSError: cannot open resource",
            "ImageFont.truetype('/Library/Fonts/Arial.ttf', 9)",
        ),
        ("system", "a browser", "webbrowser.Error: could not locate runnable browser", "webbrowser.get().open(u)"),
        (
            "system",
            "a browser",
            "selenium.common.exceptions.NoSuchDriverException: Message: Unable to obtain driver for chrome",
            "webdriver.Chrome()",
        ),
        ("system", "java", "RuntimeError: Java gateway process exited before sending its port number", "Spark()"),
        ("system", "an audio device", "OSError: No Default Input Device Available", "pyaudio.PyAudio().open()"),
        # answers
        ("input", "", "EOFError: EOF when reading a line", "name = input('name? ')"),
        ("input", "", "termios.error: (25, 'Inappropriate ioctl for device')", "termios.tcgetattr(sys.stdin)"),
    ],
)
def test_what_libraries_say_names_what_is_missing(kind: str, what: str, last: str, code: str) -> None:
    judged = _judge(_raised(last, code))
    assert judged.outcome is Outcome.blocked
    assert [one.kind for one in judged.missing] == [kind]
    assert what in judged.missing[0].what


@pytest.mark.parametrize(
    ("last", "code"),
    [
        ("ZeroDivisionError: no GPU available to divide by", "1 / 0"),
        ("KeyError: 'api_key'", "config['api_key']"),
        ("KeyError: '<pad>'", "index = vocabulary[PAD_TOKEN]"),
        ("ValueError: '<unk>' is not in list", "words.index(self.DEFAULT_UNK_TOKEN)"),
        ("ValueError: too few arguments for Conv2d", "build(layer)"),
        ("IndexError: list index out of range", "dataset[0]"),
        ("json.decoder.JSONDecodeError: Expecting value: data not found", "json.loads(text)"),
        ("yaml.scanner.ScannerError: mapping values are not allowed here, in data/train.yaml", "yaml.safe_load(f)"),
        ("TypeError: cannot connect to 'localhost'", "f(1)"),
        ("AttributeError: 'NoneType' object has no attribute 'cuda'", "x.cuda()"),
        ("ModuleNotFoundError: No module named 'foundation'", "import foundation"),
        ("OSError: cannot open resource", "ImageFont.truetype('arial.ttf', 9)"),
        ("ImportError: cannot import name 'network' from 'model' (/workspace/model.py)", "from model import network"),
        ("RuntimeError: mat1 and mat2 shapes cannot be multiplied (4x3 and 4x3)", "a @ b"),
    ],
)
def test_a_crash_that_only_speaks_of_such_things_is_the_code_s_own(last: str, code: str) -> None:
    judged = _judge(_raised(last, code))
    assert (judged.outcome, judged.missing) == (Outcome.failed, ())


@pytest.mark.parametrize(
    "printed",
    [
        "CUDA is not available, using CPU.\nERROR: config.yaml not found\n",
        "No GPU found, falling back to the CPU\nsomething went wrong\n",
        "WARNING: OPENAI_API_KEY is not set, continuing without it\nassertion failed\n",
    ],
)
def test_what_a_program_says_it_does_without_is_not_what_it_lacks(printed: str) -> None:
    assert _judge(printed).outcome is Outcome.failed


def test_printed_words_never_turn_a_crash_by_a_signal_into_something_withheld() -> None:
    assert _judge("no CUDA GPUs are available\n", signal=11).outcome is Outcome.failed
    fatal = "Fatal Python error: Segmentation fault\n\nCurrent thread 0x1 (most recent call first):\n"
    fatal += '  File "/workspace/main.py", line 1 in f\n'
    assert _judge(f"Please set OPENAI_API_KEY\n{fatal}", signal=11).outcome is Outcome.failed
    lost = 'qt.qpa.plugin: Could not load the Qt platform plugin "xcb" in "" even though it was found.\n'
    assert [one.kind for one in _judge(lost, signal=6).missing] == ["display"]


def test_weights_looked_for_under_another_name_than_they_were_saved_under_are_the_code_s_fault() -> None:
    last = "FileNotFoundError: [Errno 2] No such file or directory: 'checkpoints/model_best.pt'"
    text = _raised(last, "torch.load('checkpoints/model_best.pt')")
    assert _judge(text).outcome is Outcome.blocked
    assert _judge(text, written=("checkpoints/best.pt",)).outcome is Outcome.failed
    assert _judge(text, written=("logs/best.pt", "checkpoints/log.txt")).outcome is Outcome.blocked


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("bash: line 1: pyhton: command not found\n", 127),
        ("bash: reprodcue.sh: No such file or directory\n", 127),
        ("python: can't open file '/workspace/mian.py': [Errno 2] No such file or directory\n", 2),
        ("/env/bin/python: No module named trainer.cli\n", 1),
    ],
)
def test_a_mistyped_smoke_command_is_a_failure_that_says_so(said: str, status: int) -> None:
    judged = _judge(said, status=status)
    assert judged.outcome is Outcome.failed
    assert judged.failure is not None
    assert judged.failure.message.startswith("the command itself cannot be run: ")


def test_a_program_that_a_script_of_the_repository_calls_is_still_missing() -> None:
    assert [one.kind for one in _judge("run.sh: line 3: ffmpeg: command not found\n", status=127).missing] == ["system"]
    assert [one.kind for one in _judge("run.sh: line 3: wget: command not found\n", status=127).missing] == ["network"]


def test_a_notebook_s_failure_names_the_cell() -> None:
    text = (
        'Traceback (most recent call last):\n  File "/workspace/a.ipynb", line 31, in <cell 3>\n    y = f(x)\n'
        '  File "/workspace/a.ipynb", line 20, in f\n    return a / 0\nZeroDivisionError: division by zero\n'
    )
    failure = _judge(text, files={"a.ipynb": "{}"}).failure
    assert failure is not None
    assert (failure.file, failure.line, failure.message) == ("a.ipynb", 20, "cell 3: division by zero")
