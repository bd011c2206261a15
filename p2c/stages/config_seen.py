"""What is made anew when `config.yaml` changes: what names a setting that is gone, and nothing else.

A note or a file does not read a setting that it does not name; a new one is read by nothing that was there before.
Configurations are compared by their outlines (`config_file.outline`), as code reads numbers when it runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import yaml

from p2c.stages.config_file import outline
from p2c.stages.context import Context

Key = tuple[str, ...]


def step(
    context: Context,
    name: str,
    inputs: Mapping[str, str],
    output: str,
    make: Callable[[], Mapping[str, str]],
    *,
    config: str,
    note: str = "",
    fresh: set[str] | None = None,
) -> str:
    """The text that a step makes and that is shown `config`, made or taken from the run folder.

    Args:
        context: whose run folder it is; why something is made anew is said there.
        name, inputs, output, make: as for `RunFolder.step`; `inputs` without the configuration.
        config: `config.yaml`.
        note: what was said of the output; what it names counts like what the output names.
        fresh: where settings are put that are new since the step was done.
    """
    now = outline(config)

    def fits(before: str, outputs: Mapping[str, str]) -> bool:
        if fresh is not None:
            fresh.update(added(before, now))
        text = f"{note}\n{outputs[output]}"
        lost = [key for key, words in gone(before, now).items() if named(text, words)]
        if lost:
            context.note(f"{name}: made anew, because it reads what config.yaml has no longer so: {', '.join(lost)}")
        return not lost

    return context.folder.step(name, inputs, (output,), make, seen=now, fits=fits)[output]


def say_unread(context: Context, fresh: Collection[str], sources: Iterable[str]) -> None:
    """Name those of the `fresh` settings that no file reads: as a string, an attribute, a parameter or a field."""
    text = "\n".join(sources)
    if unread := [key for key in sorted(fresh) if not _is_read(key.rpartition(".")[2], text)]:
        context.note(
            f"config.yaml has new settings that no file reads yet: {', '.join(unread)}; to have a file read them, "
            "delete analysis/FILE.md and code/FILE, and give the same command again"
        )


def gone(before: str, now: str) -> dict[str, Key]:
    """Settings of the outline `before` that `now` has not, or has with another kind of value or another word.

    Returns:
        Dotted name -> the parts of it that are gone (`picture.gap`: only `gap`, where `picture` still stands).
    """
    has = dict(_values(yaml.safe_load(now)))
    tops = {key[:depth] for key in has for depth in range(1, len(key) + 1)}
    found = {}
    for key, value in _values(yaml.safe_load(before)):
        if has.get(key) != value:
            left = max((depth for depth in range(1, len(key) + 1) if key[:depth] in tops), default=0)
            found[".".join(key)] = key[left:] or key[-1:]
    return found


def added(before: str, now: str) -> tuple[str, ...]:
    """The dotted names of the settings of the outline `now` that `before` has not."""
    had = {key for key, _ in _values(yaml.safe_load(before))}
    return tuple(".".join(key) for key, _ in _values(yaml.safe_load(now)) if key not in had)


def named(text: str, words: Key) -> bool:
    """Whether `text` has one of `words` as a word of its own."""
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in words)


def _is_read(name: str, text: str) -> bool:
    return bool(re.search(rf"[\"'.]{re.escape(name)}(?!\w)|(?<!\w){re.escape(name)}\s*:", text))


def _values(node: object, above: Key = ()) -> Iterator[tuple[Key, str]]:
    if isinstance(node, dict) and node:
        for name, value in node.items():
            yield from _values(value, (*above, str(name)))
    elif above:
        yield above, repr(node)
