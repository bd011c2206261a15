"""Which imports mean the repository's own modules, and which of those are missing."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sandbox.requirements.imports import Import, Module

_SUFFIXES = (".py", ".pyx", ".pyi", ".so", ".pyd")
_SOURCE_ROOTS = ("", "src", "lib", "python")


@dataclass(frozen=True)
class Local:
    """The modules of one repository.

    Attributes:
        modules: path of each Python file -> what it says of itself.
        files: all paths of the repository.
        third_party: whether a top-level name is a published distribution's, by the maps.
    """

    modules: Mapping[str, Module]
    files: frozenset[str]
    third_party: Callable[[str], bool]
    folders: frozenset[str] = field(init=False)
    inserted: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        folders = {""}
        for path in self.modules:
            while path:
                path = posixpath.dirname(path)  # noqa: PLW2901 - walking up from the file
                folders.add(path)
        object.__setattr__(self, "folders", frozenset(folders))
        object.__setattr__(self, "inserted", tuple(dict.fromkeys(self._inserted())))

    def owns(self, found: Import) -> bool:
        """Whether an absolute import names a module of the repository.

        A regular module beside the importer or in a root of the sources is the repository's, unless it
        lacks what is imported and a published distribution of that name exists. A module elsewhere, or a
        folder without `__init__.py` (which an installed package would win over), is the repository's only
        when it has what is imported or no such distribution is known.
        """
        published = self.third_party(found.top)
        for root, near in self._roots(found.file):
            base = posixpath.join(root, found.top)
            regular = self._is_module(base) and base + ".py" != found.file
            if not regular and base not in self.folders:
                continue
            has = self._has(base, found)
            if has or (has is None and (near or not published) and regular) or not published:
                return True
        return not published and self._anywhere(found.top)

    def missing(self, found: Import) -> str | None:
        """The dotted name that a relative import, or one of an own package, asks for and that is not there."""
        if found.level:
            return self._missing_relative(found)
        for root, near in self._roots(found.file):
            base = posixpath.join(root, found.top)
            if near and (self._is_package(base) or base in self.folders):
                return None if self._has(base, found, strict=False) is not False else found.module
        return None

    def _missing_relative(self, found: Import) -> str | None:
        folder = posixpath.dirname(found.file)
        for _ in range(found.level - 1):
            if not folder:
                return "." * found.level + found.module
            folder = posixpath.dirname(folder)
        target = posixpath.join(folder, *found.module.split(".")) if found.module else folder
        if found.module:
            return None if self._is_module(target) or target in self.folders else "." * found.level + found.module
        init = self.modules.get(posixpath.join(folder, "__init__.py"))
        known = init.defines if init else frozenset[str]()
        for name in found.names:
            there = name in known or "*" in known or name == "*" or name.startswith("__")
            if not there and not self._exists(posixpath.join(folder, name)):
                return "." * found.level + name
        return None

    def _has(self, base: str, found: Import, *, strict: bool = True) -> bool | None:
        """Whether the module at `base` has what is imported of it; None when nothing tells."""
        parts = found.module.split(".")[1:]
        target = posixpath.join(base, *parts)
        if parts:
            parent = self.modules.get(posixpath.join(posixpath.dirname(target), "__init__.py"))
            if self._exists(target):
                return True
            bound = parent is not None and ({parts[-1], "*"} & parent.defines)
            return None if bound else False
        if not found.names or found.names == ("*",):
            return None
        module = self.modules.get(target + ".py") or self.modules.get(target + "/__init__.py")
        defines = module.defines if module else frozenset[str]()
        if any(name in defines or self._exists(posixpath.join(target, name)) for name in found.names):
            return True
        return None if "*" in defines or not strict else False

    def _roots(self, file: str) -> Iterator[tuple[str, bool]]:
        """Folders that may be on `sys.path` for `file`, and whether they surely are."""
        own = posixpath.dirname(file)
        module = self.modules.get(file)
        script = module is not None and module.main
        yield own, script or not self._is_package(own)
        for root in _SOURCE_ROOTS:
            if root in self.folders and root != own:
                yield root, True
        for root in self.inserted:
            yield root, True
        while own:
            own = posixpath.dirname(own)
            if own:
                yield own, False

    def _inserted(self) -> Iterator[str]:
        for path, module in sorted(self.modules.items()):
            own = posixpath.dirname(path)
            for folder in module.paths:
                for base in (own, ""):
                    root = posixpath.normpath(posixpath.join(base, folder))
                    root = "" if root == "." else root
                    if root in self.folders:
                        yield root

    def _anywhere(self, top: str) -> bool:
        return any(self._is_module(posixpath.join(folder, top)) for folder in self.folders)

    def _is_package(self, base: str) -> bool:
        return posixpath.join(base, "__init__.py") in self.files

    def _is_module(self, base: str) -> bool:
        return self._is_package(base) or any(base + suffix in self.files for suffix in _SUFFIXES)

    def _exists(self, base: str) -> bool:
        return self._is_module(base) or base in self.folders
