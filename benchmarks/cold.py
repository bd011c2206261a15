"""An environment made from nothing, one that is known, and one package more; beside `docker build` with pip."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from benchmarks.builds import Builds
from benchmarks.child import Child, ContestantFailed
from benchmarks.frame import Bench, Measurement, Turn, interleave, parts
from benchmarks.images import WHOSE, remove_images
from benchmarks.results import Section, Series, Table, Target
from benchmarks.stats import ratio, seconds_text
from benchmarks.volumes import own_volume

PACKAGES = ["numpy", "scipy", "scikit-learn", "pandas", "matplotlib", "pyyaml"]
ONE_MORE = "networkx"
ROUNDS = 4
ROUNDS_OF_KNOWN = 10
TENTH = 0.1
NO_COST_SECONDS = 0.05
COLD, BUILD, UV = "p2c, empty store", "docker build with pip", "uv by hand, bytecode compiled"
KEPT, PIP_KEPT = "p2c, downloads kept", "venv and pip by hand, downloads kept"
KNOWN, BUILD_KNOWN = "p2c, known environment", "docker build, all layers cached"
ADDED, ALONE = "p2c, one package more", "p2c, that package alone, empty store"
BY_HAND = "pip install of it by hand"
BUILD_ADDED, BUILD_LAYER = "docker build, the package in the same line", "docker build, the package in a new layer"

METHOD = f"""An environment of {", ".join(PACKAGES)}; all load from the same index with the same certificates. *From
nothing*: no download, no layer and no bytecode is kept by anybody. p2c has an empty store in every round (resolve, lock
with hashes, download, install, bytecode; its container is made in that time); `docker build --no-cache` makes a virtual
environment and runs `pip install --no-cache-dir`, from the same base image; uv is run in a container that is there. p2c
and uv compile every module but p2c leaves out packages' tests; pip compiles them too. *Downloads kept*: the environment
is gone, what was downloaded is not. Then the same again (known), and with {ONE_MORE} added, which nobody has yet."""


class _Cold:
    """The turns; what an environment's round shows besides is kept."""

    def __init__(self, bench: Bench, cache: str, builds: Builds) -> None:
        self.bench = bench
        self.cache = cache
        self.builds = builds
        self.besides: dict[str, list[float]] = {KNOWN: [], ADDED: [], KEPT: []}

    @contextmanager
    def _store(self) -> Iterator[Child]:
        """p2c over an empty volume."""
        with own_volume(self.bench.client) as volume, parts(self.cache) as child:
            child.ask("store", volume=volume)
            yield child

    def cold(self, _number: int) -> float:
        """From nothing; then the same again, one package more, and the first again with its downloads kept."""
        with self._store() as child:
            made = child.ask("prepare", 900, names=PACKAGES)
            for _ in range(1 if self.besides[KNOWN] else ROUNDS_OF_KNOWN):
                again = child.ask("prepare", names=PACKAGES)
                if not again["reused"]:
                    raise ContestantFailed("an environment that was just made is not known")
                self.besides[KNOWN].append(again["seconds"])
            self.besides[ADDED].append(child.ask("prepare", 300, names=[*PACKAGES, ONE_MORE])["seconds"])
            child.ask("forget", key=made["key"])
            self.besides[KEPT].append(child.ask("prepare", 300, names=PACKAGES)["seconds"])
        return float(made["seconds"])

    def alone(self, _number: int) -> float:
        """The one package more, alone, from nothing."""
        with self._store() as child:
            return float(child.ask("prepare", 300, names=[ONE_MORE])["seconds"])


def measure(bench: Bench) -> Section:
    """The section; see `METHOD`."""
    builds = Builds(bench)
    plain = builds.recipe([PACKAGES])
    rounds = bench.times(ROUNDS)
    try:
        with ExitStack() as stack:
            cold = _Cold(bench, stack.enter_context(tempfile.TemporaryDirectory(prefix="p2c-bench-")), builds)
            turns: dict[str, Turn] = {
                COLD: cold.cold,
                BUILD: lambda _number: builds.build(plain, cache=False, name="nothing"),
                ALONE: cold.alone,
            }
            absent: dict[str, Series] = {}
            bench.say("docker build, to be cached")
            try:
                builds.build(plain, cache=True)
            except ContestantFailed as error:
                absent = _failed((BUILD_KNOWN, UV, BY_HAND, PIP_KEPT, BUILD_ADDED, BUILD_LAYER), error)
            else:
                turns |= _by_hand(stack, builds, plain)
            found = interleave(turns, rounds, "s", bench.say) | absent
            besides = cold.besides
        found |= {name: Series(name=name, unit="s", values=tuple(values)) for name, values in besides.items()}
        found |= {} if absent else _added(builds)
    finally:
        remove_images(bench.client, f"{WHOSE}=pip")
    return _section(found)


def _by_hand(stack: ExitStack, builds: Builds, plain: str) -> dict[str, Turn]:
    """Turns that need the image of the cached build."""
    resident = stack.enter_context(builds.by_hand())
    builds.bench.say("pip by hand, to keep its downloads")
    turns: dict[str, Turn] = {
        PIP_KEPT: lambda number: builds.with_pip(resident, PACKAGES, f"env-{number}"),
        BUILD_KNOWN: lambda _number: builds.build(plain, cache=True),
        UV: lambda _number: builds.with_uv(PACKAGES),
        BY_HAND: lambda _number: builds.one_more(ONE_MORE),
    }
    turns[PIP_KEPT](-1)
    return turns


def _added(builds: Builds) -> dict[str, Series]:
    """What one package more costs a build; once each, for the whole is loaded again."""
    recipes = {BUILD_ADDED: [[*PACKAGES, ONE_MORE]], BUILD_LAYER: [PACKAGES, [ONE_MORE]]}
    found: dict[str, Series] = {}
    for name, layers in recipes.items():
        builds.bench.say(name)
        try:
            seconds = builds.build(builds.recipe(layers), cache=True)
            found[name] = Series(name=name, unit="s", values=(seconds,))
        except ContestantFailed as error:
            found |= _failed((name,), error)
    return found


def _failed(names: tuple[str, ...], error: Exception) -> dict[str, Series]:
    return {name: Series(name=name, unit="s", failures=(f"failed: {error}",)) for name in names}


def _section(found: Mapping[str, Series]) -> Section:
    def table(title: str, *names: str, base: str) -> Table:
        return Table(title=title, series=tuple(found[name] for name in names), base=base)

    return Section(
        name=MEASUREMENT.name,
        title=MEASUREMENT.title,
        method=METHOD,
        command="",
        tables=(
            table("Six packages, from nothing", COLD, BUILD, UV, base=BUILD),
            table("Six packages, downloads kept", KEPT, PIP_KEPT, base=PIP_KEPT),
            table("The same again", KNOWN, BUILD_KNOWN, base=BUILD_KNOWN),
            table(f"{ONE_MORE} added", ADDED, ALONE, BY_HAND, BUILD_LAYER, BUILD_ADDED, base=BY_HAND),
        ),
        targets=_targets(found),
    )


def _targets(found: Mapping[str, Series]) -> tuple[Target, ...]:
    medians = {name: one.spread.median for name, one in found.items() if one.spread}

    def to(name: str, base: str) -> float | None:
        return ratio(medians[name], medians[base]) if name in medians and base in medians else None

    def said(*names: str) -> str:
        return "; ".join(f"{name} {seconds_text(medians[name])}" for name in names if name in medians)

    return (
        Target(
            what="p2c to docker build with pip, from nothing",
            unit="ratio",
            sense="at most",
            limit=TENTH,
            value=to(COLD, BUILD),
            beside=said(COLD, BUILD, UV),
            floor=f"{said(COLD, UV)}: what remains is unpacking and bytecode, both bound by the processors.",
        ),
        Target(
            what="a known environment (no measurable cost)",
            unit="s",
            sense="at most",
            limit=NO_COST_SECONDS,
            value=medians.get(KNOWN),
            beside=said(BUILD_KNOWN),
        ),
        Target(
            what="one package more, to pip install of it by hand",
            unit="ratio",
            sense="at most",
            limit=1.0,
            value=to(ADDED, BY_HAND),
            beside=said(ADDED, BY_HAND, ALONE),
            floor=f"{said(ADDED, ALONE)}: a container, a resolution and links to what is there already.",
        ),
    )


MEASUREMENT = Measurement("cold", "Cold environment", measure)
