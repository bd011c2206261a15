"""A file of the repository with the name of a package or of a standard module: imports find it in their place.

It is said only where the file is not what was meant: the import stands in that very file, in a library, or names a
distribution that the repository declares; or the name is the standard library's.
"""

from __future__ import annotations

import posixpath
import re

from sandbox.requirements.declared import read_declared
from sandbox.requirements.names import STANDARD_LIBRARY, lookup
from sandbox.traceback import WORKSPACE
from sandbox.tree import Tree
from sandbox.verdict import Failure

_SAID = re.compile(
    r"cannot import name '[^']*' from (?:partially initialized module )?'(?P<name>[\w.]+)'"
    r"|(?:partially initialized )?module '(?P<name2>[\w.]+)' has no attribute"
    r"|No module named '(?P<name3>\w+)\.[\w.]+'; '[\w.]+' is not a package"
)
_FILE = re.compile(rf"\({WORKSPACE}(?P<file>[^()]+)\)")


def shadowed(failure: Failure, tree: Tree) -> Failure:
    """`failure`, whose import or attribute failed, with a word on the file that stands in the way, if one does."""
    match = _SAID.search(failure.message)
    name = next((said for said in match.groups() if said), "").partition(".")[0] if match else ""
    own = _own_file(name, failure, tree) if name else None
    if own is None or not _is_meant_otherwise(name, own, failure, tree):
        return failure
    what = "the standard library's module" if name in STANDARD_LIBRARY else "the package"
    said = f"{own} of the repository stands in the way of {what} {name}; give it another name"
    return failure.model_copy(update={"message": f"{failure.message}: {said}"})


def _own_file(name: str, failure: Failure, tree: Tree) -> str | None:
    """The repository's file or package that answers to the top-level `name`."""
    named = _FILE.search(failure.message)
    folders = ["", *(posixpath.dirname(frame.file) for frame in failure.frames if frame.in_repository)]
    paths = [posixpath.join(folder, end) for folder in folders for end in (f"{name}.py", f"{name}/__init__.py")]
    return next((path for path in ([named["file"]] if named else paths) if path in paths and path in tree.files), None)


def _is_meant_otherwise(name: str, own: str, failure: Failure, tree: Tree) -> bool:
    importing = failure.frames[-1] if failure.frames else None
    if name in STANDARD_LIBRARY:
        return True
    found = lookup(name)
    if found is None or importing is None:
        return False
    declared = {one.distribution for one in read_declared(tree).declared}
    return not importing.in_repository or importing.file == own or bool(declared.intersection(found.candidates))
