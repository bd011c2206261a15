"""`p2c clean`: what p2c keeps on this machine, and its removal by last use."""

from __future__ import annotations

import json
import time
from contextlib import closing
from typing import Any

import click
import docker
from rich.console import Console
from rich.table import Table
from rich.text import Text

from p2c.cli.size import Size, size
from p2c.report.plain import plain
from sandbox.cleaning import Holdings, Plan, look, plan, remove
from sandbox.cleaning.holdings import KINDS, Item
from sandbox.engine import connect, reap_dead
from sandbox.setup.image import find_image
from sandbox.setup.scratch import sweep_scratch
from sandbox.store import Store
from sandbox.words import counted

NAMES = {
    "environment": "environments",
    "package": "uv's unpacked packages",
    "wheel": "wheels built here",
    "image": "images",
    "cache": "the cache folder",
}


@click.command()
@click.option("--budget", type=Size(), default="10g", show_default=True, help="So much may stay, for example 2g.")
@click.option("--all", "everything", is_flag=True, help="Keep nothing but what a live process uses.")
@click.option("--dry-run", is_flag=True, help="Show what would go, remove nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
@click.option("-q", "--quiet", is_flag=True, help="Only the sizes before and after, in one line.")
def command(budget: int, everything: bool, dry_run: bool, as_json: bool, quiet: bool) -> int:
    """Make room: remove what p2c keeps, the least recently used first, until BUDGET is kept to.

    Environments, packages that uv has unpacked, images and caches count, each file once, however often it is linked.
    Superseded images and what builds left go in any case. What a live process uses stays, and what is not p2c's is
    never touched.

    Exit status: 0 within the budget, 1 what must stay is larger than that, 2 bad usage, 3 infrastructure.
    """
    with closing(connect()) as client:
        store = _store(client)
        if not dry_run:
            reap_dead(client)
            sweep_scratch()
            if store is not None:
                store.reap()
        holdings = look(client, store)
        chosen = plan(holdings, 0 if everything else budget, everything=everything)
        stay = () if dry_run else remove(client, store, chosen.doomed)
        after = holdings.left({item.holder for item in chosen.doomed if item not in stay})
        if store is not None:
            store.close()
    fits = everything or after <= budget
    if as_json:
        click.echo(json.dumps(_entries(holdings, chosen, stay, after, fits=fits, dry_run=dry_run), indent=2))
    else:
        _show(holdings, chosen, stay, after, quiet=quiet, dry_run=dry_run)
        if not fits:
            click.echo(f"What must stay is larger than {size(budget)}: end the processes that use it, or use --all.")
    return 0 if fits else 1


def _store(client: docker.DockerClient) -> Store | None:
    found = find_image(client)
    return Store(client, found) if found else None


def _entries(
    holdings: Holdings, chosen: Plan, stay: tuple[Item, ...], after: int, *, fits: bool, dry_run: bool
) -> dict[str, Any]:
    def entry(item: Item) -> dict[str, Any]:
        return {"kind": item.kind, "name": item.name, "title": item.title, "used": item.used}

    return {
        "dry_run": dry_run,
        "before": holdings.left(),
        "after": after,
        "fits": fits,
        "removed": [entry(item) for item in chosen.doomed if item not in stay],
        "in_use": [entry(item) | {"why": item.stays or "begun to be used"} for item in _staying(holdings, stay)],
        "kinds": {kind: {"items": len(holdings.of(kind)), "bytes": _takes(holdings, kind)} for kind in KINDS},
        "notes": list(holdings.notes),
    }


def _staying(holdings: Holdings, stay: tuple[Item, ...]) -> tuple[Item, ...]:
    return tuple(item for item in holdings.items if item.stays or item in stay)


def _takes(holdings: Holdings, kind: str) -> int:
    """Bytes that all items of one kind hold, shared ones too."""
    return sum(size for who, size in holdings.shares.items() if any(one.startswith(f"{kind}:") for one in who))


def _show(holdings: Holdings, chosen: Plan, stay: tuple[Item, ...], after: int, *, quiet: bool, dry_run: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    gone = [item for item in chosen.doomed if item not in stay]
    if not quiet:
        console.print(_table(holdings, gone))
        for item in (one for one in gone if one.kind != "cache"):
            console.print(Text.assemble((f"  {'would go' if dry_run else 'removed'}  ", "dim"), _line(item)))
        for item in _staying(holdings, stay):
            console.print(Text.assemble(("  stays    ", "dim"), _line(item), f": {item.stays or 'it is in use since'}"))
        for note in holdings.notes:
            console.print(f"  {note}", markup=False)
    freed = holdings.left() - after
    verb = "would be" if dry_run else "is"
    console.print(f"{size(holdings.left())} before, {size(after)} after; {size(freed)} {verb} freed.", markup=False)


def _table(holdings: Holdings, gone: list[Item]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("kept", "items", "takes", "goes"):
        table.add_column(title, justify="left" if title == "kept" else "right", header_style="dim")
    for kind in KINDS:
        leaving = sum(item.kind == kind for item in gone)
        table.add_row(NAMES[kind], str(len(holdings.of(kind))), size(_takes(holdings, kind)), str(leaving or ""))
    return table


def _line(item: Item) -> str:
    days = (time.time() - item.used) / 86_400
    hours = round(days * 24)
    ago = f"{counted(hours, 'hour')} ago" if days < 2 else f"{days:.0f} days ago"
    return plain(f"{item.kind} {item.title}, last used {ago}")
