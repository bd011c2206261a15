"""Everything that an endpoint or its model is known to do wrong, over real HTTP: one row a fault.

A row says what happens at the endpoint, what comes of it for the caller (an answer, or an error whose message says what
failed, on what, and what to try next), what was tried again and how people see that, how many requests were made, and
how many calls were counted as paid. For every row the same also holds: no key in any message or file of the run; what
was paid for is counted in the next process, too; and an answer once given is never asked for again.
"""

from __future__ import annotations

import re
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from p2c.errors import ContextTooLong, ModelError, ModelRefused, P2cError
from p2c.model import extract_code
from p2c.model.begun import when_begun
from p2c.model.patience import backoff
from p2c.model.settings import ModelSettings
from p2c.model.types import Message, Model
from p2c.types import Value

KEY = "sk-secret-0123456789"
STEP = "coding/src/model.py"
SAID = [Message(role="system", content="rules"), Message(role="user", content="write it")]
Act = Callable[[Any], None]


class Colour(Value):
    name: str
    share: float


RED = Colour(name="red", share=0.5)
GOOD = '{"name": "red", "share": 0.5}'
MODULE = "import os\n\n\ndef f(x):\n    return x + 1\n"


def says(text: str, finish: str = "stop") -> Act:
    return lambda endpoint: endpoint.says(text, finish)


def fails(status: int, message: str = "no", headers: dict[str, str] | None = None, **error: object) -> Act:
    return lambda endpoint: endpoint.fails(status, message, headers, **error)


def in_two_seconds(endpoint: Any) -> None:
    endpoint.fails(429, "slow down", {"Retry-After": formatdate(time.time() + 2, usegmt=True)})


def resets(endpoint: Any) -> None:
    endpoint.reset()


def resets_in_mid_stream(endpoint: Any) -> None:
    endpoint.begin()
    endpoint.text("half an answer, ")
    endpoint.read.wait(20)
    endpoint.reset()


def stalls(endpoint: Any) -> None:
    endpoint.begin()
    endpoint.text("half an answer, ")
    endpoint.silence()


def sends(*chunks: dict[str, Any]) -> Act:
    def act(endpoint: Any) -> None:
        endpoint.begin()
        for chunk in chunks:
            endpoint.chunk(chunk)
        endpoint.chunk("[DONE]")

    return act


def choice(finish: str | None = "stop", **delta: object) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


@dataclass(frozen=True)
class Row:
    """One fault.

    Attributes:
        acts: what the endpoint does, one request after the other; the last again and again.
        asks: `text`, `value` (a `Colour`), or the path of a file that is taken out of the answer.
        gives: what the caller gets, or the class of the error.
        message: expressions that the error's message must match.
        retried: expressions that the reasons for asking again must match, in order.
        requests: that were made, continuations and second questions included.
        paid: calls that were counted.
        place: where the endpoint is.
    """

    fault: str
    acts: tuple[Act, ...] = ()
    asks: str = "text"
    gives: object = "done"
    message: tuple[str, ...] = ()
    retried: tuple[str, ...] = ()
    requests: int = 1
    paid: int = 1
    place: str = "up"
    settings: dict[str, Any] = field(default_factory=dict)
    also: Callable[[Any], bool] = lambda _: True


def failing(fault: str, *acts: Act, retried: tuple[str, ...], paid: int = 1, **more: Any) -> Row:
    """A failure that passes: the same request again brings the answer."""
    return Row(fault, (*acts, says("done")), retried=retried, requests=len(retried) + 1, paid=paid, **more)


def ends(fault: str, *acts: Act, message: tuple[str, ...], gives: type[P2cError] = ModelError, **more: Any) -> Row:
    """The end of the call."""
    return Row(fault, acts, gives=gives, message=message, **{"paid": 0, **more})


def text(fault: str, answer: str, gives: str) -> Row:
    return Row(fault, (says(answer),), gives=gives)


def code(fault: str, answer: str, gives: str = MODULE) -> Row:
    return Row(fault, (says(answer),), asks="src/model.py", gives=gives)


def value(fault: str, answer: str) -> Row:
    return Row(fault, (says(answer),), asks="value", gives=RED)


def refused_format(status: int, message: str) -> Row:
    """The schema was refused; asked in the prompt only, for good."""
    return Row(
        f"a structured-output request refused with {status}",
        (says("red, I think"), fails(status, message), says(GOOD)),
        asks="value",
        gives=RED,
        retried=(f"refused the request: {message}; asking plainer",),
        requests=3,
        paid=2,
        also=lambda stub: ["response_format" in body for body in stub.bodies] == [False, True, False],
    )


ECHO = f"Incorrect API key provided: {KEY}. You can find your key in your account."
WINDOW = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
PAGE = "<!DOCTYPE html><html><body>Log in</body></html>"
NESTED = f'"""\n```python\nf(1)\n```\n"""\n{MODULE}'
OTHER, RUN = "y = 2\n" * 40, "python src/model.py\n" * 20
NAMED = f"# lib/net.py\n{MODULE}"
CUT = "```python\nimport os\n\n\ndef f(x):\n    return x "
MATRIX = (
    failing("429 without Retry-After", fails(429, "slow down"), retried=(r"v1 limits the rate \(429: slow down\)",)),
    failing(
        "429 with Retry-After in seconds",
        fails(429, "slow down", {"Retry-After": "0.4"}),
        retried=(r"v1 limits the rate \(429: slow down\)",),
        also=lambda stub: stub.times[1] - stub.times[0] >= 0.4,
    ),
    failing(
        "429 with Retry-After as an HTTP date",
        in_two_seconds,
        retried=(r"v1 limits the rate \(429: slow down\)",),
        also=lambda stub: stub.times[1] - stub.times[0] >= 0.5,
    ),
    failing("500", fails(500), retried=(r"v1 failed \(500: no\)",)),
    failing("502", fails(502), retried=(r"v1 failed \(502: no\)",)),
    failing("503", fails(503), fails(503), retried=(r"v1 failed \(503: no\)",) * 2),
    ends(
        "503 that does not end",
        fails(503, "overloaded"),
        message=(r"v1 failed \(503: overloaded\)", "tried 4 times", "run the same command again: it goes on from here"),
        retried=("503",) * 3,
        requests=4,
    ),
    failing("connection reset before the first byte", resets, retried=(r"the connection to http://.*/v1 failed",)),
    failing("connection reset in mid-stream", resets_in_mid_stream, retried=(r"connection to .* failed",), paid=2),
    failing(
        "a stall in mid-stream",
        stalls,
        retried=(r"v1 stalled: nothing came for",),
        paid=2,
        settings={"stall_seconds": 1.0},
    ),
    failing(
        "a stall before the first byte",
        lambda endpoint: endpoint.silence(),
        retried=(r"v1 sent nothing for",),
        settings={"timeout": 1.0},
    ),
    ends(
        "TLS failure: a certificate that nobody knows",
        says("never"),
        place="tls",
        message=(r"https://127.0.0.1:\d+/v1: its TLS certificate is not trusted", "SSL_CERT_FILE"),
        requests=0,
    ),
    ends(
        "TLS failure: no TLS there",
        says("never"),
        place="https",
        message=(r"https://127.0.0.1:\d+/v1 does not speak TLS", "usually wants http:// instead of https://"),
        requests=0,
    ),
    ends(
        "DNS failure",
        place="nowhere",
        message=("the name in http://no-such-host.invalid/v1 cannot be resolved", "Check the host", "tried 3 times"),
        retried=("cannot be resolved",) * 2,
        requests=0,
    ),
    ends("401", fails(401, ECHO), message=(r"v1 refused the key \(401: Incorrect API key", "check OPENAI_API_KEY")),
    ends(
        "404 model",
        fails(404, "The model `some-model` does not exist", code="model_not_found"),
        message=(r"v1 has no model 'some-model' \(404: ", "check --model", "/v1/models lists"),
    ),
    ends(
        "context too long",
        fails(400, WINDOW, code="context_length_exceeded"),
        gives=ContextTooLong,
        message=("longer than the model's context window .*9000 tokens", "use a model with a larger window"),
    ),
    refused_format(400, "response_format json_schema is not supported"),
    refused_format(500, "Internal Server Error"),
    Row(
        "the server gone mid-run and back",
        place="gone",
        retried=(r"the connection to http://.*/v1 failed .*refused",),
        paid=2,
        settings={"tries": 12},
    ),
    ends(
        "an HTML page with status 200",
        lambda endpoint: endpoint.status(200, PAGE),
        message=("v1 answered with a page instead of a completion", "Check OPENAI_BASE_URL"),
        retried=("a page instead of a completion",),
        requests=2,
    ),
    failing("empty choices", sends({"choices": []}), retried=("v1 sent an empty answer",), paid=2),
    failing("content: null", sends(choice(content=None)), retried=("v1 sent an empty answer",), paid=2),
    ends(
        "an answer that stays empty",
        says(""),
        message=("v1 sent an empty answer", "tried 3 times", "Try another model"),
        retried=("empty answer",) * 2,
        requests=3,
        paid=3,
    ),
    ends(
        "refusal",
        sends(choice(None, refusal="I cannot help "), choice(refusal="with that.")),
        gives=ModelRefused,
        message=(r"the model refused: I cannot help with that\.", "try another model"),
        paid=1,
    ),
    Row(
        "finish_reason: length, continued and joined without a seam",
        (says(CUT, "length"), says("```python\n    return x + 1\n```")),
        asks="src/model.py",
        gives=MODULE,
        requests=2,
        paid=2,
    ),
    Row(
        "finish_reason: length, though nothing was left to say",
        (says("all of it", "length"), says("")),
        gives="all of it",
        requests=2,
        paid=2,
    ),
    ends(
        "finish_reason: length, again and again",
        says("<think>and on and on", "length"),
        message=("used all of its 16384 reply tokens for reasoning", "set P2C_MAX_REPLY_TOKENS higher"),
        paid=1,
    ),
    text("reasoning: <think> in front of the answer", "<think>\nhm, ```python\n</think>\n\nThe answer", "The answer"),
    text("reasoning: another tag, with an attribute", '<Reasoning of="it">hm</Reasoning>\nThe answer', "The answer"),
    text("reasoning: only the closing tag", "hm\n```python\nx = 1\n```\n</think>\nThe answer", "The answer"),
    text("reasoning: two blocks", "<think>a</think>\n<think>b</think>\nThe answer", "The answer"),
    text("reasoning: a block in a block", "<think>a<think>b</think>c</think>The answer", "The answer"),
    text("reasoning: never closed, behind the answer", "The answer\n<think>was that right?", "The answer"),
    failing("reasoning: never closed, and no answer", says("<think>hm"), retried=("reasoning but no answer",), paid=2),
    text("reasoning: in brackets", "[THINK]hm[/THINK]The answer", "The answer"),
    text("reasoning: in triangles", "◁think▷hm◁/think▷The answer", "The answer"),
    text(
        "reasoning: in channels",
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>The answer<|return|>",
        "The answer",
    ),
    Row(
        "reasoning: in a field reasoning_content",
        (sends(choice(None, reasoning_content="hm"), choice(content="The answer")),),
        gives="The answer",
    ),
    Row(
        "reasoning: in a field reasoning",
        (sends(choice(None, reasoning="hm", content=""), choice(content="The answer")),),
        gives="The answer",
    ),
    text("reasoning: tags that are content stay", "Strip `</think>` and `<think>`.", "Strip `</think>` and `<think>`."),
    code("code fences: none", f"Here is the file:\n\n{MODULE}"),
    code("code fences: wrong language", f"```javascript\n{MODULE}```"),
    code("code fences: nested", f"```python\n{NESTED}```", NESTED),
    code("code fences: a fence in a fence", f"```\n```python\n{MODULE}```\n```"),
    code("code fences: the token that ends an answer behind it", f"```python\n{MODULE}```<|im_end|>"),
    code("code fences: tilde", f"~~~python\n{MODULE}~~~"),
    code("code fences: two blocks", f"```python\n{MODULE}```\nRun it:\n```bash\n{RUN}```"),
    value("JSON with comments", '{\n  // the name\n  "name": "red", # yes\n  "share": /* half */ 0.5\n}'),
    value("JSON with trailing commas", '{"name": "red", "share": 0.5,}'),
    value("JSON with prose around it", f"Of {{colours}} I choose:\n\n{GOOD}\n\nTell me if {{anything}} is missing."),
    value("JSON in a fence, with prose around it", f"Sure!\n```json\n{GOOD}\n```\nThat is all."),
    code("a file name that differs from the one asked for", f"`lib/net.py`:\n```python:lib/net.py\n{NAMED}```", NAMED),
    code("the file asked for beside another", f"```python:src/net.py\n{OTHER}```\n```python:src/model.py\n{MODULE}```"),
    code("an absolute path", f"```python:/etc/cron.d/model.py\n{MODULE}```"),
    code("a path with ..", f"```python:../../model.py\n{MODULE}```"),
    code("NUL bytes", f"```python\n\0{MODULE}\0```"),
    code("CRLF", "```python\r\nx = 1\r\ny = 2\r\n```\r\n", "x = 1\r\ny = 2\r\n"),
    code("tabs", "```python\ndef f(x):\n\treturn x\n```", "def f(x):\n\treturn x\n"),
    code("a byte order mark before the fence", f"\ufeff```python\n{MODULE}```"),
    code("a byte order mark in the fence", f"```python\n\ufeff{MODULE}```"),
    code("a byte order mark and no fence", f"\ufeff{MODULE}"),
)  # fmt: skip


@pytest.fixture
def model(row: Row, stub: Any, open_stub: Any, events: Any, request: pytest.FixtureRequest) -> Model:
    """At where the row's endpoint is."""
    stub.does(*row.acts)
    if row.place == "tls":
        stub.stop()
        stub.start(request.getfixturevalue("tls"))
    address = {
        "tls": stub.url.replace("http://", "https://"),
        "https": stub.url.replace("http://", "https://"),
        "nowhere": "http://no-such-host.invalid/v1",
    }
    if row.place == "nowhere":
        request.getfixturevalue("no_name_resolves")
    opened: Model = open_stub(**{"base_url": address.get(row.place, stub.url), **row.settings})
    if row.place == "gone":
        goes_and_comes_back(opened, stub, events)
    return opened


@pytest.fixture
def nothing_leaks(tmp_path: Path, events: Any) -> Iterator[None]:
    """No key in what a run keeps and shows."""
    yield
    files = "".join(path.read_text() for path in tmp_path.glob("*.jsonl"))
    assert "sk-secret" not in files + str(events)


@pytest.fixture
def no_name_resolves(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)


def goes_and_comes_back(model: Model, stub: Any, events: Any) -> None:
    """The endpoint has answered before, is gone now, and comes back while the next call is being tried again."""
    stub.does(says("before"), says("done"))
    model.ask("planning/plan", [Message(role="user", content="plan it")])
    stub.bodies.clear()
    stub.stop()

    def come_back() -> None:
        while sum(event["event"] == "call_retried" for event in tuple(events)) < 2:
            time.sleep(0.002)
        stub.start()

    threading.Thread(target=come_back, daemon=True).start()


@pytest.mark.usefixtures("nothing_leaks")
@pytest.mark.parametrize("row", MATRIX, ids=[row.fault for row in MATRIX])
def test_a_fault(row: Row, model: Model, stub: Any, open_stub: Any, events: Any) -> None:
    with when_begun(stub.read.set):
        comes_of_it(row, model)
    reasons = [str(event["reason"]) for event in events if event["event"] == "call_retried"]
    expected = row.retried * len(reasons) if row.place == "gone" else row.retried
    assert len(reasons) == len(expected), reasons
    assert [said for pattern, said in zip(expected, reasons, strict=True) if not re.search(pattern, said)] == []
    assert len(stub.bodies) == row.requests
    assert row.also(stub)
    assert set(stub.keys) <= {f"Bearer {KEY}"}
    paid_for_once(row, stub, open_stub)


def comes_of_it(row: Row, model: Model) -> None:
    """The answer, or the error with all that its message must say and nothing that it must not."""
    if isinstance(row.gives, type):
        with pytest.raises(row.gives) as caught:
            answer(row, model)
        message = str(caught.value)
        assert message.startswith(f"{STEP}: "), "on what"
        assert [pattern for pattern in row.message if not re.search(pattern, message)] == []
        assert "sk-secret" not in "".join(traceback.format_exception(caught.value))
        assert caught.value.__context__ is None, "an exception of the library holds the request, and so the key"
    else:
        assert answer(row, model) == row.gives


def answer(row: Row, model: Model) -> object:
    if row.asks == "value":
        return model.ask_for(STEP, SAID, Colour)
    answered = model.ask(STEP, SAID).text
    return answered if row.asks == "text" else extract_code(answered, row.asks)


def paid_for_once(row: Row, stub: Any, open_stub: Any) -> None:
    """A later process knows what was paid, and is served the answer from the run's own record."""
    later: Model = open_stub()
    assert sum(usage.calls for usage in later.usage().values()) == row.paid
    if not isinstance(row.gives, type):
        assert answer(row, later) == row.gives
        assert len(stub.bodies) == row.requests


def test_an_endpoint_that_is_gone_for_a_minute_is_waited_for() -> None:
    assert 90 < sum(backoff(tried, 1.0) for tried in range(1, ModelSettings().tries)) < 180
