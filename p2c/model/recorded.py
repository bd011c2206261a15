"""Recorded replies: files that a person can read, served instead of asking an endpoint."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from pathlib import Path

import yaml
from pydantic import ValidationError

from p2c.errors import RecordingExhausted, UsageError
from p2c.model.exchanges import Exchange, read_exchanges
from p2c.model.source import Call, Request
from p2c.run.atomic import plain_errors
from p2c.types import Usage, Value

_LINE = "---\n"


class RecordedReply(Value):
    """One reply of a recording: the header of its file, and its text."""

    step: str
    key: str = ""
    """Of `exchange_key`; a recording written by hand has none."""
    model: str = "recorded"
    seconds: float = 0.0
    usage: Usage = Usage()
    text: str


class Recording:
    """Implements `Source` with recorded replies: by key where the question is the same, else by step, in order.

    Args:
        path: a folder of `NNN-STEP.md` files (see `save_recording`), one such file, or an `exchanges.jsonl`.
        used: exchanges of this run's earlier processes; their replies are served again only where no other is left,
            as for a step that is made anew because something was edited.

    Raises:
        UsageError: there is no recording at `path`, or a file in it cannot be read.
    """

    recorded = True

    def __init__(self, path: Path, used: Iterable[Exchange] = ()) -> None:
        self._path = path
        self._left = _read(path)
        self._earlier: list[RecordedReply] = []
        self._lock = threading.Lock()
        self._said = False
        self.model = self._left[0].model
        for exchange in used:
            same = [r for r in self._left if (r.step, r.text) == (exchange.step, exchange.reply)]
            if same:
                self._left.remove(same[0])
                self._earlier.append(same[0])

    def complete(self, request: Request, call: Call) -> str:
        """See `Source.complete`; that a reply is to another question is said once.

        Raises:
            RecordingExhausted: nothing is left for the step.
        """
        call.under_way()
        with self._lock:
            same = next((reply for reply in self._left if reply.key == request.key), None)
            found = same or self._take_by_step(request.step)
            if same:
                self._left.remove(same)
            foreign = bool(found.key) and same is None and not self._said
            self._said = self._said or foreign
        if foreign:
            call.note(
                f"{request.step}: its recorded reply was given to another question (another paper, an edit, or other "
                "prompts). Such replies are served as they are; only a model that is asked heeds what has changed"
            )
        call.paid(found.usage)
        call.lasted(found.seconds)
        return found.text

    def close(self) -> None:
        """Nothing is open."""

    def _take_by_step(self, step: str) -> RecordedReply:
        for replies in (self._left, self._earlier):
            for reply in replies:
                if reply.step == step:
                    replies.remove(reply)
                    return reply
        raise RecordingExhausted(self._exhausted(step))

    def _exhausted(self, step: str) -> str:
        left = ", ".join(sorted({reply.step for reply in self._left})) or "none"
        return (
            f"the recording {self._path} has no reply left for step {step!r} (left: {left}). The run took another "
            "path than the recorded one; set OPENAI_BASE_URL, OPENAI_API_KEY and --model to ask a model instead"
        )


def save_recording(exchanges: Path, to: Path) -> tuple[Path, ...]:
    """Make a recording of a run's exchanges: one readable file a reply, in the order in which they came.

    Each file `NNN-STEP.md` has a header (YAML between `---` lines: step, key, model, seconds, usage) and then the
    reply, verbatim.

    Returns:
        The files written.

    Raises:
        UsageError: `exchanges` holds no reply.
        RunFolderError: `to` cannot be written.
    """
    replies = _from_exchanges(exchanges)
    if not replies:
        raise UsageError(f"{exchanges} holds no reply; name the exchanges.jsonl of a run")
    written = []
    with plain_errors("write the recording", to):
        to.mkdir(parents=True, exist_ok=True)
        for number, reply in enumerate(replies, 1):
            target = to / f"{number:03d}-{re.sub(r'[^A-Za-z0-9._-]+', '-', reply.step).strip('-')[:80]}.md"
            header = yaml.safe_dump(reply.model_dump(exclude={"text"}), sort_keys=False, allow_unicode=True)
            target.write_bytes(f"{_LINE}{header}{_LINE}{reply.text}".encode())
            written.append(target)
    return tuple(written)


def _read(path: Path) -> list[RecordedReply]:
    with plain_errors("read the recording", path):
        if path.is_dir():
            replies = [_read_file(file) for file in sorted(path.glob("*.md")) if file.name != "README.md"]
        elif path.suffix == ".jsonl":
            replies = _from_exchanges(path)
        else:
            replies = [_read_file(path)]
    if not replies:
        raise UsageError(f"{path} holds no recorded reply; name a folder of NNN-STEP.md files or an exchanges.jsonl")
    return replies


def _read_file(path: Path) -> RecordedReply:
    header, text = "", ""
    content = path.read_bytes().decode("utf-8", "replace")
    if content.startswith(_LINE) and content.count(_LINE) >= 2:
        header, text = content.removeprefix(_LINE).split(_LINE, 1)
    try:
        return RecordedReply.model_validate({**yaml.safe_load(header), "text": text})
    except (ValidationError, TypeError, yaml.YAMLError) as error:
        raise UsageError(f"{path} is no recorded reply (a YAML header between --- lines, then the reply)") from error


def _from_exchanges(path: Path) -> list[RecordedReply]:
    return [
        RecordedReply(
            step=exchange.step,
            key=exchange.key,
            model=exchange.model,
            seconds=exchange.seconds,
            usage=exchange.usage,
            text=exchange.reply,
        )
        for exchange in read_exchanges(path)
        if exchange.reply is not None
    ]
