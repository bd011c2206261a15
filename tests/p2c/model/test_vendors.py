"""Endpoints by their habits: what OpenRouter, Gemini, Groq, Ollama, vLLM and others do, and the words they have."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from p2c.errors import ContextTooLong, ModelError, ModelRefused
from p2c.model.types import Message

SAID = [Message(role="system", content="rules"), Message(role="user", content="write it")]
Open = Callable[..., Any]


def reasons(events: list[dict[str, object]]) -> list[str]:
    return [str(event["reason"]) for event in tuple(events) if event["event"] == "call_retried"]


def refuses(status: int, body: object) -> Callable[[Any], None]:
    """With a body of the endpoint's own form."""
    return lambda exchange: exchange.status(status, json.dumps(body).encode())


def ends_with(word: str, text: str = "half an ans") -> Callable[[Any], None]:
    return lambda exchange: exchange.says(text, finish=word)


@pytest.mark.parametrize("word", ["error", "abort", "insufficient_system_resource", "network_error"])
def test_an_answer_that_the_endpoint_gave_up_is_none(stub: Any, open_stub: Open, events: Any, word: str) -> None:
    stub.does(ends_with(word), stub.says("done"))
    reply = open_stub().ask("s", SAID)
    assert (reply.text, reply.usage.calls) == ("done", 2)
    assert "ended the answer with an error of its own" in reasons(events)[0]


@pytest.mark.parametrize("word", ["content_filter: RECITATION", "PROHIBITED_CONTENT", "SAFETY", "sensitive", "refusal"])
def test_an_answer_that_was_stopped_for_what_it_says_is_a_refusal(stub: Any, open_stub: Open, word: str) -> None:
    stub.does(ends_with(word))
    with pytest.raises(ModelRefused, match="content filter stopped the answer; try another model"):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 1


FILTERED: list[tuple[int, Any]] = [
    (400, {"error": {"message": "The response was filtered due to the prompt triggering Azure OpenAI's content "
                                "management policy.", "code": "content_filter", "status": 400}}),
    (400, {"error": {"message": "Content Exists Risk", "type": "invalid_request_error"}}),
    (400, {"error": {"message": "Input data may contain inappropriate content.", "code": "data_inspection_failed"}}),
    (403, {"error": {"message": "x requires moderation on OpenAI. Your input was flagged for \"violence\".",
                     "code": 403}}),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body"), FILTERED)
def test_a_prompt_that_a_filter_stops_is_asked_once(stub: Any, open_stub: Open, status: int, body: Any) -> None:
    stub.does(refuses(status, body))
    with pytest.raises(ModelRefused, match=rf"s: .*v1 refused the prompt \({status}: .*try another model"):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 1


TOO_LONG = [
    (400, "The input token count (1100000) exceeds the maximum number of tokens allowed (1048576)."),
    (400, "This model's maximum prompt length is 131072 but the request contains 537812 tokens."),
    (400, "Invalid request: Your request exceeded model token limit: 8192"),
    (422, "Input validation error: `inputs` must have less than 4096 tokens. Given: 5000"),
    (400, "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 98304]"),
    (400, "Prompt exceeds max length"),
    (400, "prompt is too long: 210000 tokens > 200000 maximum"),
    (400, "Your input exceeds the context window of this model. Please adjust your input and try again."),
    (400, "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length"),
    (400, "request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it"),
    (400, "Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context "
          "length of only 4096 tokens, which is not enough."),
    (400, "The input (9000 tokens) is longer than the model's context length (8192 tokens)."),
]  # fmt: skip


@pytest.mark.parametrize(("status", "message"), TOO_LONG)
def test_a_prompt_that_is_too_long_is_known_by_each_ones_words(
    stub: Any, open_stub: Open, status: int, message: str
) -> None:
    stub.does(stub.fails(status, message))
    with pytest.raises(ContextTooLong, match=r"longer than the model's context window .*P2C_CONTEXT_TOKENS"):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 1


ROOM = [
    "This endpoint's maximum context length is 32768 tokens. However, you requested about 36384 tokens (20000 of text "
    "input, 16384 in the output). Please reduce the length of either one, or use the \"middle-out\" transform.",
    "This model's maximum context length is 8192 tokens, however you requested 20244 tokens (3860 in your prompt; "
    "16384 for the completion). Please reduce your prompt; or completion length.",
    "You passed 600 input tokens and requested 16384 output tokens. However, the model's context length is only 8192 "
    "tokens, resulting in a maximum input length of -8192 tokens. Please reduce the length of the input prompt.",
    "input length and `max_tokens` exceed context limit: 190000 + 16384 > 200000, decrease input length.",
    "`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` is less than the "
    "`context_window` for this model",
]  # fmt: skip


@pytest.mark.parametrize("message", ROOM)
def test_where_the_reply_has_no_room_the_endpoint_sets_its_limit(stub: Any, open_stub: Open, message: str) -> None:
    stub.does(stub.fails(400, message), stub.says("ok"))
    assert open_stub().ask("s", SAID).text == "ok"
    assert ["max_tokens" in body for body in stub.bodies] == [True, False]


@pytest.mark.parametrize("message", [ROOM[1], ROOM[2]])
def test_where_it_still_does_not_fit_nothing_else_is_left_out(stub: Any, open_stub: Open, message: str) -> None:
    stub.does(stub.fails(400, message))
    with pytest.raises(ContextTooLong):
        open_stub().ask("s", SAID)
    assert [sorted({"max_tokens", "stream_options"} & set(body)) for body in stub.bodies] == [
        ["max_tokens", "stream_options"], ["stream_options"],
    ]  # fmt: skip


TOO_LARGE = [
    (413, "Request too large for model `m` in organization `o` service tier `on_demand` on tokens per minute (TPM): "
          "Limit 6000, Requested 20531, please reduce your message size and try again."),
    (429, "Request too large for m in organization org-x on tokens per min (TPM): Limit 10000, Requested 20531. The "
          "input or output tokens must be reduced in order to run successfully."),
]  # fmt: skip


@pytest.mark.parametrize(("status", "message"), TOO_LARGE)
def test_more_than_a_minute_allows_is_asked_without_a_limit_and_then_final(
    stub: Any, open_stub: Open, status: int, message: str
) -> None:
    stub.does(stub.fails(status, message, code="rate_limit_exceeded"))
    with pytest.raises(ModelError, match=rf"takes no request of this size \({status}: .*; use a model or a server"):
        open_stub().ask("s", SAID)
    assert ["max_tokens" in body for body in stub.bodies] == [True, False]


def test_a_rate_of_output_tokens_is_a_rate(stub: Any, open_stub: Open) -> None:
    rate = "This request would exceed your organization's rate limit of 8,000 output tokens per minute."
    stub.does(stub.fails(429, rate), stub.says("done"))
    assert open_stub().ask("s", SAID).text == "done"
    assert all("max_tokens" in body for body in stub.bodies)


GEMINI_KEY = [{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key.",
                         "status": "INVALID_ARGUMENT"}}]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        GEMINI_KEY,
        [{"error": {"code": 400, "message": "Missing or invalid Authorization header.", "status": "INVALID_ARGUMENT"}}],
        {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: xa***ey."},
    ],
)
def test_a_key_that_is_refused_with_400_is_refused(stub: Any, open_stub: Open, body: Any) -> None:
    stub.does(refuses(400, body))
    with pytest.raises(ModelError, match=r"v1 refused the key \(400: [AMI].*check OPENAI_API_KEY"):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "some-model is not a valid model ID", "code": 400}},
        {"object": "error", "message": "Invalid model: some-model", "type": "invalid_model", "code": "1500"},
        {"error": {"message": "Model Not Exist", "type": "invalid_request_error", "code": "invalid_request_error"}},
        {
            "error": {
                "message": "litellm: Invalid model name passed in model=some-model. Call `/v1/models`",
                "code": "400",
            }
        },
        {"error": "No models loaded. Please load a model in the developer page or use the `lms load` command."},
    ],
)
def test_a_model_that_is_unknown_with_400_is_unknown(stub: Any, open_stub: Open, body: Any) -> None:
    stub.does(refuses(400, body))
    with pytest.raises(ModelError, match=r"v1 has no model 'some-model' \(400: .*check --model .*/v1/models lists"):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 1


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (500, "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"),
        (500, "this model is missing data required for image input"),
        (404, "No endpoints found that support image input"),
        (400, "some-model is not a multimodal model"),
        (400, "Failed to deserialize: messages[1]: unknown variant `image_url`, expected `text`"),
        (400, "Invalid content type. image_url is only supported by certain models."),
    ],
)
def test_pictures_for_a_model_that_sees_none_are_sent_once(
    stub: Any, open_stub: Open, status: int, message: str
) -> None:
    stub.does(stub.fails(status, message))
    with pytest.raises(ModelError, match=rf"v1 takes no pictures for 'some-model' \({status}: "):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 1


def behind_openrouter(said: object) -> dict[str, Any]:
    metadata = {"raw": said if isinstance(said, str) else json.dumps(said), "provider_name": "Fireworks"}
    return {"error": {"message": "Provider returned error", "code": 400, "metadata": metadata}}


def test_what_the_provider_behind_openrouter_said_is_heard(stub: Any, open_stub: Open) -> None:
    stub.does(
        refuses(400, behind_openrouter({"error": {"message": "temperature is not supported by this model"}})),
        refuses(
            400, behind_openrouter({"message": "The prompt is too long: 9000, model maximum context length: 8191"})
        ),
    )
    with pytest.raises(ContextTooLong, match="Provider returned error: The prompt is too long: 9000"):
        open_stub(temperature=0.2).ask("s", SAID)
    assert ["temperature" in body for body in stub.bodies] == [True, False]


@pytest.mark.parametrize("status", [400, 200])
def test_words_of_a_provider_that_are_no_json_are_heard_too(stub: Any, open_stub: Open, status: int) -> None:
    stub.does(refuses(status, behind_openrouter("upstream: messages must not be empty")))
    with pytest.raises(ModelError, match="Provider returned error: upstream: messages must not be empty"):
        open_stub().ask("s", SAID)


def test_a_path_that_is_none_with_status_200_is_an_address_to_check(stub: Any, open_stub: Open) -> None:
    stub.does(refuses(200, {"error": "Unexpected endpoint or method. (POST /chat/completions)"}))
    root = stub.url.removesuffix("/v1")
    with pytest.raises(ModelError, match=rf"{root} has no chat completions .*so try {root}/v1"):
        open_stub(base_url=root).ask("s", SAID)
    assert len(stub.bodies) == 1


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "System role not supported"),
        (500, "System role not supported"),
        (400, "Developer instruction is not enabled for models/gemma-3-27b-it"),
        (400, "Unsupported value: 'messages[0].role' does not support 'system' with this model."),
        (400, "Conversation roles must alternate user/assistant/user/assistant/..."),
        (400, "Only user and assistant roles are supported!"),
    ],
)
def test_where_there_is_no_system_role_the_user_says_the_rules(
    stub: Any, open_stub: Open, status: int, message: str
) -> None:
    stub.does(stub.fails(status, message), stub.says("one"))
    model = open_stub()
    assert [model.ask(step, SAID).text for step in "ab"] == ["one", "one"]
    roles = [[said["role"] for said in body["messages"]] for body in stub.bodies]
    assert roles == [["system", "user"], ["user"], ["user"]]
    assert stub.bodies[1]["messages"][0]["content"] == "rules\n\nwrite it"
    assert {"stream", "stream_options", "max_tokens"} <= set(stub.bodies[1]), "nothing else is left out"


@pytest.mark.parametrize(
    "first",
    [
        {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]},
        {"choices": [], "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]},
    ],
    ids=["a role", "a filter's results"],
)
def test_a_pause_before_the_first_text_is_no_stall(stub: Any, open_stub: Open, events: Any, first: Any) -> None:
    def thinks_unseen(exchange: Any) -> None:
        exchange.begin()
        exchange.chunk(first)
        time.sleep(1.2)
        exchange.text("done")
        exchange.end()

    stub.does(thinks_unseen)
    assert open_stub(stall_seconds=0.5).ask("s", SAID).text == "done"
    assert reasons(events) == []


def test_an_endpoint_that_says_nothing_is_given_up_with_the_settings_for_a_slow_one(stub: Any, open_stub: Open) -> None:
    def opens(exchange: Any) -> None:
        exchange.begin()
        exchange.text("")
        exchange.silence()

    stub.does(lambda exchange: exchange.silence(), opens)
    with pytest.raises(
        ModelError,
        match=r"(sent nothing|no text came) for .*tried 3 times. If it is only slow, set P2C_TIMEOUT ",
    ):
        open_stub(timeout=0.3).ask("s", SAID)
    assert len(stub.bodies) == 3


def test_one_that_stops_in_the_middle_each_time_is_given_up_as_well(stub: Any, open_stub: Open) -> None:
    def begins(exchange: Any) -> None:
        exchange.begin()
        exchange.text("half an ans")
        exchange.silence()

    stub.does(begins)
    with pytest.raises(ModelError, match=r"stalled: nothing came for .*tried 2 times. .*set P2C_TIMEOUT "):
        open_stub(timeout=0.3, stall_seconds=9.0, tries=2).ask("s", SAID)
    with pytest.raises(ModelError, match=r"stalled: nothing came for .*tried 2 times. .*set P2C_STALL_SECONDS "):
        open_stub(timeout=9.0, stall_seconds=0.3, tries=2).ask("s", SAID)
    assert len(stub.bodies) == 4


def test_a_call_that_waits_behind_others_is_not_given_up(stub: Any, open_stub: Open, events: Any) -> None:
    served = threading.Event()

    def one_at_a_time(exchange: Any) -> None:
        if exchange.body["messages"][0]["content"] == "second":
            if not served.is_set():
                exchange.silence()
            return exchange.says("second")
        exchange.begin()
        while len(reasons(events)) < 4:  # more often than a silent endpoint is tried
            exchange.text("word ")
            time.sleep(0.02)
        served.set()
        return exchange.end()

    stub.does(one_at_a_time)
    model = open_stub(timeout=0.4)
    first = threading.Thread(target=model.ask, args=("a", [Message(role="user", content="first")]))
    first.start()
    while not stub.bodies:
        time.sleep(0.01)
    assert model.ask("b", [Message(role="user", content="second")]).text == "second"
    first.join(timeout=10)


def test_an_endpoint_that_asks_for_no_wait_again_and_again_is_waited_for(stub: Any, open_stub: Open) -> None:
    stub.does(*[stub.fails(429, "slow down", {"Retry-After": "0"})] * 6, stub.says("done"))
    assert open_stub(tries=8).ask("s", SAID).text == "done"
    waits = [after - before for before, after in zip(stub.times, stub.times[1:], strict=False)]
    assert waits[5] >= 0.16, "the fifth of our own waits: 0.01 s, doubled four times"


def test_a_prompt_that_was_cut_without_a_word_is_said_once(stub: Any, open_stub: Open, events: Any) -> None:
    stub.does(stub.says("done", usage={"prompt_tokens": 4096, "completion_tokens": 5}))
    model = open_stub()
    for step in "ab":
        model.ask(step, [Message(role="user", content=f"{step} word" * 10_000)])
    notes = [str(event["message"]) for event in events if event["event"] == "note"]
    assert len(notes) == 1
    assert "counted 4096 tokens of a prompt of about 15000" in notes[0]
    assert "P2C_CONTEXT_TOKENS" in notes[0]


@pytest.mark.parametrize("counted", [8000, 30_000])
def test_a_prompt_that_was_read_is_not_said_to_be_cut(stub: Any, open_stub: Open, events: Any, counted: int) -> None:
    stub.does(stub.says("done", usage={"prompt_tokens": counted, "completion_tokens": 5}))
    open_stub().ask("s", [Message(role="user", content="a word" * 10_000)])
    assert not [event for event in events if event["event"] == "note"]


def test_an_error_in_a_field_of_its_own_is_heard(stub: Any, open_stub: Open, events: Any) -> None:
    def breaks(exchange: Any) -> None:
        exchange.begin()
        exchange.text("half an ans")
        exchange.raw(b'error: {"code": 500, "message": "slot was lost", "type": "server_error"}\n\n')

    stub.does(breaks, stub.says("done"))
    assert open_stub().ask("s", SAID).text == "done"
    assert "broke off with an error: slot was lost" in reasons(events)[0]


def test_a_model_that_goes_round_in_circles_is_not_asked_to_go_on(stub: Any, open_stub: Open, events: Any) -> None:
    stub.does(stub.says("```python\nimport os\n" + "x = layer(x)\n" * 500, "length"))
    with pytest.raises(ModelError, match=r"same again and again, until its limit .*tried 2 times. Try another model"):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 2
    assert all(len(body["messages"]) == len(SAID) for body in stub.bodies), "it was asked anew"
