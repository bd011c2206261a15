"""The JSON schema of an answer, as endpoints want it."""

from __future__ import annotations

import copy
import json
from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]


def schema_of(answer: type[BaseModel]) -> Schema:
    """The JSON schema of `answer` (2020-12, as pydantic writes it)."""
    return answer.model_json_schema()


def schema_text(schema: Schema) -> str:
    """The schema for a prompt: compact, the same text every time."""
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))


def response_format(name: str, schema: Schema) -> dict[str, Any]:
    """The request's `response_format`.

    Strict where the schema allows it: strict schemas have closed objects only, with every property required
    (https://platform.openai.com/docs/guides/structured-outputs, "Supported schemas").
    """
    is_strict = not _has_open_object(schema)
    wire = _closed(copy.deepcopy(schema)) if is_strict else schema
    return {"type": "json_schema", "json_schema": {"name": name, "schema": wire, "strict": is_strict}}


def _closed(node: Any) -> Any:
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _closed(value) for key, value in node.items() if key != "default" or isinstance(value, dict)}
    if isinstance(plain.get("properties"), dict):
        plain["additionalProperties"] = False
        plain["required"] = list(plain["properties"])
    return plain


def _has_open_object(node: Any) -> bool:
    if isinstance(node, list):
        return any(_has_open_object(item) for item in node)
    if not isinstance(node, dict):
        return False
    is_open = node.get("type") == "object" and "properties" not in node
    return is_open or any(_has_open_object(value) for value in node.values())
