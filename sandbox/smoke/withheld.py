"""What a run that failed was missing: things that the sandbox withholds and no edit of the code would bring.

Each rule reads the evidence and names one thing, or nothing. The rules are only asked about runs whose exit
status has already said that they failed; what a program prints never makes a run pass.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.smoke.lost_files import is_withheld, named_paths
from sandbox.smoke.phrases import MACOS_MODULES, PROGRAMS, names, says, system_missing
from sandbox.smoke.servers import refusing_server
from sandbox.traceback import Traceback
from sandbox.tree import Tree
from sandbox.verdict import Frame, Missing


@dataclass(frozen=True)
class Evidence:
    """What is known of a failed run.

    Attributes:
        traceback: the last one, or None.
        text: the end of stderr and stdout.
        exit_status: None when a signal or a limit ended the run.
        withheld: import names of distributions that exist and cannot be had here, dotted as the code has them.
        written: the files that the run wrote.
        signalled: whether a signal ended it.
    """

    traceback: Traceback | None
    text: str
    exit_status: int | None
    tree: Tree
    withheld: frozenset[str] = frozenset()
    written: tuple[str, ...] = ()
    signalled: bool = False

    @property
    def exception(self) -> str:
        """The exception's own name, without its module; empty without a traceback."""
        return self.traceback.exception.rsplit(".", 1)[-1] if self.traceback else ""

    @property
    def said(self) -> str:
        """The traceback's text, else the last lines that were printed, without what the program can do without."""
        if self.traceback:
            return self.traceback.text
        lines = [line for line in self.text.strip().splitlines() if not says("fallback", line)]
        return "\n".join(lines[-15:])

    @property
    def last_words(self) -> str:
        """The exception and its message (without source lines), else the last lines that were printed."""
        if self.traceback is None:
            return self.said
        name = self.traceback.exception
        return name + self.traceback.text.rpartition(f"\n{name}")[2]

    @property
    def frame(self) -> Frame | None:
        """The deepest frame inside the repository."""
        return self.traceback.deepest if self.traceback else None

    @property
    def code(self) -> str:
        """The repository's own line that failed."""
        return self.frame.code if self.frame else ""


Rule = Callable[[Evidence], Missing | None]
CODE_FAULTS = frozenset(
    {
        "TypeError",
        "AttributeError",
        "NameError",
        "UnboundLocalError",
        "SyntaxError",
        "IndentationError",
        "StopIteration",
    }
    | {"ZeroDivisionError", "OverflowError", "RecursionError", "NotImplementedError", "UnicodeDecodeError"}
    | {"JSONDecodeError", "YAMLError", "ScannerError", "ParserError"}
)
"""Whatever their message speaks of, these are mistakes in the code; but see `_emptied`."""


def find_missing(evidence: Evidence) -> Missing | None:
    """The one thing that `evidence` says was missing; None when the failure is the code's own."""
    for rule in _rules(evidence):
        if found := rule(evidence):
            return found
    return None


def _rules(evidence: Evidence) -> tuple[Rule, ...]:
    """The rules that may be asked: what a program printed before a signal ended it explains only a lost display."""
    if evidence.exception in CODE_FAULTS:
        return (_other_platform, _unauthenticated, _emptied)
    if evidence.signalled and (evidence.traceback is None or evidence.traceback.exception == "Fatal Python error"):
        return (_display,)
    return _ONLY.get(evidence.exception, RULES)


def _missing(kind: str, what: str, evidence: Evidence) -> Missing:
    words = evidence.last_words.strip().splitlines()
    return Missing.model_validate({"kind": kind, "what": what, "evidence": "\n".join(words[-4:])[-600:]})


# ------------------------------------------------------------------ rules, most specific first

_PAIR = re.compile(r"operator torchvision::nms does not exist|undefined symbol: \S*(?:torch|c10)")
_NO_MODULE = re.compile(r"No module named '(?P<name>[\w.]+)'")
_LIBRARY = re.compile(r"(?P<name>lib[\w.+-]+\.so[\w.]*): cannot open shared object file")
_PROGRAM = re.compile(r"(?:^|\s)(?:\S*: line \d+: )?(?P<name>[\w.+-]+): (?:command )?not found$", re.M)
_OF_TEXT = (
    "PAD|UNK|UNKNOWN|OOV|BOS|EOS|SOS|CLS|SEP|MASK|START|END|STOP|EOT|EOL|SPECIAL|BLANK|NULL|EMPTY|IMAGE|IMG|VIDEO|"
    "AUDIO|NEWLINE|SPACE|SPLIT|IGNORE|PLACEHOLDER|MAX|NUM|NEXT|LAST|FIRST"
)
"""`PAD_TOKEN` and its like stand in a vocabulary; no server gives them out."""
KEY_NAME = re.compile(
    rf"\b(?!(?:\w+_)?(?:{_OF_TEXT})_TOKEN\b)"
    r"[A-Z][A-Z0-9_]*(?:API_?KEY|_TOKEN|_SECRET|(?:ACCESS|SECRET)_KEY(?:_ID)?|_CREDENTIALS)\b"
)
"""The names under which programs ask for a key."""
_REQUIRED = re.compile(
    r"the following arguments are required: (?P<names>.+)|"
    r"Missing (?:argument|option|parameter) (?P<name>['\"][^'\"]+['\"])|"
    r"no value for the required argument: (?P<fire>\S+)|Missing mandatory value: (?P<hydra>[\w.]+)|"
    r"You must specify '(?P<group>[^'\n]+)', e\.g,|error: too few arguments",
)
_WINDOWS = re.compile(r"has no attribute '(?:windll|WinDLL|startfile|WINFUNCTYPE|O_BINARY|CREATE_NEW_CONSOLE)'")
_CALLED = re.compile(r"Command '?\[?'?(?:sudo )?(?P<name>[\w.-]+)")
UNRUNNABLE = re.compile(
    r"^bash: (?:line \d+: )?(?P<what>.+: (?:command not found|No such file or directory|.*denied))$", re.M
)
"""What bash says when the smoke command itself cannot be run; inside a script it names the script."""
_USAGE = re.compile(r"^\s*usage:", re.I | re.M)


def _package(e: Evidence) -> Missing | None:
    if _PAIR.search(e.last_words):
        return _missing("package", "torchvision built for this torch", e)
    match = _NO_MODULE.search(e.last_words) if e.exception in ("ModuleNotFoundError", "ImportError") else None
    name = match["name"] if match else ""
    cannot_be_had = any(f"{one}.".startswith(f"{name}.") or name.startswith(f"{one}.") for one in e.withheld)
    return _missing("package", name.split(".")[0], e) if name and cannot_be_had else None


def _other_platform(e: Evidence) -> Missing | None:
    """Windows and macOS have modules and attributes of their own; a build of torch for CPUs lacks CUDA's."""
    if "torch._C' has no attribute '_cuda" in e.last_words:
        return _missing("gpu", "an NVIDIA GPU with CUDA", e)
    match = _NO_MODULE.search(e.last_words) if e.exception in ("ModuleNotFoundError", "ImportError") else None
    name = match["name"].split(".")[0].lower() if match else ""
    if name in names("windows_modules") or _WINDOWS.search(e.last_words):
        return _missing("system", f"Windows ({name or 'a function that only its Python has'})", e)
    is_mac = match is not None and match["name"].split(".")[0] in MACOS_MODULES
    return _missing("system", f"macOS ({name})", e) if is_mac else None


def _gpu(e: Evidence) -> Missing | None:
    asserts = e.exception == "AssertionError" and "cuda" in e.code.lower()
    return _missing("gpu", "an NVIDIA GPU with CUDA", e) if asserts or says("gpu", e.last_words) else None


def _system(e: Evidence) -> Missing | None:
    if e.exception in PROGRAMS:
        return _missing("system", PROGRAMS[e.exception], e)
    if match := _LIBRARY.search(e.last_words):
        return _missing("system", match["name"], e)
    if what := system_missing(e.last_words):
        return _missing("system", what, e)
    if path := next((text for text in re.findall(r"""['"]([^'"]+)['"]""", e.code) if says("foreign_path", text)), None):
        return _missing("system", f"{path}, a part of another system", e)
    return _program(e)


def _program(e: Evidence) -> Missing | None:
    """A program that was called and is not there, but not the smoke command itself: that one is mistyped."""
    frames = e.traceback.frames if e.traceback else ()
    spawned = frames and frames[-1].file.endswith("/subprocess.py") and e.exception == "FileNotFoundError"
    paths = named_paths(e.traceback.message) if e.traceback and spawned else ()
    match = _PROGRAM.search(e.text) if e.exit_status == 127 and not UNRUNNABLE.search(e.text) else None
    name = match["name"] if match else paths[-1] if paths and "/" not in paths[-1] else ""
    if not name or name in ("python", "python3"):
        return None
    if says("download", name):
        return _missing("network", f"the network ({name})", e)
    return _missing("system", name, e)


def _display(e: Evidence) -> Missing | None:
    return _missing("display", "a display", e) if says("display", e.last_words) else None


def _key(e: Evidence) -> Missing | None:
    if match := KEY_NAME.search(e.last_words) or KEY_NAME.search(e.code):
        return _missing("key", match[0], e)
    speaks = e.exception != "KeyError" and says("key", e.last_words)
    return _missing("key", "an API key or token", e) if speaks else None


def _unauthenticated(e: Evidence) -> Missing | None:
    """A client library that complains of an absent key with an exception that otherwise means a mistake."""
    return _missing("key", "an API key or token", e) if says("unauthenticated", e.last_words) else None


def _service(e: Evidence) -> Missing | None:
    frames = e.traceback.frames[-3:] if e.traceback else ()
    # what connecting to ::1 ends with where there is no IPv6; binding to an address of another machine ends so as well
    connects = "[Errno 99]" in e.last_words and any("connect" in f"{one.function} {one.code}" for one in frames)
    if not (connects or says("service", e.last_words)):
        return None
    files = frozenset(frame.file for frame in e.traceback.frames if frame.in_repository) if e.traceback else frozenset()
    if server := refusing_server(e.last_words, e.tree, but=files):
        both = shlex.quote(f"{server.command} & sleep 5; ...")
        perhaps = "" if server.is_sure else "perhaps "
        return _missing("service", f"{perhaps}the repository's own server beside it: --smoke {both} runs both", e)
    return _missing("service", "a service on this machine or its network", e)


def _network(e: Evidence) -> Missing | None:
    called = _CALLED.search(e.last_words) if e.exception == "CalledProcessError" else None
    if called and says("download", called["name"]):
        return _missing("network", f"the network ({called['name']})", e)
    if not says("network", e.last_words):
        return None
    url = re.search(r"https?://[\w.-]+|host='([\w.-]+)'", e.said)
    return _missing("network", f"the network ({url[1] or url[0]})" if url else "the network", e)


def _arguments(e: Evidence) -> Missing | None:
    words = e.last_words
    if match := _REQUIRED.search(words):
        named = next((group for group in match.groups() if group), "command-line arguments")
        return _missing("arguments", named, e)
    if e.traceback is not None:
        is_argv = e.exception in ("IndexError", "ValueError") and "argv" in e.code
        return _missing("arguments", "command-line arguments", e) if is_argv else None
    if _USAGE.search(words) and not says("refused_argument", words):
        return _missing("arguments", "command-line arguments", e)
    return None


def _input(e: Evidence) -> Missing | None:
    is_input = e.exception == "EOFError" and ("EOF when reading a line" in e.last_words or "input(" in e.code)
    is_terminal = "Inappropriate ioctl for device" in e.last_words or "not a terminal" in e.last_words
    return _missing("input", "answers typed at a terminal", e) if is_input or is_terminal else None


def _data(e: Evidence) -> Missing | None:
    if e.exception in ("ImportError", "ModuleNotFoundError", "KeyError", "IndexError"):
        return None
    exact = e.exception in ("FileNotFoundError", "NotADirectoryError", "LibsndfileError")
    if not exact and not says("absent", e.last_words):
        return None
    message = e.traceback.message if e.traceback else e.last_words
    for path in reversed(named_paths(message) or named_paths(e.code)):
        is_path = exact or "/" in path or re.search(r"\.\w{1,9}$", path)
        if is_path and is_withheld(path, e.code, e.tree, e.written):
            return _missing("data", path.removeprefix("/workspace/"), e)
    unnamed = says("unnamed_data", message)
    return _missing("data", "a data set", e) if unnamed else None


def _emptied(e: Evidence) -> Missing | None:
    """Data that the program said it did not find, and went on without, until there was nothing to work on."""
    if e.traceback is None or not says("emptiness", e.last_words) or says("made_up", e.text):
        return None
    for line in e.text.splitlines():
        if not says("absent", line) or says("fallback", line):
            continue
        for path in named_paths(line):
            is_module = f"{path.replace('.', '/')}.py" in e.tree.files  # a logger's name
            if not is_module and is_withheld(path, "", e.tree, e.written):
                words = f"{line.strip()[:300]}\n{e.last_words.strip()[-300:]}"
                return Missing(kind="data", what=path.removeprefix("/workspace/"), evidence=words)
    return None


RULES: tuple[Rule, ...] = (
    _package, _other_platform, _gpu, _system, _display, _input, _arguments, _key, _service, _network, _data, _emptied,
)  # fmt: skip
_ONLY: dict[str, tuple[Rule, ...]] = {
    "KeyError": (_display, _key),
    "IndexError": (_arguments, _emptied),
    "AssertionError": (_gpu, _key, _data, _emptied),
}
"""Exceptions that rarely mean anything but a mistake, and the rules that may say otherwise."""
