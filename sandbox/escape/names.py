"""Names that nobody should install: hallucinated, yanked, or gigabytes for a GPU that is not there."""

from __future__ import annotations

from sandbox.escape.case import Place, cases_of, must
from sandbox.escape.need import Need
from sandbox.escape.verifying import store_of, verdict_of
from sandbox.escape.wheelhouse import Wheelhouse
from sandbox.requirements import Prepared, infer, prepare
from sandbox.setup.host import HostIndex
from sandbox.store import Store, installed_versions
from sandbox.tree import Tree
from sandbox.verdict import Outcome, Requirement

NAMES, case = cases_of("names")
BINARY = "cp311-cp311-linux_x86_64"


def _need(name: str, specifier: str = "") -> Requirement:
    return Requirement(distribution=name, specifier=specifier, rule="declared")


def _versions(prepared: Prepared) -> dict[str, str]:
    must(prepared.environment is not None, f"nothing was installed: {prepared.failure}")
    return installed_versions(prepared.environment.lock) if prepared.environment else {}


@case()
def hallucinated_name(place: Place) -> None:
    """A name that no rule explains is refused, and not looked for on the index, be it imported or declared."""
    for files in (
        {"main.py": "import transformer_vision_utils_pro\n"},
        {"main.py": "import transformer_vision_utils_pro\n", "requirements.txt": "transformer-vision-utils-pro==1.2\n"},
    ):
        found = infer(Tree({path: text.encode() for path, text in files.items()}))
        names = [need.distribution for need in found.requirements]
        must(not names, f"{names} would be installed")
        refused = [item.name for item in found.refused]
        must(any("transformer" in name for name in refused), f"it is not said that it was refused: {refused}")
    verdict = verdict_of(place, {"main.py": "import transformer_vision_utils_pro\n"})
    must(verdict.outcome in (Outcome.failed, Outcome.blocked), f"the verdict is {verdict.outcome}")


@case()
def name_that_looks_like_another(_place: Place) -> None:
    """Names a letter away from well-known ones are not installed."""
    for name in ("requets", "nunpy", "panda5", "scikit_learn_utils", "tensorfIow", "python_dateutils2"):
        found = infer(Tree({"main.py": f"import {name}\n".encode(), "requirements.txt": f"{name}\n".encode()}))
        names = [need.distribution for need in found.requirements]
        must(not names, f"{names} would be installed for {name}")


@case(Need.local)
def yanked_version(place: Place) -> None:
    """A yanked version is taken only where it is pinned, and then it is said."""
    packages = Wheelhouse(place.folder())
    page = packages.folder / "simple" / "yanked-one" / "index.html"
    page.parent.mkdir(parents=True)
    links = []
    for version, mark in (("1.0", ""), ("2.0", ' data-yanked="it eats data"')):
        wheel = packages.wheel("yanked-one", version)
        links.append(f'<a href="../../{wheel.name}"{mark}>{wheel.name}</a>')
    page.write_text(f"<!DOCTYPE html><html><body>{' '.join(links)}</body></html>")
    shown = packages.host().shown
    host = HostIndex(default_index="file:///host/links/0/simple", shown=shown)
    store = Store(place.client, place.image, host, place.volume)
    must(_versions(prepare(store, (_need("yanked-one"),))) == {"yanked-one": "1.0"}, "a yanked version was taken")
    pinned = prepare(store, (_need("yanked-one", "==2.0"),))
    must(any("yanked" in note for note in pinned.notes), f"nobody says that it was yanked: {pinned.notes}")


@case(Need.local)
def gigabytes_of_cuda(place: Place) -> None:
    """Packages for a GPU are not downloaded for a run without one, also where a dependency asks for them."""
    packages = Wheelhouse(place.folder())
    packages.wheel("torch", "2.14.0", tag=BINARY, requires=("nvidia-cublas",))
    packages.wheel("torch", "2.13.0+cpu", tag=BINARY)
    packages.wheel("nvidia-cublas", "13.0")
    packages.wheel("wants-cuda", "1.0", requires=("torch", "nvidia-nccl"))
    packages.wheel("nvidia-nccl", "1.0")
    prepared = prepare(store_of(place, packages), (_need("wants-cuda"), _need("torch"), _need("nvidia-cudnn-cu12")))
    versions = _versions(prepared)
    must("torch" in versions, f"installed: {versions}")
    must(not [name for name in versions if name.startswith("nvidia")], f"installed: {versions}")
    must(versions["torch"].endswith("+cpu"), f"torch is {versions['torch']}")
