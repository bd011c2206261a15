"""Calls to the engine, made again while its trouble is a passing one: bounded, with growing pauses.

What may be made again is known by method and path: a call that only reads or removes, and those that start
something under a name of ours. A container is therefore always made under a name: were the answer lost, the
container would otherwise stay behind unknown, and its name tells whether it was made.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit, urlunsplit

import requests
import urllib3
from requests.adapters import BaseAdapter

from sandbox.engine import faults
from sandbox.engine.faults import causes

PAUSES = (0.1, 0.3, 0.9)
"""Seconds between attempts after an answer that says that the engine is in trouble, or a broken connection."""
AWAY_SECONDS = 20.0
"""An engine that answered before and does not listen now (it is being restarted) is waited for so long."""
AWAY_PAUSE = 0.25
HUNG_SECONDS = 5.0
"""The patience with an engine that let a call time out; until it answers again."""
NAME = "p2c-"
_CREATE = re.compile(r"/containers/create$")
_START = re.compile(r"/containers/[^/]+/start$")
_REPEATABLE = re.compile(r"/(containers/(create|[^/]+/(start|attach))|volumes/create|images/[^/]+/tag)$")
_LIST = re.compile(r"/(containers/json|images/json|volumes)$")
"""The engine says 404 when something that it is about to list is removed meanwhile."""
_ENDLESS = re.compile(r"/events$")
"""docker-py waits for ever for its answer."""

_TIMEOUTS = (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)

Timeout = float | tuple[float, float] | tuple[float, None] | None
Attempt = Callable[[requests.PreparedRequest], requests.Response]


@dataclass
class Trouble:
    """What all connections of one client, in whichever thread, know of the engine's state."""

    away_since: float | None = None
    hung: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self) -> None:
        """The engine is there."""
        self.away_since, self.hung = None, False

    def may_wait(self) -> bool:
        """Whether to wait for an engine that does not listen; False when it has been away for too long."""
        with self.lock:
            if self.away_since is None:
                self.away_since = time.monotonic()
            return time.monotonic() - self.away_since < AWAY_SECONDS


class Persistent(BaseAdapter):
    """A transport of `requests` that makes a call again while the engine's trouble is a passing one.

    Args:
        inner: the transport that does the work.
        trouble: shared by the transports of one client.
    """

    def __init__(self, inner: BaseAdapter, trouble: Trouble) -> None:
        super().__init__()
        self._inner = inner
        self._trouble = trouble

    def send(  # noqa: PLR0917 - the signature is requests'
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Timeout = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send `request`, again where that is safe and may help.

        Raises:
            requests.exceptions.RequestException: of the last attempt.
        """

        def attempt(one: requests.PreparedRequest) -> requests.Response:
            patience = self._patience(timeout, urlsplit(one.url or "").path)
            answer = self._inner.send(one, stream, patience, verify, cert, proxies)
            if not stream or answer.status_code >= 400:
                answer.content  # noqa: B018 - reads the body: half an answer is a broken connection too
            self._trouble.answered()
            return answer

        return self._persist(request, attempt)

    def _persist(self, request: requests.PreparedRequest, attempt: Attempt) -> requests.Response:
        path = urlsplit(request.url or "").path
        makes = bool(_CREATE.search(path))
        if makes:
            _give_name(request)
        can_repeat = request.method in {"GET", "HEAD", "DELETE"} or bool(_REPEATABLE.search(path))
        pauses = iter(PAUSES if can_repeat else ())
        first: requests.Response | None = None
        while True:
            try:
                answer = attempt(request)
            except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                pause = self._pause_after(error, pauses)
                if pause is None:
                    raise
                time.sleep(pause)
                if makes:
                    self._persist(_removal(request), attempt)  # the engine may still be away
                continue
            if first is not None and answer.status_code == 404 and _START.search(path):
                return first  # it was removed because it did not start: the first answer says why
            pause = next(pauses, None) if _is_passing(request, answer) else None
            if makes and answer.status_code >= 500:
                self._take_back(request, attempt)
            if pause is None:
                return answer
            first = first or answer
            answer.close()
            time.sleep(pause)

    def _take_back(self, creation: requests.PreparedRequest, attempt: Attempt) -> None:
        """An engine that says that it failed may have made the container all the same: it is removed, if we can.

        A 409 says that somebody has a container of that name, which is not for us to remove.
        """
        with suppress(requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError):
            self._persist(_removal(creation), attempt)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def _patience(self, timeout: Timeout, path: str) -> Timeout:
        if timeout is None and _ENDLESS.search(path):
            timeout = float(faults.CALL_SECONDS)
        if self._trouble.hung and isinstance(timeout, int | float):
            return min(timeout, HUNG_SECONDS)
        return timeout

    def _pause_after(self, error: BaseException, pauses: Iterator[float]) -> float | None:
        """Seconds to wait before the next attempt; None when there shall be none."""
        chain = list(causes(error))
        if any(isinstance(cause, _TIMEOUTS) for cause in chain):
            self._trouble.hung = True  # its patience was long enough
            return None
        if any(isinstance(cause, ConnectionRefusedError | FileNotFoundError) for cause in chain):
            return AWAY_PAUSE if self._trouble.may_wait() else None  # nothing of the call has reached it
        if any(isinstance(cause, PermissionError) for cause in chain):
            return None
        return next(pauses, None)


def _removal(creation: requests.PreparedRequest) -> requests.PreparedRequest:
    """Removes the container that a call whose answer was lost may have made."""
    parts = urlsplit(creation.url or "")
    name = parse_qs(parts.query)["name"][0]
    removal = creation.copy()
    removal.method, removal.body = "DELETE", None
    removal.url = urlunsplit(parts._replace(path=_CREATE.sub(f"/containers/{name}", parts.path), query="force=1&v=1"))
    for header in ("Content-Length", "Content-Type"):
        removal.headers.pop(header, None)
    return removal


def _give_name(request: requests.PreparedRequest) -> None:
    """A random name, where the caller has given none."""
    parts = urlsplit(request.url or "")
    if "name" not in parse_qs(parts.query):
        name = f"name={NAME}{secrets.token_hex(8)}"
        request.url = urlunsplit(parts._replace(query=f"{parts.query}&{name}" if parts.query else name))


def _is_passing(request: requests.PreparedRequest, answer: requests.Response) -> bool:
    """Whether the same call may be answered otherwise a moment later.

    A 409 to a removal says that it is going on already; the callers know that.
    """
    if answer.status_code >= 500:
        return "no space left" not in _said(answer)
    if answer.status_code == 404:
        return bool(_LIST.search(urlsplit(request.url or "").path))
    return answer.status_code == 409 and request.method == "POST"


def _said(answer: requests.Response) -> str:
    """The words of an answer with an error status."""
    try:
        return answer.text.lower()
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError):
        return ""
