"""What a repository declares to need, of what it imports: a line that a run here could do without is needed elsewhere.

The sandbox infers what is imported and not declared, so that every run passes without the line; whoever installs the
repository by its own files gets an environment in which it fails.
"""

from __future__ import annotations

from sandbox.requirements import infer
from sandbox.requirements.declared import read_declared
from sandbox.tree import Tree


def no_longer_declared(whole: Tree, part: Tree) -> tuple[str, ...]:
    """Distributions that `whole` declares for a module that `part` imports as well, and that `part` does not declare.

    Args:
        whole, part: a repository after all of a repair, and after a part of it.
    """
    lost = _declared(whole) - _declared(part)
    if not lost:
        return ()
    found = infer(part)
    imported = {module for need in found.requirements for module in need.modules}
    imported.update(refused.name for refused in found.refused)
    needs = {need.distribution: need.modules for need in infer(whole).requirements}
    return tuple(sorted(name for name in lost if imported.intersection(needs.get(name, ()))))


def _declared(tree: Tree) -> frozenset[str]:
    """Normalised names; what only the documentation tells a reader to install is no declaration."""
    return frozenset(one.distribution for one in read_declared(tree).declared if one.rule == "declared")
