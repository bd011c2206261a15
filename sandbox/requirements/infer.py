"""What a repository needs: imports and declarations to distributions, or a refusal that says why."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from packaging.utils import canonicalize_name

from sandbox.requirements.declared import read_declared
from sandbox.requirements.differences import undeclared, unused
from sandbox.requirements.explain import Explainer, parts
from sandbox.requirements.imports import Import, Module, is_support, read_module
from sandbox.requirements.inference import FOREIGN, MISSING_LOCAL, NOT_WELL_KNOWN, UNKNOWN, Inference
from sandbox.requirements.local import Local
from sandbox.requirements.names import (
    STANDARD_LIBRARY,
    foreign,
    generic,
    implied,
    implied_by_attributes,
    implied_by_names,
    well_known,
)
from sandbox.requirements.needs import Needs
from sandbox.requirements.notebooks import read_notebook
from sandbox.requirements.windows import with_windows
from sandbox.system import Use, command_uses, is_known
from sandbox.tree import Tree
from sandbox.verdict import Refused, Requirement


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


class _Inferring:
    def __init__(self, tree: Tree, allow: frozenset[str]) -> None:
        self.tree = tree
        declarations = read_declared(tree)
        self.declared = {item.distribution: item for item in declarations.declared}
        self.explainer = Explainer(self.declared, frozenset(canonicalize_name(name) for name in allow))
        self.modules = {path: read_module(path, tree.files[path]) for path in tree.python_files()}
        self.local = Local(self.modules, frozenset(tree.files), lambda top: self.explainer.explain(top) is not None)
        self.notebooks = {path: read_notebook(path, tree.files[path]) for path in tree.files if path.endswith(".ipynb")}
        self.refused: dict[tuple[str, str], Refused] = {}
        for line in declarations.refused:
            self.refused.setdefault((line.name, line.reason), line)
        self.notes = list(declarations.notes)
        self.needs = Needs(self.declared)
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
        self._compare()
        uses = (*self.uses.values(), *self._commands())
        return Inference(
            tuple(sorted(with_windows(self.needs.found.values(), uses), key=lambda need: need.distribution)),
            tuple(sorted(self.refused.values(), key=lambda item: (item.name, item.file or "", item.line or 0))),
            tuple(dict.fromkeys(self.notes)),
            frozenset(self.own),
            tuple(self.little_known.values()),
            uses,
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
            explained = [self._place_published(part) for part in parts(found)]
            if not all(explained):
                return
        self._uses(found)
        for line in implied(found.module):
            self.needs.imply(line, found, optional=found.guarded)
        for line in implied_by_names(found.module, found.names):
            self.needs.imply(line, found, optional=True)

    def _place_published(self, found: Import) -> bool:
        """Add the distribution of an import that is not the repository's own; False when it is refused."""
        named = self.explainer.explain(found.module)
        if named is None:
            self._refuse(found, *self._why_unknown(found))
            return False
        self.needs.need(found, named)
        return True

    def _why_unknown(self, found: Import) -> tuple[str, str]:
        if found.top in generic():
            return found.module, MISSING_LOCAL
        if found.top in foreign() or found.module in foreign():
            return found.module, FOREIGN
        declared = self.explainer.declared_like(found.top)
        if declared is None:
            return found.top, UNKNOWN
        if not found.guarded:
            need = Requirement(
                distribution=declared.distribution,
                specifier=declared.specifier,
                modules=(found.top,),
                rule=declared.rule,
                file=declared.file,
                line=declared.line,
            )
            self.little_known.setdefault(declared.distribution, need)
        return declared.distribution, NOT_WELL_KNOWN

    def _implied_by_attributes(self, path: str, module: Module) -> None:
        tops = frozenset(found.top for found in module.imports if not found.level)
        for name in implied_by_attributes(tops, module.attributes):
            self.needs.add(Requirement(distribution=name, rule="implied", file=path, optional=True))

    def _compare(self) -> None:
        """What only declarations or only imports name; the former is installed where it is well known."""
        left: list[str] = []
        for item in unused(self.declared.values(), self.needs.found):
            name = item.distribution
            if name not in well_known() and name not in self.explainer.allow:
                refusal = Refused(name=name, reason=NOT_WELL_KNOWN, optional=True, file=item.file, line=item.line)
                self.refused.setdefault((name, NOT_WELL_KNOWN), refusal)
                continue
            left.append(name)
            self.needs.add(
                Requirement(distribution=name, rule="declared", optional=True, file=item.file, line=item.line)
            )
        if left:
            self.notes.append(f"declared but not imported: {', '.join(sorted(left))}")
        lacking = undeclared(self.declared, self.needs.found, self.refused.values())
        if lacking:
            places = (f"{need.distribution} ({need.file}:{need.line})" for need in lacking)
            self.notes.append(f"imported but not declared: {', '.join(places)}")
        told = [need for need in self.needs.found.values() if need.rule == "documented"]
        if told:
            items = (self.declared[need.distribution] for need in told)
            named = sorted(f"{item.distribution} ({item.file}:{item.line})" for item in items)
            self.notes.append(f"nothing declares it, and the documentation has it installed: {', '.join(named)}")

    def _refuse(self, found: Import, name: str, reason: str) -> None:
        refusal = Refused(name=name, reason=reason, file=found.file, line=found.line, optional=found.guarded)
        known = self.refused.get((name, reason))
        if known is None:
            self.refused[name, reason] = refusal
        elif known.optional and not refusal.optional:
            self.refused[name, reason] = known.model_copy(update={"optional": False})
