"""An environment made from nothing, one that is known, and one package more; beside `docker build` with pip."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from docker.errors import DockerException

from benchmarks.child import Child, ContestantFailed
from benchmarks.frame import Bench, Measurement, Turn, interleave, parts
from benchmarks.images import WHOSE, remove_images
from benchmarks.results import Section, Series, Table, Target
from benchmarks.stats import Spread, ratio
from benchmarks.volumes import own_volume
from sandbox.setup.host import HostIndex

PACKAGES = ["numpy", "scipy", "scikit-learn", "pandas", "matplotlib", "pyyaml"]
ONE_MORE = "networkx"
ROUNDS = 3
ROUNDS_OF_KNOWN = 10
TENTH = 0.1
NO_COST_SECONDS = 0.05
BUILD = "docker build with pip"
COLD, KNOWN, ADDED = "p2c, empty store", "p2c, known environment", "p2c, one package more"
ALONE = "p2c, that package alone, empty store"
BUILD_KNOWN = "docker build, all layers cached"
BUILD_ADDED, BUILD_LAYER = (
    "docker build, the package in the same line",
    "docker build, the package in a layer of its own",
)

METHOD = f"""An environment of {", ".join(PACKAGES)}. p2c has an empty store of its own in every round (resolve, lock
with hashes, download, install; removed afterwards); `docker build` has no cache and runs `pip install
--no-cache-dir` in a virtual environment, from the same base image, index and certificates. Then the same
again (known), and with {ONE_MORE} added. {ROUNDS} rounds unless said otherwise, for each loads some
hundred MiB over a network that others use too."""


def measure(bench: Bench) -> Section:
    """The section; see `METHOD`."""
    host = HostIndex.detect()
    with tempfile.TemporaryDirectory(prefix="p2c-bench-") as cache:
        kept: dict[str, list[float]] = {KNOWN: [], ADDED: []}
        rounds = bench.times(ROUNDS)
        turns: dict[str, Turn] = {
            COLD: lambda _number: _cold(bench, cache, kept),
            BUILD: lambda _number: _build(bench, host, recipe(bench, host, [PACKAGES]), cache=False),
            ALONE: lambda _number: _alone(bench, cache),
        }
        found = interleave(turns, rounds, "s", bench.say)
        found |= {name: Series(name=name, unit="s", values=tuple(values)) for name, values in kept.items()}
        found |= _built(bench, host)
    return _section(found)


@contextmanager
def _store(bench: Bench, cache: str) -> Iterator[Child]:
    """p2c over an empty volume."""
    with own_volume(bench.client) as volume, parts(cache) as child:
        child.ask("store", volume=volume)
        yield child


def _cold(bench: Bench, cache: str, kept: dict[str, list[float]]) -> float:
    with _store(bench, cache) as child:
        seconds = float(child.ask("prepare", 900, names=PACKAGES)["seconds"])
        for _ in range(ROUNDS_OF_KNOWN if not kept[KNOWN] else 1):
            again = child.ask("prepare", names=PACKAGES)
            if not again["reused"]:
                raise ContestantFailed("an environment that was just made is not known")
            kept[KNOWN].append(again["seconds"])
        kept[ADDED].append(child.ask("prepare", 300, names=[*PACKAGES, ONE_MORE])["seconds"])
    return seconds


def _alone(bench: Bench, cache: str) -> float:
    with _store(bench, cache) as child:
        return float(child.ask("prepare", 300, names=[ONE_MORE])["seconds"])


def recipe(bench: Bench, host: HostIndex, layers: list[list[str]]) -> str:
    """A Dockerfile as its users write it; what the host says of its index goes in, and out again, with each layer."""
    trusted = "".join(f" --trusted-host {name}" for name in host.trusted_hosts)
    lines = [f"FROM {bench.images.base.tag}", "USER root", "LABEL p2c.home= p2c.inputs= p2c.image=bench"]
    lines += ["COPY ca.pem /etc/bench-ca.pem", "COPY pip.conf /etc/pip.conf", "RUN python3 -m venv /env"]
    command = f"RUN /env/bin/pip install --no-cache-dir --disable-pip-version-check -q{trusted}"
    return "\n".join([*lines, *(f"{command} {' '.join(packages)}" for packages in layers)]) + "\n"


def context(host: HostIndex) -> dict[str, bytes]:
    """CA bundle and index settings; no folder of this host, which a build could not see."""
    settings = io.StringIO()
    settings.write("[global]\n")
    remote = [url for url in host.indexes if not url.startswith("file:")]
    if host.ca_bundle:
        settings.write("cert = /etc/bench-ca.pem\n")
    if host.default_index and not host.default_index.startswith("file:"):
        settings.write(f"index-url = {host.default_index}\n")
    if remote:
        settings.write(f"extra-index-url = {' '.join(remote)}\n")
    return {"ca.pem": host.ca_bundle or b"", "pip.conf": settings.getvalue().encode()}


def _build(bench: Bench, host: HostIndex, recipe: str, *, cache: bool) -> float:
    """Seconds of one build; without the cache its image is removed at once, so that the next starts from nothing."""
    began = time.perf_counter()
    try:
        tag = bench.images.build("pip", recipe, context(host), cache=cache, buildargs=dict(host.proxies))
    except DockerException as error:
        raise ContestantFailed(f"the build failed: {host.redact(str(error))[-200:]}") from error
    seconds = time.perf_counter() - began
    if not cache:
        bench.client.images.remove(tag, force=True)
    return seconds


def _built(bench: Bench, host: HostIndex) -> dict[str, Series]:
    """What a build costs when it is known, and with one package more; once each, for the whole is loaded again."""
    plain = recipe(bench, host, [PACKAGES])
    recipes = {BUILD_ADDED: [[*PACKAGES, ONE_MORE]], BUILD_LAYER: [PACKAGES, [ONE_MORE]]}
    bench.say("docker build once more, to be cached")
    found: dict[str, Series] = {}
    try:
        _build(bench, host, plain, cache=True)
        turns: dict[str, Turn] = {BUILD_KNOWN: lambda _number: _build(bench, host, plain, cache=True)}
        found |= interleave(turns, bench.times(ROUNDS), "s", bench.say)
        for name, layers in recipes.items():
            bench.say(name)
            seconds = _build(bench, host, recipe(bench, host, layers), cache=True)
            found[name] = Series(name=name, unit="s", values=(seconds,))
    except ContestantFailed as error:
        names = (BUILD_KNOWN, *recipes)
        found |= {one: Series(name=one, unit="s", failures=(f"failed: {error}",)) for one in names if one not in found}
    finally:
        remove_images(bench.client, f"{WHOSE}=pip")
    return found


def _section(found: dict[str, Series]) -> Section:
    def median(name: str) -> float | None:
        return Spread.of(found[name].values).median if found[name].values else None

    cold, build, known, added, alone = (median(name) for name in (COLD, BUILD, KNOWN, ADDED, ALONE))
    return Section(
        name=MEASUREMENT.name,
        title=MEASUREMENT.title,
        method=METHOD,
        command="",
        tables=(
            Table(title="Six packages, from nothing", series=(found[COLD], found[BUILD]), base=BUILD),
            Table(title="The same again", series=(found[KNOWN], found[BUILD_KNOWN]), base=BUILD_KNOWN),
            Table(
                title=f"{ONE_MORE} added",
                series=tuple(found[name] for name in (ADDED, ALONE, BUILD_LAYER, BUILD_ADDED)),
                base=ALONE,
            ),
        ),
        targets=(
            Target(
                what="p2c to docker build with pip, from nothing",
                unit="ratio",
                sense="at most",
                limit=TENTH,
                value=ratio(cold, build) if cold is not None and build is not None else None,
            ),
            Target(
                what="a known environment (no measurable cost)",
                unit="s",
                sense="at most",
                limit=NO_COST_SECONDS,
                value=known,
            ),
            Target(
                what="one package more, to that package alone",
                unit="ratio",
                sense="at most",
                limit=1.2,
                value=ratio(added, alone) if added is not None and alone is not None else None,
            ),
        ),
    )


MEASUREMENT = Measurement("cold", "Cold environment", measure)
