"""A connection that fails or breaks: names that do not resolve, doors that are closed, certificates, resets."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx2

from p2c.errors import ModelError
from p2c.model.redact import scrub
from p2c.model.settings import ModelSettings
from p2c.model.trouble import Refused, Transient, address_advice, stalled

_NO_CONNECTION = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError, httpx2.UnsupportedProtocol)
_PLAIN = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNKNOWN_PROTOCOL")
"""OpenSSL's reasons when the other side does not speak TLS."""


def read_connection(error: BaseException, settings: ModelSettings) -> Exception:
    """What a failed connection means: Transient, Refused (it broke after it was made), or a final ModelError."""
    chain = tuple(_chain(error))
    return _certificate(chain, settings) or _unreached(chain, settings) or _broken(chain, settings)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _certificate(chain: tuple[BaseException, ...], settings: ModelSettings) -> ModelError | None:
    """TLS that cannot work: no amount of waiting makes a certificate trusted."""
    where = settings.endpoint()
    for error in chain:
        if isinstance(error, ssl.SSLCertVerificationError):
            why = error.verify_message or "verification failed"
            return ModelError(
                f"{where}: its TLS certificate is not trusted ({why}); check the host name in OPENAI_BASE_URL, and for "
                "a certificate of your own set SSL_CERT_FILE to the file that holds its authority"
            )
        if isinstance(error, ssl.SSLError) and any(reason in str(error) for reason in _PLAIN):
            return ModelError(
                f"{where} does not speak TLS ({error.reason or 'handshake failed'}); a local server usually wants "
                "http:// instead of https:// in OPENAI_BASE_URL"
            )
    return None


def _unreached(chain: tuple[BaseException, ...], settings: ModelSettings) -> Transient | None:
    where, detail = settings.endpoint(), _detail(chain, settings)
    if any(isinstance(error, socket.gaierror) for error in chain):
        return Transient(
            f"the name in {where} cannot be resolved ({detail})",
            unreached=True,
            advice="Check the host name in OPENAI_BASE_URL and the network (a proxy? a VPN?)",
        )
    if any(isinstance(error, _NO_CONNECTION) for error in chain):
        return Transient(
            f"the connection to {where} failed ({detail})",
            unreached=True,
            advice=f"Start the endpoint, or {address_advice(settings)},",
        )
    return None


def _broken(chain: tuple[BaseException, ...], settings: ModelSettings) -> Exception:
    where, detail = settings.endpoint(), _detail(chain, settings)
    if any(isinstance(error, httpx2.TooManyRedirects) for error in chain):
        return ModelError(f"{where} redirects in a circle; {address_advice(settings)}")
    if any(isinstance(error, httpx2.TimeoutException) for error in chain):
        return stalled(settings, settings.timeout, has_text=False, is_open=False)
    return Refused(detail, Transient(f"the connection to {where} failed ({detail})"), is_vague=True)


def _detail(chain: tuple[BaseException, ...], settings: ModelSettings) -> str:
    """The first of the chain that says something, by type and words."""
    inner = [error for error in chain if type(error).__module__.partition(".")[0] != "openai"] or list(chain)
    said = next((error for error in inner if str(error)), inner[0])
    return scrub(f"{type(said).__name__}: {' '.join(str(said).split())[:200]}".rstrip(": "), settings)
