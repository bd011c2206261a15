"""What a repository needs: imports and declarations to distributions, or a refusal that says why."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from packaging.requirements import Requirement as Line
from packaging.utils import canonicalize_name

from sandbox.requirements.declared import Declared, read_declared
from sandbox.requirements.imports import Import, Module, is_support, read_module
from sandbox.requirements.local import Local
from sandbox.requirements.names import (
    STANDARD_LIBRARY,
    Named,
    foreign,
    generic,
    implied,
    implied_by_attributes,
    implied_by_names,
    is_shared,
    lookup,
    well_known,
)
from sandbox.requirements.notebooks import read_notebook
from sandbox.system import Use, command_uses, is_known
from sandbox.tree import Tree
from sandbox.verdict import Refused, Requirement

SHORTEST = 4
"""Characters of an import name with which the name of a declared distribution may begin."""
MISSING_LOCAL = "missing local module"
UNKNOWN = (
    "no rule explains this import: no distribution that is known to provide it; "
    "it was not looked for on the index (allow it by name if it is meant)"
)
NOT_WELL_KNOWN = (
    "declared, but little known: only installed where it is imported and the index has had it for a year "
    "(or allow it by name)"
)
FOREIGN = "belongs to another interpreter, to Python 2 or to no package index"


@dataclass(frozen=True)
class Inference:
    """What a repository needs.

    Attributes:
        requirements: one for each distribution, by name.
        refused: imports and declared lines that are not installed, each with its reason.
        notes: what a reader should know besides.
        local: top-level names that are the repository's own modules.
        little_known: what is declared, imported and needed, but refused because it is little known.
        uses: imports and commands that may need something of the system; not those of tests and documentation.
    """

    requirements: tuple[Requirement, ...]
    refused: tuple[Refused, ...] = ()
    notes: tuple[str, ...] = ()
    local: frozenset[str] = frozenset()
    little_known: tuple[Requirement, ...] = ()
    uses: tuple[Use, ...] = ()


def infer(tree: Tree, allow: frozenset[str] = frozenset()) -> Inference:
    """Infer the requirements of `tree` by parsing only; nothing of it runs and no index is asked.

    Args:
        tree: the repository.
        allow: normalised names of distributions that may be installed although they are little known.
    """
    with _collector_paused():
        return _Inferring(tree, allow).run()


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Syntax trees have no cycles, but building them sets off the collector so often that it takes a quarter more."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _parts(found: Import) -> Iterator[Import]:
    """`from google.cloud import storage` means `google.cloud.storage` where distributions share the name `google`."""
    whole = lookup(found.module)
    taken = [f"{found.module}.{name}" for name in found.names] if is_shared(found.top) else []
    named = [module for module in taken if module in foreign() or lookup(module) not in (None, whole)]
    for module in named:
        yield replace(found, module=module, names=())
    if len(named) < len(found.names) or not found.names:
        yield found


class _Inferring:
    def __init__(self, tree: Tree, allow: frozenset[str]) -> None:
        self.tree = tree
        self.allow = frozenset(canonicalize_name(name) for name in allow)
        self.modules = {path: read_module(path, tree.files[path]) for path in tree.python_files()}
        self.local = Local(self.modules, frozenset(tree.files), lambda top: self._explain(top) is not None)
        self.notebooks = {path: read_notebook(path, tree.files[path]) for path in tree.files if path.endswith(".ipynb")}
        declarations = read_declared(tree)
        self.declared = {item.distribution: item for item in declarations.declared}
        self.refused: dict[tuple[str, str], Refused] = {}
        for line in declarations.refused:
            self.refused.setdefault((line.name, line.reason), line)
        self.notes = list(declarations.notes)
        self.needs: dict[str, Requirement] = {}
        self.own: set[str] = set()
        self.little_known: dict[str, Requirement] = {}
        self.uses: dict[tuple[str, bool], Use] = {}

    def run(self) -> Inference:
        unparsed = [path for path, module in self.modules.items() if not module.parsed]
        if unparsed:
            self.notes.append(f"imports read line by line, for it is no valid Python 3: {', '.join(unparsed)}")
        for module in self.modules.values():
            for found in module.imports:
                self._place(found)
        for cells in self.notebooks.values():
            for found in cells:
                self._place(found)
        for path, module in self.modules.items():
            self._implied_by_attributes(path, module)
        self._declared_only()
        self._undeclared()
        return Inference(
            tuple(sorted(self.needs.values(), key=lambda need: need.distribution)),
            tuple(sorted(self.refused.values(), key=lambda item: (item.name, item.file or "", item.line or 0))),
            tuple(dict.fromkeys(self.notes)),
            frozenset(self.own),
            tuple(self.little_known.values()),
            (*self.uses.values(), *self._commands()),
        )

    def _commands(self) -> Iterator[Use]:
        for path, content in self.tree.files.items():
            if path.endswith((".py", ".sh", ".bash")) and not is_support(path):
                yield from command_uses(path, content)

    def _uses(self, found: Import) -> None:
        """Keep the first place of what an import, that is not of an own module, may need of the system."""
        if is_known(found.module) and not is_support(found.file):
            use = Use("import", found.module, found.file, found.line, optional=found.guarded)
            self.uses.setdefault((found.module, found.guarded), use)

    def _place(self, found: Import) -> None:
        """Decide one import: own module, standard library, distribution, or refused."""
        if found.level or found.top not in STANDARD_LIBRARY:
            if found.level or self.local.owns(found):
                if not found.level:
                    self.own.add(found.top)
                missing = self.local.missing(found)
                if missing:
                    self._refuse(found, missing, MISSING_LOCAL)
                return
            explained = [self._place_published(part) for part in _parts(found)]
            if not all(explained):
                return
        self._uses(found)
        for line in implied(found.module):
            self._imply(line, found, optional=found.guarded)
        for line in implied_by_names(found.module, found.names):
            self._imply(line, found, optional=True)

    def _place_published(self, found: Import) -> bool:
        """Add the distribution of an import that is not the repository's own; False when it is refused."""
        named = self._explain(found.module)
        if named is None:
            self._refuse(found, *self._why_unknown(found))
            return False
        self._need(found, named)
        return True

    def _why_unknown(self, found: Import) -> tuple[str, str]:
        if found.top in generic():
            return found.module, MISSING_LOCAL
        if found.top in foreign() or found.module in foreign():
            return found.module, FOREIGN
        declared = self._declared_like(found.top)
        if declared is None:
            return found.top, UNKNOWN
        if not found.guarded:
            need = Requirement(
                distribution=declared.distribution,
                specifier=declared.specifier,
                modules=(found.top,),
                rule="declared",
                file=declared.file,
                line=declared.line,
            )
            self.little_known.setdefault(declared.distribution, need)
        return declared.distribution, NOT_WELL_KNOWN

    def _declared_like(self, top: str) -> Declared | None:
        """What the repository declares under the name of an import that no rule explains, or one that begins with it.

        `tirex-ts` is declared and `tirex` imported: that only says what may be meant, so it is looked into later.
        """
        name = canonicalize_name(top)
        exact = self.declared.get(name)
        if exact is not None or len(name) < SHORTEST:
            return exact
        alike = [
            item
            for item in self.declared.values()
            if item.primary and re.sub(r"^py(thon)?-", "", item.distribution).startswith(f"{name}-")
        ]
        return alike[0] if len(alike) == 1 else None

    def _explain(self, module: str) -> Named | None:
        """The distributions that may provide `module`, the repository's own choice among them first."""
        top = module.partition(".")[0]
        same = canonicalize_name(top)
        named, whole = lookup(module), lookup(top)
        if named and whole and named.candidates[0] == whole.candidates[0]:
            named = whole  # a part of the same distribution: whichever build of it is chosen brings both
        candidates = named.candidates if named else ()
        if top not in generic() and top not in foreign():
            if same in self.allow:
                return Named((same,), "allowed")
            if same in self.declared and same in well_known():
                candidates = (*candidates, same)
        alike = self._declared_like(top) if named is None and top not in generic() and top not in foreign() else None
        if alike and alike.distribution in well_known():
            return Named((alike.distribution,), "declared")
        chosen = next((name for name in candidates if name in self.declared), None)
        if chosen and (named is None or chosen in named.candidates):
            return Named((chosen,), "declared")
        return named

    def _need(self, found: Import, named: Named) -> None:
        name = named.candidates[0]
        self._add(
            Requirement(
                distribution=name,
                modules=(found.module,),
                rule=named.rule,
                file=found.file,
                line=found.line,
                optional=found.guarded,
            )
        )

    def _imply(self, line: str, found: Import, *, optional: bool) -> None:
        parsed = Line(line)
        self._add(
            Requirement(
                distribution=canonicalize_name(parsed.name),
                specifier=str(parsed.specifier),
                rule="implied",
                file=found.file,
                line=found.line,
                optional=optional,
            )
        )

    def _implied_by_attributes(self, path: str, module: Module) -> None:
        tops = frozenset(found.top for found in module.imports if not found.level)
        for name in implied_by_attributes(tops, module.attributes):
            self._add(Requirement(distribution=name, rule="implied", file=path, optional=True))

    def _add(self, need: Requirement) -> None:
        """Add a need, merged with what is known of its distribution; required beats optional."""
        declared = self.declared.get(need.distribution)
        if declared and not need.specifier:
            need = need.model_copy(update={"specifier": declared.specifier, "extras": declared.extras})
        known = self.needs.get(need.distribution)
        if known is not None:
            first, second = (need, known) if known.optional and not need.optional else (known, need)
            modules = tuple(sorted({*known.modules, *need.modules}))
            update = {"modules": modules, "specifier": first.specifier or second.specifier}
            if first.optional and is_support(first.file or "") and not is_support(second.file or ""):
                first = second
            need = first.model_copy(update=update)
        self.needs[need.distribution] = need

    def _declared_only(self) -> None:
        """Distributions that are declared but that no import names: plug-ins and back ends, or leftovers."""
        unused: list[str] = []
        for item in self.declared.values():
            if not item.primary or item.distribution in self.needs or self._covered(item):
                continue
            if item.distribution not in well_known() and item.distribution not in self.allow:
                refusal = Refused(
                    name=item.distribution, reason=NOT_WELL_KNOWN, file=item.file, line=item.line, optional=True
                )
                self.refused.setdefault((refusal.name, refusal.reason), refusal)
                continue
            unused.append(item.distribution)
            self._add(
                Requirement(
                    distribution=item.distribution, rule="declared", file=item.file, line=item.line, optional=True
                )
            )
        if unused:
            self.notes.append(f"declared but not imported: {', '.join(sorted(unused))}")

    def _undeclared(self) -> None:
        """What is imported and needed although the repository, which does declare, declares something else."""
        if not any(item.primary for item in self.declared.values()):
            return
        known = {*self.declared, *(part for item in self.refused.values() for part in re.split(r"[^\w.-]+", item.name))}
        undeclared = [
            f"{need.distribution} ({need.file}:{need.line})"
            for name, need in sorted(self.needs.items())
            if need.modules and not need.optional and name not in known and not self._covered_by(known, need)
        ]
        if undeclared:
            self.notes.append(f"imported but not declared: {', '.join(undeclared)}")

    @staticmethod
    def _covered_by(known: set[str], need: Requirement) -> bool:
        named = [found for module in need.modules if (found := lookup(module))]
        return any(name in known for found in named for name in found.candidates)

    def _covered(self, item: Declared) -> bool:
        """Whether another distribution that provides the same modules is needed already."""
        return any(
            item.distribution in named.candidates
            for need in self.needs.values()
            for module in need.modules
            if (named := lookup(module))
        )

    def _refuse(self, found: Import, name: str, reason: str) -> None:
        refusal = Refused(name=name, reason=reason, file=found.file, line=found.line, optional=found.guarded)
        known = self.refused.get((name, reason))
        if known is None:
            self.refused[name, reason] = refusal
        elif known.optional and not refusal.optional:
            self.refused[name, reason] = known.model_copy(update={"optional": False})
