"""Files to be deleted and renamed: done before the blocks, so that these may name the file by either name."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from p2c.repair.answer import Answer, Order
from p2c.repair.paths import Refused, checked, resolve
from p2c.repair.syntax import problem
from sandbox.tree import Tree


@dataclass(frozen=True)
class Settled:
    """The orders of an answer, carried out where they can be.

    Attributes:
        tree: the tree after them.
        orders: those that were not refused, with the paths of the tree.
        refused: the others, each with its reason.
        already: how many were carried out before.
        held: the paths that are both deleted and edited; nothing is done to them.
    """

    tree: Tree
    orders: tuple[Order, ...] = ()
    refused: tuple[tuple[Order, Refused], ...] = ()
    already: int = 0
    held: frozenset[str] = frozenset()

    @property
    def gone(self) -> tuple[str, ...]:
        """The paths that are no more."""
        return tuple(order.path for order in self.orders)

    def now(self, name: str) -> str:
        """The path that `name` means, as it is called after the orders."""
        path = resolve(name, (*self.tree.files, *self.gone))
        return next((order.to for order in self.orders if order.to and order.path == path), path)


def settle(tree: Tree, answer: Answer) -> Settled:
    """The orders of `answer` carried out on `tree`."""
    edited = {resolve(path, tree.files) for path in answer.edited}
    now, done, refused, already, held = tree, [], [], 0, set()
    for given in dict.fromkeys(answer.orders):
        order = Order(resolve(given.path, tree.files), _target(given.to))
        if order in done:
            continue
        if _was_done(order, now):
            already += 1
            continue
        reason = _objection(order, now)
        if order.to is None and order.path in edited:
            reason = f"`{order.path}` is deleted and edited in the same answer; say which of the two"
            held.add(order.path)
        if reason:
            refused.append((given, Refused(reason)))
        else:
            now = _carried_out(now, order)
            done.append(order)
    return Settled(now, tuple(done), tuple(refused), already, frozenset(held))


def where_kept(tree: Tree, settled: Settled, refused: Set[str]) -> Tree:
    """`tree` with the orders carried out, but for the renaming of a file of which an edit was refused."""
    for order in settled.orders:
        if order.to not in refused or order.to is None:
            tree = _carried_out(tree, order) if order.path in tree.files else tree
    return tree


def _target(to: str | None) -> str | None:
    return to.replace("\\", "/").removeprefix("/workspace/").removeprefix("./") if to else None


def _was_done(order: Order, tree: Tree) -> bool:
    return order.path not in tree.files and order.to is not None and order.to in tree.files


def _objection(order: Order, tree: Tree) -> str:
    source = checked(order.path, tree)
    if isinstance(source, Refused):
        return source.reason
    if order.path not in tree.files:
        return f"`{order.path}` does not exist"
    if order.to is None:
        return ""
    if order.to in tree.files:
        return f"`{order.to}` exists already; edit it, and DELETE `{order.path}`, where one of the two is enough"
    target = checked(order.to, tree.changed({order.path: None}))
    if isinstance(target, Refused):
        return target.reason
    content = tree.files[order.path]
    trouble = None if problem(order.path, content) else problem(order.to, content)
    return f"`{order.path}` does not parse under the name `{order.to}` ({trouble.message})" if trouble else ""


def _carried_out(tree: Tree, order: Order) -> Tree:
    if order.to is None:
        return tree.changed({order.path: None})
    moved = tree.changed({order.path: None, order.to: tree.files[order.path]})
    runs = {order.to} if order.path in tree.executable else set()
    return Tree(moved.files, moved.executable | runs, moved.skipped)
