"""What is installed for generated code has a reason in the code: requirements that none explains are left out.

The model wrote imports and requirements alike, and what it read may have told it to: its requirement is no witness for
its import. So what no import explains goes, and what is little known goes unless the user allows it by name
(`sandbox/requirements` refuses an import that nothing explains).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from packaging.utils import canonicalize_name

from sandbox.requirements import Inference, infer
from sandbox.tree import Tree

REQUIREMENTS = "requirements.txt"
_UNUSED = "no import of the code explains it; --allow {name} if it is meant"
_LITTLE_KNOWN = "it is little known, and the model that imports it also required it; --allow {name} if it is meant"
_COMPANIONS: Mapping[str, frozenset[str]] = {
    "accelerate": frozenset({"diffusers", "peft", "transformers"}),
    "h5py": frozenset({"keras", "tensorflow"}),
    "html5lib": frozenset({"beautifulsoup4", "pandas"}),
    "imageio-ffmpeg": frozenset({"imageio", "moviepy"}),
    "kaleido": frozenset({"plotly"}),
    "lxml": frozenset({"beautifulsoup4", "pandas"}),
    "openpyxl": frozenset({"pandas"}),
    "protobuf": frozenset({"transformers"}),
    "pyarrow": frozenset({"pandas"}),
    "sentencepiece": frozenset({"transformers"}),
    "soundfile": frozenset({"datasets", "torchaudio"}),
    "tensorflow": frozenset({"keras", "transformers"}),
    "tiktoken": frozenset({"transformers"}),
    "torch": frozenset({"diffusers", "keras", "transformers"}),
    "xlrd": frozenset({"pandas"}),
}
"""What code uses without importing it: distribution -> those that do their work with it where it is there.

From the optional dependencies that each of them documents.
"""
_NOTHING = b"# nothing but Python's standard library\n"
_HEADER = re.compile(rb"^# /// script[ \t]*\r?\n(?:#.*\n)*?# ///[ \t]*\r?\n", re.MULTILINE)


@dataclass(frozen=True)
class _Line:
    """One declaration that is left out."""

    file: str
    line: int
    name: str
    why: str


def explained(tree: Tree, allow: Collection[str] = ()) -> tuple[Tree, tuple[str, ...]]:
    """`tree` without the requirements that its code does not explain, and a note on each that is left out.

    Other files that declare such a distribution (pyproject.toml, setup.py, environment.yml) are left out as a whole,
    and so is the header of a script that does (PEP 723): what is installed is said in requirements.txt alone.

    Args:
        tree: the repository as generated.
        allow: names of distributions that the user allows.
    """
    allowed = frozenset(canonicalize_name(name) for name in allow)
    notes: list[str] = []
    while True:  # of what several files declare, one is seen at a time
        left_out = sorted(
            set(_unexplained(tree, infer(tree, allowed), allowed)), key=lambda one: (one.file, one.line, one.name)
        )
        changes: dict[str, bytes | None] = {}
        for one in left_out:
            if one.file == REQUIREMENTS:
                changes[one.file] = _without(tree.files[one.file], {o.line for o in left_out if o.file == one.file})
                notes.append(f"{one.file}: {one.name} is left out: {one.why}")
            elif one.file.endswith(".py") and PurePosixPath(one.file).name != "setup.py":
                changes[one.file] = _HEADER.sub(b"", tree.files[one.file])
                notes.append(f"{one.file}: its header is left out, for it declares {one.name}: {one.why}")
            else:
                changes[one.file] = None
                notes.append(f"{one.file} is left out, for it declares {one.name}: {one.why}")
        left = tree.changed(changes)
        if left.digest() == tree.digest():
            return tree, tuple(dict.fromkeys(notes))
        tree = left


def _unexplained(tree: Tree, found: Inference, allowed: Collection[str]) -> Iterator[_Line]:
    little_known = {one.distribution for one in found.little_known}
    for one in found.little_known:
        if one.rule == "documented":
            continue  # a README may name what it likes; the sandbox installs nothing little known for it
        yield _Line(one.file or "", one.line or 0, one.distribution, _LITTLE_KNOWN.format(name=one.distribution))
    imported = {need.distribution for need in found.requirements if need.modules}
    for need in found.requirements:
        if _COMPANIONS.get(need.distribution, frozenset()) & imported:
            continue
        if need.rule == "declared" and not need.modules and need.distribution not in allowed:
            yield _Line(need.file or "", need.line or 0, need.distribution, _UNUSED.format(name=need.distribution))
    for item in found.refused:
        if item.file and item.name not in little_known and _is_declaration(tree, item.file, item.line or 0):
            yield _Line(item.file, item.line or 0, item.name, item.reason)


def _is_declaration(tree: Tree, file: str, line: int) -> bool:
    """Whether this line (from 1) of `file` declares requirements; in code it else imports something."""
    if not file.endswith((".py", ".ipynb")) or PurePosixPath(file).name == "setup.py":
        return True
    content = tree.files[file]
    spans = (
        (content.count(b"\n", 0, one.start()), content.count(b"\n", 0, one.end())) for one in _HEADER.finditer(content)
    )
    return any(before < line <= last for before, last in spans)


def _without(content: bytes, lines: Collection[int]) -> bytes:
    """A requirements file without these lines (from 1)."""
    kept = [
        line
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(True), 1)
        if number not in lines
    ]
    return "".join(kept).encode() if "".join(kept).strip() else _NOTHING
