"""The repository's modules as Python would find them: what imports what, and under which name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.requirements.imports import Import, Module, is_support, read_module
from sandbox.smoke.script import Script
from sandbox.tree import Tree

PACKAGED = ("pyproject.toml", "setup.py", "setup.cfg")
_TEST = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test)\.py$")
EXAMPLE_FOLDERS = frozenset({"examples", "example", "notebooks", "demos", "templates", "archive", "old", "legacy"})


def search_path(tree: Tree, script: str | None, *, as_module: bool = False) -> tuple[str, ...]:
    """The folders of the tree (`""` is its root) that are on `sys.path` when `script` runs.

    `python folder/x.py` puts `folder` first, `python -m` the root. A tree with packaging files would be
    installed by its users, so that its root, or its `src`, is importable from anywhere.
    """
    first = () if script is None else ("",) if as_module else (posixpath.dirname(script),)
    return tuple(dict.fromkeys((*first, *installed_path(tree))))


def installed_path(tree: Tree) -> tuple[str, ...]:
    """The folders that an editable install of the tree would put on `sys.path`; none without packaging files."""
    if not any(name in tree.files for name in PACKAGED):
        return ()
    has_src = any(path.startswith("src/") for path in tree.python_files()) and "src/__init__.py" not in tree.files
    return ("src", "") if has_src else ("",)


@dataclass(frozen=True)
class Modules:
    """The Python files of a tree, and what they import.

    Attributes:
        files: path -> what the file says of itself.
    """

    files: dict[str, Module]
    _found: dict[tuple[str, tuple[str, ...]], str | None] = field(default_factory=dict, repr=False)
    _only_imports: dict[str, bool] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, tree: Tree) -> Modules:
        """Read every Python file of `tree`, by parsing only."""
        return cls({path: read_module(path, tree.files[path]) for path in tree.python_files()})

    def find(self, name: str, folders: tuple[str, ...]) -> str | None:
        """The file of module `name` when `folders` are on `sys.path`."""
        key = (name, folders)
        if key not in self._found:
            stems = (posixpath.join(folder, *name.split(".")) for folder in folders)
            names = (path for stem in stems for path in (f"{stem}/__init__.py", f"{stem}.py"))
            self._found[key] = next((path for path in names if path in self.files), None)
        return self._found[key]

    def only_imports(self, path: str, tree: Tree) -> bool:
        """Whether the file `path` of `tree` holds imports and nothing else; parsed once, however many lines name it."""
        if path not in self._only_imports:
            self._only_imports[path] = Script.of(tree, path).only_imports
        return self._only_imports[path]

    def imported_by(self, path: str, folders: tuple[str, ...], *, needed: bool = False) -> frozenset[str]:
        """The files that `path` imports, parent packages included; with `needed` not those it can do without."""
        found: set[str] = set()
        for one in self.files[path].imports:
            if not (needed and one.guarded):
                found.update(self._targets(one, folders))
        return frozenset(found - {path})

    def reachable(self, path: str, folders: tuple[str, ...], *, needed: bool = False) -> tuple[str, ...]:
        """`path` and every file that it imports, directly or not, nearest first; `needed` as in `imported_by`."""
        order = [path]
        for current in order:
            order.extend(sorted(self.imported_by(current, folders, needed=needed) - set(order)))
        return tuple(order)

    def unresolved(self, path: str, folders: tuple[str, ...], *, as_module: bool = False) -> int:
        """How many imports of own modules, from `path` onwards, would not be found with these `folders`.

        A relative import in a file that runs as a script is one of them (`as_module`: it runs with `python -m`).
        """
        tops = {posixpath.basename(p).removesuffix(".py") for p in self.files} | {p.split("/")[0] for p in self.files}
        count = 0
        for current in self.reachable(path, folders):
            for one in self.files[current].imports:
                is_own = one.level == 0 and one.top in tops and not one.guarded
                count += is_own and self.find(one.top, folders) is None and not self._is_folder(one.top, folders)
                count += one.level > 0 and current == path and not (one.guarded or as_module)
        return count

    def name_of(self, path: str, folders: tuple[str, ...]) -> str | None:
        """The dotted name under which `path` is imported; None when no folder of `folders` leads to it."""
        for folder in folders:
            prefix = f"{folder}/" if folder else ""
            if not path.startswith(prefix):
                continue
            parts = path.removeprefix(prefix).removesuffix(".py").split("/")
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            if parts and all(part.isidentifier() for part in parts):
                return ".".join(parts)
        return None

    def _is_folder(self, top: str, folders: tuple[str, ...]) -> bool:
        prefixes = tuple(posixpath.join(folder, top) + "/" for folder in folders)
        return bool(prefixes) and any(path.startswith(prefixes) for path in self.files)

    def _targets(self, one: Import, folders: tuple[str, ...]) -> Iterator[str]:
        if one.level:
            base = one.file
            for _ in range(one.level):
                base = posixpath.dirname(base)
            folders = (base,)
            init = posixpath.join(base, "__init__.py")
            yield from (init,) if init in self.files else ()
        names = [one.module, *(f"{one.module}.{name}" for name in one.names)] if one.module else one.names
        for name in names:
            parts = name.split(".")
            for length in range(1, len(parts) + 1):
                if found := self.find(".".join(parts[:length]), folders):
                    yield found


def is_excluded(path: str) -> bool:
    """Tests, documentation, packaging, examples, templates: neither entry points nor modules that must import."""
    return is_support(path) or any(p.lower() in EXAMPLE_FOLDERS or "{{" in p for p in path.split("/")[:-1])


def is_test(path: str) -> bool:
    """Whether pytest would collect it."""
    return bool(_TEST.search(path))
