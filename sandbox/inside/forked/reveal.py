"""Preloaded modules stay out of sight until the program imports one of them.

So `sys.modules` holds what it holds in any new interpreter, a submodule that nobody imported is no attribute of its
package, and what a module prints when it is imported appears when it is imported.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class Piece:
    """Modules that appear together: a preloaded package, or what else came with it.

    Attributes:
        name: of the package.
        output, errors: what was written to standard output and standard error when it was imported.
        variables: environment variables that it set.
        modules: those that came into `sys.modules`, in that order.
        needs: what appears before it, because it was imported in its course.
    """

    def __init__(self, name: str, output: bytes, errors: bytes, variables: dict[str, str]) -> None:
        self.name = name
        self.output = output
        self.errors = errors
        self.variables = variables
        self.modules: dict[str, ModuleType] = {}
        self.needs: list[Piece] = []

    def owns(self, module: str) -> bool:
        """Whether a module is of its package."""
        return module == self.name or module.startswith(self.name + ".")


class Hidden:
    """A finder and loader of modules that are there already.

    Args:
        visible: names in `sys.modules` that are no business of ours.
    """

    def __init__(self, visible: set[str]) -> None:
        self.telling = False
        """Whether what a piece wrote is written when it appears."""
        self._visible = visible
        self._pieces: list[Piece] = []
        self._seen: list[Piece] = []
        """Those that appeared, in that order."""
        self._attributes: list[tuple[ModuleType, str, ModuleType]] = []
        sys.meta_path.insert(0, self)

    def hide(self, piece: Piece) -> None:
        """Take the modules that have come with `piece` out of `sys.modules` and off their packages."""
        known = {name for one in self._pieces for name in one.modules} | self._visible
        new = {name: module for name, module in list(sys.modules.items()) if name not in known}
        others = Piece("", b"", b"", {})
        others.modules = {name: module for name, module in new.items() if not piece.owns(name)}
        others.needs = list(self._seen)
        piece.modules = {name: module for name, module in new.items() if piece.owns(name)}
        piece.needs = [*self._seen, others]
        self._pieces += [others, piece]
        self.cover()

    def cover(self) -> None:
        """Hide again all that has appeared."""
        self._seen.clear()
        hidden = [(name, module) for one in self._pieces for name, module in one.modules.items()]
        for name, _ in hidden:
            sys.modules.pop(name, None)
        self._attributes = [*self._loose(hidden), *self._attributes]

    def _loose(self, hidden: list[tuple[str, ModuleType]]) -> list[tuple[ModuleType, str, ModuleType]]:
        """Take hidden modules off the packages that can still be seen."""
        found = []
        for name, module in hidden:
            package, _, last = name.rpartition(".")
            parent = sys.modules.get(package)
            if parent is not None and vars(parent).get(last) is module:
                delattr(parent, last)
                found.append((parent, last, module))
        return found

    def modules(self) -> set[str]:
        """Names of all that is hidden."""
        return {name for piece in self._pieces for name in piece.modules}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's own spec, but with this loader; None for a module that is not hidden."""
        piece = next((piece for piece in self._pieces if name in piece.modules), None)
        if piece is None or piece in self._seen:
            return None
        module = piece.modules[name]
        own = getattr(module, "__spec__", None)
        spec: ModuleSpec = type(sys.__spec__)(name, self, origin=own and own.origin)  # type: ignore[arg-type]
        if own is not None:
            spec.submodule_search_locations = own.submodule_search_locations
            spec.cached = own.cached
            spec.has_location = own.has_location
        spec.loader_state = (piece, module, own)
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module that is there; it and all that belongs to it can be seen from now on."""
        piece, module, _ = spec.loader_state
        self._reveal(piece)
        found: ModuleType = module
        return found

    def exec_module(self, module: ModuleType) -> None:
        """It was executed before; the spec that the import machinery has just set goes again."""
        spec = module.__spec__
        if spec is not None and isinstance(spec.loader, Hidden):
            module.__spec__ = spec.loader_state[2]

    def _reveal(self, piece: Piece) -> None:
        for one in [*piece.needs, piece]:
            if one in self._seen:
                continue
            sys.modules.update(one.modules)
            self._seen.append(one)
            for parent, name, module in self._attributes:
                if one.modules.get(f"{parent.__name__}.{name}") is module:
                    setattr(parent, name, module)
            os.environ.update(one.variables)
            for stream, fd, said in ((sys.stdout, 1, one.output), (sys.stderr, 2, one.errors)):
                if said and self.telling:
                    stream.flush()
                    os.write(fd, said)
