"""No key in any file of a run folder, in any output, report or traceback, whoever echoes it; none in a container."""

from __future__ import annotations

import base64
import importlib
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from p2c.run.lines import JsonLines
from p2c.run.secrets import HIDDEN, hidden, hidden_bytes, secrets

KEY = "sk-live-4f9a8b7c6d5e4f3a2b1c0d9e"
"""As in conftest.py."""
AUTHORIZATION = "@@AUTHORIZATION@@"
PARTS = (KEY, KEY[:16], KEY[8:24], base64.b64encode(KEY.encode()).decode().rstrip("="))


def check(folder: Path, *printed: str) -> None:
    """No whole key, no beginning of it and no middle, in any byte below the folder or in what was printed."""
    files = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    files |= {f"output {number}": text.encode() for number, text in enumerate(printed)}
    found = [(name, part) for name, content in files.items() for part in PARTS if part.encode() in content]
    assert found == []
    names = [str(path) for path in folder.rglob("*") if KEY[:16] in str(path)]
    assert names == []


def test_a_whole_run_and_its_report_hold_no_key(tmp_path: Path, tiny_paper: Path, endpoint, p2c_command, no_sandbox):
    ran = p2c_command("generate", tiny_paper, "-o", tmp_path / "run", "--json", endpoint=endpoint)
    assert ran.status == 0, ran.stderr
    assert json.loads(ran.stdout)["ending"] == "verified"
    replayed = p2c_command("replay", tmp_path / "run", "--to", tmp_path / "again")
    check(tmp_path, ran.stdout, ran.stderr, replayed.stdout, replayed.stderr)


def test_a_key_that_the_model_repeats_is_hidden_before_anything_is_made_of_it(
    tmp_path: Path, tiny_paper: Path, endpoint, p2c_command, no_sandbox
):
    endpoint.tiny.replies["planning/overview"] = f"## What is reproduced\nThe mean, with {AUTHORIZATION}."
    endpoint.tiny.code["mean.py"] = endpoint.tiny.code["mean.py"].replace(
        '"""The mean (Section 1)."""', f'"""The mean (Section 1)."""\n\nKEY = "{AUTHORIZATION}"'
    )
    ran = p2c_command("generate", tiny_paper, "-o", tmp_path / "run", endpoint=endpoint)
    assert ran.status == 0, ran.stderr
    assert f"The mean, with Bearer {HIDDEN}." in (tmp_path / "run/plan/overview.md").read_text()
    assert f'KEY = "Bearer {HIDDEN}"' in (tmp_path / "run/repository/mean.py").read_text()
    check(tmp_path, ran.stdout, ran.stderr)
    asked = len(endpoint.prompts)
    again = p2c_command("generate", tiny_paper, "-o", tmp_path / "run", endpoint=endpoint)
    assert again.status == 0, again.stderr
    assert len(endpoint.prompts) == asked
    assert not [prompt for prompt in endpoint.prompts if KEY in prompt]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"error": {"message": f"Incorrect API key provided: {AUTHORIZATION}", "code": "invalid_api_key"}}),
        json.dumps({"error": {"message": "x" * 270 + AUTHORIZATION}}),
        f"<html><body>{AUTHORIZATION}</body></html>",
        json.dumps({"request": {"headers": {"authorization": AUTHORIZATION}}}),
    ],
    ids=["message", "cut off", "page", "headers"],
)
def test_a_key_in_the_body_of_an_error_is_hidden(tiny_paper: Path, endpoint, p2c_command, status: int, body: str):
    endpoint.failing = (status, body)
    run = tiny_paper.parent / "run"
    ran = p2c_command("generate", tiny_paper, "-o", run, "--until", "planning", endpoint=endpoint)
    assert ran.status == 3, ran.stderr
    assert "Error: planning/overview" in ran.stderr or "Error: http" in ran.stderr
    check(tiny_paper.parent, ran.stdout, ran.stderr)


def test_a_refusal_that_names_the_key_is_hidden(tmp_path: Path, tiny_paper: Path, endpoint, p2c_command):
    endpoint.tiny.replies["planning/architecture"] = f"I cannot do that with {AUTHORIZATION}"
    ran = p2c_command("generate", tiny_paper, "-o", tmp_path / "run", "--until", "planning", endpoint=endpoint)
    assert ran.status == 1, ran.stderr
    check(tmp_path, ran.stdout, ran.stderr)


def test_a_traceback_of_ours_holds_no_key(tmp_path: Path, tiny_paper: Path, endpoint, p2c_command, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"the header was Bearer {KEY}")

    monkeypatch.setattr(importlib.import_module("p2c.stages.planning"), "plan_overview", broken)
    ran = p2c_command("generate", tiny_paper, "-o", tmp_path / "run", "--until", "planning", endpoint=endpoint)
    assert ran.status == 3
    assert "this is a bug of p2c" in ran.stderr
    assert f"the header was Bearer {HIDDEN}" in ran.stderr
    check(tmp_path, ran.stdout, ran.stderr)


def test_what_is_a_secret_is_told_by_the_variable_and_no_word_is_taken_for_one():
    environment = {
        "OPENAI_API_KEY": "sk-0123456789", "HF_TOKEN": "hf_abcdefghijklmnopqrstuvwx", "DB_PASSWORD": "hunter2hunter2",
        "OPENAI_BASE_URL": "https://user:s3cr3t-word@host/v1", "P2C_CONTEXT_TOKENS": "200000", "PATH": "/usr/bin1234",
        "LOCAL_API_KEY": "ollama", "OTHER_KEY": "password", "EMPTY_KEY": "",
    }  # fmt: skip
    basic = base64.b64encode(b"user:s3cr3t-word").decode()
    assert set(secrets(environment)) == {
        "hf_abcdefghijklmnopqrstuvwx", "hunter2hunter2", "sk-0123456789", "s3cr3t-word", basic, quote(basic),
    }  # fmt: skip


def test_the_path_of_a_file_is_no_secret_or_every_path_beside_it_would_be_one(tmp_path: Path):
    (tmp_path / "key.json").touch()
    assert secrets({"GOOGLE_KEY_FILE": str(tmp_path / "key.json")}) == ()


ADDRESSES = {
    "user and password": ("http://user:p%40ss-w0rd-9f8e7d6c@{host}", "p@ss-w0rd-9f8e7d6c"),
    "only a user": ("http://ghp-0123456789abcdef@{host}", "ghp-0123456789abcdef"),
    "query": ("http://{host}?api-key=AIza%2B0123456789abcdef", "AIza+0123456789abcdef"),
}


@pytest.mark.parametrize("is_option", [False, True], ids=["variable", "option"])
@pytest.mark.parametrize("name", ADDRESSES)
def test_a_key_in_the_address_reaches_the_endpoint_and_no_file_or_output(
    tiny_paper: Path, endpoint, p2c_command, name: str, *, is_option: bool
):
    run = tiny_paper.parent / "run"
    form, key = ADDRESSES[name]
    address = form.format(host=endpoint.url.partition("://")[2])
    asked: list[tuple[str, str]] = []
    serve = endpoint.serve

    def seen(handler) -> None:
        asked.append((handler.path, handler.headers["Authorization"]))
        serve(handler)

    endpoint.serve = seen
    words = ["generate", tiny_paper, "-o", run, "--until", "planning"]
    way = {"OPENAI_BASE_URL": address} if not is_option else {}
    words += ["--base-url", address] if is_option else []
    endpoint.failing = (401, json.dumps({"error": {"message": f"{AUTHORIZATION} at {address} is {key}"}}))
    refused = p2c_command(*words, endpoint=endpoint, **way)
    endpoint.failing = None
    endpoint.tiny.replies["planning/overview"] = f"The mean, asked with {AUTHORIZATION} at {address}, {key}."
    ran = p2c_command(*words, endpoint=endpoint, **way)
    assert (refused.status, ran.status) == (3, 0), ran.stderr
    path, sent = asked[-1]
    credentials = sent.partition(" ")[2]
    assert path == "/v1/chat/completions" + (f"?api-key={quote(key)}" if name == "query" else "")
    assert name == "query" or key in base64.b64decode(credentials).decode()
    parts = (key, quote(key), credentials)
    texts = [refused.stdout, refused.stderr, ran.stdout, ran.stderr]
    texts += [file.read_text() for file in run.rglob("*") if file.is_file()]
    assert not [part for part in parts for text in texts if part in text]


def test_a_key_of_digits_or_with_quotes_leaves_json_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "00000000")
    monkeypatch.setenv("HF_TOKEN", 'one"two\\three-0123456')
    lines = JsonLines(tmp_path / "lines.jsonl")
    entry = {"bytes": 1000000000, "said": 'the keys are 00000000 and one"two\\three-0123456'}
    assert lines.append(entry) == {"bytes": 1000000000, "said": "the keys are *** and ***"}
    assert list(lines.read()) == [{"bytes": 1000000000, "said": "the keys are *** and ***"}]
    assert hidden_bytes(json.dumps(entry).encode()) == b'{"bytes": 1000000000, "said": "the keys are *** and ***"}'


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"a {KEY} b {KEY}.", "a *** b ***."),
        (f"cut off: {KEY[:20]}", "cut off: ***"),
        (f"masked: {KEY[:14]}****{KEY[-4:]} end", "masked: *** end"),
        ("sk-live-short and sk-learn", "sk-live-short and sk-learn"),
        ("", ""),
    ],
)
def test_a_key_is_hidden_whole_cut_off_and_masked(monkeypatch: pytest.MonkeyPatch, said: str, shown: str):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert hidden(said) == shown
    assert hidden_bytes(said.encode() + b"\xff\x00") == shown.encode() + b"\xff\x00"
