"""Controllers that die, or share an engine: nothing of a dead one stays, nothing of a live one is touched."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sandbox.engine import LABEL, TEMPORARY, guard, labels, reap_dead
from sandbox.errors import RunnerLost
from sandbox.escape.case import Late, Place, cases_of, must
from sandbox.escape.lifecycle import BRIEF, MOMENTS, sweep
from sandbox.escape.need import Need
from sandbox.job import Job
from sandbox.runner import DockerRunner
from sandbox.settings import Limits
from sandbox.tree import Tree
from sandbox.verdict import Ended

CONTROLLERS, case = cases_of("dead")
HUNG_SECONDS = 30.0
"""The run's own 3 s, what the runner waits longer, making and removing the container."""
SLEEP = Tree({"main.py": b"import time\nprint('awake', flush=True)\ntime.sleep(60)\n"})


@case(Need.local, long=True)
def controller_killed_at_every_step(place: Place) -> None:
    """A controller killed with SIGKILL in the middle of its work: the next start removes all of it and nothing else."""
    found = list(sweep(place.client, BRIEF if place.brief else STEPS))
    broken = [str(one) for one in found if not one.held]
    must(not broken, "; ".join(broken))


STEPS = tuple({moment.after: moment for moment in MOMENTS if not moment.builds}.values())
"""The last moment of each step, for the full check; the suite tries the three of BRIEF, and every moment, those of
building the image included, is tried by hand: `list(sweep(client))`."""


@case()
def reaping_spares_the_living(place: Place) -> None:
    """What a live process owns, and what is of another project, is not removed at a start; what a dead one left is."""
    dead = labels()[LABEL].split(":")
    dead[1] = "1"  # this process' number, but another start: the process that had it is dead
    kept, gone = _idle(place, labels()[LABEL]), _idle(place, ":".join(dead))
    stranger = _idle(place, "")
    try:
        reap_dead(place.client)
        with guard("looking for containers"):
            there = {container["Id"] for container in place.client.api.containers(all=True)}
        must(kept in there, "a live process' container was removed")
        must(stranger in there, "a container of another project was removed")
        must(gone not in there, "a dead process' container was left")
    finally:
        for identity in (kept, stranger):
            with guard("removing a container"):
                place.client.api.remove_container(identity, force=True)


def _idle(place: Place, owner: str) -> str:
    """A container of that owner; without a label for an empty one."""
    with guard("making a container"):
        made: str = place.client.api.create_container(
            place.image.tag, command=["true"], labels={LABEL: owner} if owner else {TEMPORARY: "0"}
        )["Id"]
    return made


@case(control="faults", alone=True)
def container_removed_while_it_runs(place: Place) -> None:
    """A container that somebody removes in the middle of a run is our trouble, not the code's failure."""
    with _Watched(place) as (runner, identities):
        thread = threading.Thread(target=_when_awake(place, identities, "remove"))
        thread.start()
        try:
            result = runner.run(Job(("python3", "main.py"), SLEEP, None, Limits(wall_seconds=6)))
        except RunnerLost:
            return
        finally:
            thread.join()
        must(False, f"it is said to have ended by {result.ended}")


@case(control="faults", alone=True)
def container_that_hangs(place: Place) -> None:
    """A container that stands still is given up in time, and what it had said is kept."""
    with _Watched(place) as (runner, identities):
        thread = threading.Thread(target=_when_awake(place, identities, "stop"))
        thread.start()
        began = time.monotonic()
        result = runner.run(Job(("python3", "main.py"), SLEEP, None, Limits(wall_seconds=3)))
        thread.join()
    must(result.ended is Ended.wall, f"it is said to have ended by {result.ended}")
    if time.monotonic() - began > HUNG_SECONDS:
        raise Late(f"it was waited for {time.monotonic() - began:.0f} s")


class _Watched:
    """A runner of its own without spares, and the containers that it makes."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._runner = DockerRunner(place.client, place.image.tag, None, place.runtime, 0)

    def __enter__(self) -> tuple[DockerRunner, Callable[[], list[str]]]:
        before = set(self._listed())
        return self._runner, lambda: [one for one in self._listed() if one not in before]

    def __exit__(self, *_error: object) -> None:
        self._runner.close()

    def _listed(self) -> list[str]:
        with guard("looking for containers"):
            mine = self._place.client.api.containers(filters={"label": f"{LABEL}={labels()[LABEL]}"})
        return [container["Id"] for container in mine]


def _when_awake(place: Place, identities: Callable[[], list[str]], do: str) -> Callable[[], None]:
    """Waits until a new container has run for a moment, then removes or stops it."""

    def act() -> None:
        until = time.monotonic() + 20
        while not identities() and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(1.5)
        with guard(f"{do} a container"):
            for identity in identities():
                if do == "remove":
                    place.client.api.remove_container(identity, force=True)
                else:
                    place.client.api.kill(identity, "SIGSTOP")

    return act
