"""What docker, requests and urllib3 raise, as the errors of `sandbox.errors`, each with what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import requests
import urllib3
from docker import errors as docker_errors

from sandbox.errors import EngineUnavailable, ImageUnavailable, InfrastructureError, RunnerLost

PING_SECONDS = 10
"""The engine's first answer is waited for so long."""
CALL_SECONDS = 60
"""Every later one."""


@contextmanager
def guard(doing: str = "talking to the Docker engine") -> Iterator[None]:
    """Map what docker, requests and urllib3 raise to `sandbox.errors`; also a decorator.

    Raises:
        EngineUnavailable, ImageUnavailable, RunnerLost, InfrastructureError: the original is its cause.
    """
    try:
        yield
    except InfrastructureError:
        raise
    except (
        docker_errors.DockerException,
        requests.exceptions.RequestException,
        urllib3.exceptions.HTTPError,
        ConnectionError,
        TimeoutError,
    ) as error:
        raise _mapped(error, doing) from error


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed a moment later."""
    for cause in causes(error):
        if isinstance(cause, docker_errors.APIError):
            return cause.status_code == 409 or (cause.status_code or 0) >= 500
        if isinstance(cause, ConnectionResetError | BrokenPipeError | urllib3.exceptions.ProtocolError):
            return not any(isinstance(c, FileNotFoundError | ConnectionRefusedError) for c in causes(error))
    return False


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from or wraps, outermost first; each once."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        item = waiting.pop(0)
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        waiting += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]


_CAUSES: Mapping[type[BaseException], str] = {
    PermissionError: "permission denied on its socket. Add yourself to the group `docker` "
    "(`sudo usermod -aG docker $USER`, then log in again), or set DOCKER_HOST to an engine of your own",
    FileNotFoundError: "no Docker engine is running here. `p2c doctor --fix` installs and starts one; "
    "or set DOCKER_HOST to one that runs elsewhere",
    ConnectionRefusedError: "nothing answers at its address. `p2c doctor --fix` starts the engine; "
    "check DOCKER_HOST if you set it",
    requests.exceptions.Timeout: f"it did not answer within {PING_SECONDS} to {CALL_SECONDS} seconds. "
    "The engine hangs or is overloaded: look at its log, or restart it",
    urllib3.exceptions.TimeoutError: "it began to answer and stopped in the middle. "
    "The engine hangs or is overloaded: look at its log, or restart it",
    TimeoutError: "it did not answer in time. The engine hangs or is overloaded: look at its log, or restart it",
    urllib3.exceptions.ProtocolError: "the connection broke. Was the engine restarted? Try again",
    ConnectionError: "the connection broke. Was the engine restarted? Try again",
}
"""Most specific first: what is found in the chain of an error says more than its outermost type."""


def _mapped(error: BaseException, doing: str) -> InfrastructureError:
    for cause in causes(error):
        if isinstance(cause, docker_errors.APIError):
            return _mapped_answer(cause, doing)
    if isinstance(error, docker_errors.BuildError):
        return ImageUnavailable(f"{doing} failed: {error}")
    chain = list(causes(error))
    for kind, advice in _CAUSES.items():
        if any(isinstance(cause, kind) for cause in chain):
            return EngineUnavailable(f"{doing} failed: {advice}")
    return EngineUnavailable(f"{doing} failed: {error}. `p2c doctor` looks at each part of the set-up")


def _mapped_answer(error: docker_errors.APIError, doing: str) -> InfrastructureError:
    """An answer of the engine with an error status."""
    status, said = error.status_code, error.explanation or str(error)
    told = f"{doing} failed: the engine answered {status}: {said}"
    lower = str(said).lower()
    if isinstance(error, docker_errors.ImageNotFound) or "no such image" in lower:
        return ImageUnavailable(f"{told}. `p2c doctor --fix` builds the image")
    if "no space left" in lower:
        return InfrastructureError(f"{told}. The engine's disk is full: make room, see `docker system df`")
    if status in {401, 403}:
        return EngineUnavailable(f"{told}. It refuses us: ask who runs it, or set DOCKER_HOST to another")
    if status == 404 and "container" in lower:
        return RunnerLost(f"{told}. Somebody removed the container; try again")
    return InfrastructureError(f"{told}. Try again; if it stays, look at the engine's log")
