"""The Hugging Face Hub: whether an id exists, and what is called like a name. Read only, without a token.

`huggingface_hub` is an optional extra: it is imported when a name is looked up, and its absence is one clear message.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

import httpx2

from p2c.errors import HubError
from p2c.names.find import Kind
from p2c.types import Value

if TYPE_CHECKING:
    from huggingface_hub import DatasetInfo, HfApi, ModelInfo

ENDPOINT = "https://huggingface.co"
MOST = 8
"""Candidates that are asked for."""
SECONDS = 20.0
"""For one request."""
ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?")
_BUSY, _FAULT = 429, 500
_ASKED: ContextVar[set[str] | None] = ContextVar("asked", default=None)
"""The addresses that the look-up under way has asked."""
_NOTHING = "Nothing was changed; try again later, set HF_ENDPOINT to a mirror, or leave out --resolve-names"


class Candidate(Value):
    """A repository on the Hub."""

    id: str
    downloads: int
    """Of the last month, as the Hub counts them."""
    likes: int


class Hub(Protocol):
    """What is asked of the Hub."""

    @property
    def endpoint(self) -> str:
        """Its address."""
        ...

    def get(self, name: str, kind: Kind) -> Candidate | None:
        """The repository that the Hub gives for an id (perhaps renamed), or None. Raises HubError."""
        ...

    def search(self, name: str, kind: Kind) -> tuple[Candidate, ...]:
        """What is called like `name`, most downloads first, at most `MOST`. Raises HubError."""
        ...


class _NoAnswer(Exception):
    """The client is about to ask again what nobody answered; ends its retries, which may take minutes."""


class _Status(Exception):
    """The Hub says that it cannot answer now; ends the client's retries."""


class HuggingFace:
    """Implements `Hub` over `huggingface_hub`.

    The endpoint is `HF_ENDPOINT`, else huggingface.co. `HF_HUB_OFFLINE` is heeded.

    Raises:
        HubError: the package is not installed, or `HF_ENDPOINT` is no address.
    """

    def __init__(self) -> None:
        self._endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or ENDPOINT
        if not self._endpoint.startswith(("http://", "https://")):
            raise HubError("HF_ENDPOINT is no address of a Hub; it begins with https://")
        try:
            from huggingface_hub import HfApi, set_client_factory  # noqa: PLC0415 - optional, and it takes a second
            from huggingface_hub.utils import logging as client_log  # noqa: PLC0415
        except ImportError as error:
            raise HubError(
                "--resolve-names needs the package huggingface_hub, which is not installed; "
                "install it with: pip install 'p2c[names]'"
            ) from error
        client_log.set_verbosity(logging.CRITICAL)  # its warnings name the address with its password
        set_client_factory(_client)
        self._api: HfApi = HfApi(endpoint=self._endpoint, token=False, library_name="p2c")

    @property
    def endpoint(self) -> str:
        """See `Hub.endpoint`; without user name, password and query."""
        scheme, _, rest = self._endpoint.partition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}"

    def get(self, name: str, kind: Kind) -> Candidate | None:
        """See `Hub.get`."""
        from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError  # noqa: PLC0415 - see above

        if not ID.fullmatch(name) or "--" in name or ".." in name:
            return None
        with self._plain_errors(name):
            try:
                return _candidate(self._api.model_info(name) if kind == "model" else self._api.dataset_info(name))
            except RepositoryNotFoundError:
                return None
            except HfHubHTTPError as error:
                if error.response.status_code != 401:
                    raise
                return None  # the Hub's answer for what is missing or private; the client knows it over HTTPS alone

    def search(self, name: str, kind: Kind) -> tuple[Candidate, ...]:
        """See `Hub.search`."""
        found: Iterable[ModelInfo | DatasetInfo]
        with self._plain_errors(name):
            if kind == "model":
                found = self._api.list_models(search=name, sort="downloads", limit=MOST)
            else:
                found = self._api.list_datasets(search=name, sort="downloads", limit=MOST)
            return tuple(_candidate(one) for one in found)

    @contextmanager
    def _plain_errors(self, name: str) -> Iterator[None]:
        """Whatever the client raises, in one line: what failed, that nothing was changed, what to try next."""
        from huggingface_hub import is_offline_mode  # noqa: PLC0415 - see above
        from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415

        if is_offline_mode():
            raise self._failure(name, "HF_HUB_OFFLINE is set")
        asked, began = _ASKED.set(set()), time.monotonic()
        try:
            yield
        except _Status as error:
            raise self._failure(name, f"{self.endpoint} answered with status {error}") from error
        except HfHubHTTPError as error:
            status = error.response.status_code
            raise self._failure(name, f"{self.endpoint} answered with status {status}; no token is sent") from error
        except (_NoAnswer, httpx2.HTTPError, OSError) as error:
            is_late = isinstance(error, httpx2.TimeoutException) or time.monotonic() - began >= SECONDS
            why = f"gave no answer within {SECONDS:g} s" if is_late else "cannot be reached"
            raise self._failure(name, f"{self.endpoint} {why}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:  # JSON of another form, or none
            raise self._failure(name, f"{self.endpoint} does not answer as a Hub does") from error
        finally:
            _ASKED.reset(asked)

    @staticmethod
    def _failure(name: str, why: str) -> HubError:
        return HubError(f"the name {name!r} could not be looked up: {why}. {_NOTHING}")


def _client() -> httpx2.Client:
    """An HTTP client for `huggingface_hub`, whose own waits for ever, and as long as the Hub wishes between retries."""
    return httpx2.Client(event_hooks={"request": [_once], "response": [_answered]}, follow_redirects=True)


def _once(request: httpx2.Request) -> None:
    """Limit the time of a request, and make it once."""
    asked = _ASKED.get()
    if asked is not None and str(request.url) in asked:
        raise _NoAnswer
    if asked is not None:
        asked.add(str(request.url))
    request.extensions["timeout"] = httpx2.Timeout(SECONDS).as_dict()


def _answered(response: httpx2.Response) -> None:
    """Take a failure for an answer; the client would wait, and ask again."""
    if response.status_code == _BUSY:
        raise _Status(f"{_BUSY}, too many requests")
    if response.status_code >= _FAULT:
        raise _Status(response.status_code)


def _candidate(found: ModelInfo | DatasetInfo) -> Candidate:
    """The Hub leaves out figures that it does not have."""
    return Candidate(id=found.id, downloads=found.downloads or 0, likes=found.likes or 0)
