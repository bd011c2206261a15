"""The client that requests are made with, and what of the environment keeps it from being made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2
import openai

from p2c.errors import UsageError
from p2c.model.settings import ModelSettings

CONNECT_SECONDS = 30.0
WRITE_SECONDS = 120.0


def open_client(settings: ModelSettings) -> openai.OpenAI:
    """The `openai` package's client, whose own retries are off; proxies and authorities are the environment's.

    Raises:
        UsageError: the address, a proxy's, or the file with the authorities cannot be used; the message names the
            variable, and repeats no address, for it may hold a password.
    """
    address, _, query = settings.base_url.partition("#")[0].partition("?")
    with _said_plainly():
        return openai.OpenAI(
            base_url=address,
            default_query=dict(parse_qsl(query)),
            api_key=settings.api_key,
            max_retries=0,
            timeout=httpx2.Timeout(connect=CONNECT_SECONDS, read=settings.timeout, write=WRITE_SECONDS, pool=None),
        )


def proxy_variable(settings: ModelSettings) -> str:
    """The environment variable whose proxy the requests go through, for example `HTTPS_PROXY`; else empty."""
    url = urlsplit(settings.base_url)
    if proxy_bypass(url.netloc.rpartition("@")[2]):
        return ""
    proxies = getproxies()
    return next((f"{name.upper()}_PROXY" for name in (url.scheme, "all") if proxies.get(name)), "")


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Exceptions of the client's libraries as errors that name the variable to look at."""
    try:
        yield
    except ImportError:
        raise UsageError(
            "a SOCKS proxy is set in the environment (ALL_PROXY?), which needs the package socksio: install it beside "
            "p2c, or unset the variable"
        ) from None
    except OSError:  # that there is none, or that it holds no certificate
        raise UsageError(
            "the certificates in SSL_CERT_FILE (or SSL_CERT_DIR) cannot be read; correct the path, or unset it"
        ) from None
    except (ValueError, httpx2.InvalidURL):
        proxies = ", ".join(f"{name.upper()}_PROXY" for name in getproxies() if name != "no")
        raise UsageError(f"an address cannot be used; check OPENAI_BASE_URL{proxies and f' and {proxies}'}") from None
