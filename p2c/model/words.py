"""What an endpoint's words say, where its status alone does not: each has its own for the same trouble."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from p2c.model.redact import scrub
from p2c.model.settings import ModelSettings

TOO_LONG = re.compile(
    r"context[_ ](length|window|size|limit)|maximum context|exceeds? the (available|maximum) context|too many tokens"
    r"|prompt is too long|requested tokens|input is too long|reduce the length"
    r"|exceeds the maximum number of tokens|maximum prompt length|exceeded model token limit"
    r"|must have less than \d+ tokens|range of input length|prompt exceeds max",
    re.IGNORECASE,
)
"""A prompt that does not fit; the last two lines: Gemini, xAI, Moonshot; Hugging Face, DashScope, Zhipu."""
TOO_LARGE = re.compile(r"\brequest too large for", re.IGNORECASE)
"""More tokens than an account may use in a minute, those of the longest reply included: OpenAI, Groq."""
REPLY_LIMIT = re.compile(
    r"max_(completion_|new_|output_)?tokens|(in|for) the (completion|output)|(completion|output) tokens"
    rf"|{TOO_LARGE.pattern}",
    re.IGNORECASE,
)
"""About the limit of a reply, or about a window or a rate that is too small: without that limit it may fit."""
NO_MODEL = re.compile(
    r"not a valid model|(invalid|unknown) model|model (does )?not exist|no models? loaded|no such model"
    r"|model\W.{0,100}(not found|does not exist)",
    re.IGNORECASE,
)
"""An unknown model with status 400: OpenRouter, Mistral, LiteLLM, DeepSeek, LM Studio."""
BAD_KEY = re.compile(
    r"api[_ ]key (is )?(not valid|not found|expired|invalid|missing)"
    r"|(incorrect|invalid|missing|expired) (or invalid )?(api[_ ]key|authorization)",
    re.IGNORECASE,
)
"""A key refused with status 400: Gemini, xAI."""
FILTERED = re.compile(
    r"content[_ ](filter|policy)|content management policy|data_inspection_failed|inappropriate content"
    r"|content exists risk|was flagged",
    re.IGNORECASE,
)
"""A prompt refused for what it says: Azure, OpenAI, DashScope, DeepSeek, OpenRouter."""
TEXT_ONLY = re.compile(
    r"image input is not supported|required for image|not a multimodal model|support image"
    r"|unsupported content part type|unknown variant `image|image_url is only|not support (images|vision)",
    re.IGNORECASE,
)
"""Pictures for a model that sees none: llama.cpp, Ollama, vLLM, OpenRouter, DeepSeek, LM Studio."""
NO_PLACE = re.compile(r"unexpected endpoint or method", re.IGNORECASE)
"""A path that is none, with status 200: LM Studio."""


def words_of(body: object, text: str, settings: ModelSettings) -> tuple[str, str]:
    """The message and the code in an error's body: OpenAI's form, FastAPI's, Ollama's, plain text, a page.

    Gemini wraps it in a list. OpenRouter has "Provider returned error", and what the provider said beside it.
    """
    code = ""
    body = body[0] if isinstance(body, list) and body else body
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        if isinstance(inner, Mapping):
            code = " ".join(str(inner[name]) for name in ("code", "type") if inner.get(name) is not None)
            text = _behind(inner) or str(inner.get("message") or inner.get("detail") or inner)
        else:
            text = str(inner or body)
    if "<html" in text[:500].lower() or text.lstrip().lower().startswith("<!doctype"):
        text = "an HTML page"
    return scrub(" ".join(text[:3000].split()), settings)[:300], code


def _behind(inner: Mapping[str, object]) -> str:
    """What the provider behind OpenRouter said, `metadata.raw`; empty where there is none."""
    metadata = inner.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, Mapping) else None
    if not raw:
        return ""
    try:
        said = json.loads(raw) if isinstance(raw, str) else raw
    except (ValueError, RecursionError):
        said = raw
    if isinstance(said, Mapping):
        deeper = said.get("error", said)
        said = deeper.get("message", deeper) if isinstance(deeper, Mapping) else deeper
    return f"{inner.get('message') or 'error'}: {said}"
