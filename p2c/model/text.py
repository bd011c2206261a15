"""Making a model's raw text usable: reasoning out, characters that no file can hold out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NAMES = r"(?:seed:)?(?:think|thinking|thought|thoughts|reasoning|reflection|scratchpad)"
_TOKEN = re.compile(
    rf"""(?P<fence>^[ ]{{0,3}}(?:`{{3,}}|~{{3,}}))
    | (?P<open><{_NAMES}(?:\s[^<>\n]{{0,80}})?> | \[THINK\] | ◁think▷ | <\|begin_of_thought\|>)
    | (?P<close></{_NAMES}> | \[/THINK\] | ◁/think▷ | <\|end_of_thought\|>)""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_SPACE = re.compile(r"\s*")
_REST_OF_LINE = re.compile(r"[^\S\n]*(?:\n|\Z)")
_CHANNELS = re.compile(r"\s*<\|(?:start|channel)\|>")
_FINAL = re.compile(r"<\|channel\|>\s*final\b[^<]{0,80}(?:<\|constrain\|>[^<]{0,80})?<\|message\|>")
_ANSWER_ENDS = re.compile(r"<\|(?:return|end|start|channel)\|>")

_END_TOKENS = re.compile(
    r"(?:\s*(?:<\|(?:im_end|eot_id|eom_id|endoftext|end_of_text|end)\|>|</s>|<end_of_turn>|<\uff5cend▁of▁sentence\uff5c>))+\s*\Z"
)


def clean(text: str) -> str:
    """`text` without NUL and byte order mark, with surrogate pairs joined; a lone surrogate becomes U+FFFD."""
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\0", "").removeprefix("\ufeff")


def without_end_tokens(text: str) -> str:
    """`text` without the tokens behind it that end an answer; servers with a wrong template let them through."""
    return text[:-200] + _END_TOKENS.sub("", text[-200:])


def without_reasoning(text: str) -> str:
    """`text` without the model's reasoning between tags such as `<think>` and `</think>`.

    Removed are blocks before the first code fence that begin a line, a block that is never closed (all that
    follows it is reasoning), and, where only a closing tag is seen (chat templates put the opening one into the
    prompt), everything before it. Tags inside a code fence are content and stay. Of an answer in gpt-oss's channels
    the final one is kept.
    """
    if _CHANNELS.match(text):
        return _final_channel(text)
    reading = _Reading(text)
    for token in _TOKEN.finditer(text):
        reading.take(token)
    return reading.rest()


def _final_channel(text: str) -> str:
    finals = list(_FINAL.finditer(text))
    if not finals:
        return ""
    start = finals[-1].end()
    end = _ANSWER_ENDS.search(text, start)
    return text[start : end.start() if end else len(text)]


@dataclass
class _Reading:
    """One pass over a text: `kept` and what follows `start` is answer so far."""

    text: str
    kept: list[str] = field(default_factory=list)
    start: int = 0
    thinking: bool = False
    nested: int = 0
    """Opening tags inside the block, and after it: as many closing tags more may belong to it."""
    fence: str = ""
    seen_fence: bool = False

    def take(self, token: re.Match[str]) -> None:
        if self.thinking:
            self._inside(token)
        elif token["fence"]:
            self._fence(token)
        elif self.fence:
            return
        elif token["open"]:
            if not self.seen_fence and self._begins_line(token.start()):
                self.kept.append(self.text[self.start : token.start()])
                self.thinking, self.nested = True, 0
        elif self.nested and not self.seen_fence and self.text[token.end() : token.end() + 1]:
            self.nested -= 1
            self._go_on_behind(token)
        elif self._is_alone(token):
            self.kept.clear()
            self._go_on_behind(token)

    def rest(self) -> str:
        """What is left when all tokens have been taken."""
        if self.thinking:
            return "".join(self.kept).rstrip()
        answer = "".join((*self.kept, self.text[self.start :]))
        return answer.lstrip("\n") if self.start else answer

    def _inside(self, token: re.Match[str]) -> None:
        if token["open"]:
            self.nested += 1
        elif token["close"]:
            self.thinking = False
            self._go_on_behind(token)

    def _fence(self, token: re.Match[str]) -> None:
        mark = token["fence"].lstrip(" ")
        self.seen_fence = True
        if not self.fence:
            self.fence = mark
        elif mark.startswith(self.fence) and _REST_OF_LINE.match(self.text, token.end()):
            self.fence = ""

    def _go_on_behind(self, token: re.Match[str]) -> None:
        behind = _SPACE.match(self.text, token.end())
        self.start = behind.end() if behind else token.end()

    def _begins_line(self, position: int) -> bool:
        while position > self.start and self.text[position - 1].isspace() and self.text[position - 1] != "\n":
            position -= 1
        return position == self.start or self.text[position - 1] == "\n"

    def _is_alone(self, closing: re.Match[str]) -> bool:
        """Whether a closing tag without an opening one ends a reasoning that the prompt's template began."""
        ends_line = _REST_OF_LINE.match(self.text, closing.end()) is not None
        return self._begins_line(closing.start()) or ends_line
