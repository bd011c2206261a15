"""`p2c doctor` on the terminal, as JSON, by its exit status; the key of the endpoint never shows."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from p2c.cli import doctor
from sandbox.errors import ImageUnavailable
from sandbox.setup.check import Check

GOOD = [Check("engine", "ok", "Docker 27"), Check("limit: swap", "warning", "cannot be enforced", "switch swap off")]
BAD = [*GOOD, Check("image", "missing", "not built yet", "p2c doctor --fix")]


class Endpoint(BaseHTTPRequestHandler):
    """Answers `GET /v1/models` as it is told."""

    status = 200
    body = b'{"object": "list", "data": [{"id": "small", "object": "model", "created": 1, "owned_by": "me"}]}'

    def do_GET(self) -> None:
        """One answer."""
        self.send_response(type(self).status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Endpoint]]:
    """A configured endpoint on loopback."""
    Endpoint.status = 200
    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "s3cret-key")
        monkeypatch.setenv("P2C_MODEL", "small")
        yield Endpoint
        server.shutdown()


@pytest.fixture
def no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is configured."""
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "P2C_MODEL"):
        monkeypatch.delenv(name, raising=False)


def run(monkeypatch: pytest.MonkeyPatch, found: list[Check], *arguments: str) -> Result:
    monkeypatch.setattr(doctor, "checks", lambda: found)
    monkeypatch.setattr(doctor, "room_checks", lambda: [])
    return CliRunner().invoke(doctor.command, arguments, standalone_mode=False)


@pytest.mark.usefixtures("no_endpoint")
def test_warnings_end_with_0_and_show_their_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, GOOD)
    assert result.return_value == 0
    lines = result.output.splitlines()
    assert lines[0].split() == ["✓", "engine", "Docker", "27"]
    assert lines[2].split() == ["mend:", "switch", "swap", "off"]
    assert lines[-1] == "All that is needed is there."


@pytest.mark.usefixtures("no_endpoint")
def test_what_is_missing_ends_with_3(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, BAD)
    assert result.return_value == 3
    assert result.output.endswith("Something that is needed is missing.\n")


@pytest.mark.usefixtures("no_endpoint")
def test_json_holds_every_check(monkeypatch: pytest.MonkeyPatch) -> None:
    told = json.loads(run(monkeypatch, BAD, "--json").output)
    assert told["healthy"] is False
    assert [entry["name"] for entry in told["checks"]] == ["engine", "limit: swap", "image", "model"]
    assert told["checks"][2] == {
        "name": "image", "state": "missing", "detail": "not built yet", "mend": "p2c doctor --fix",
    }  # fmt: skip


@pytest.mark.usefixtures("no_endpoint")
def test_fix_that_fails_says_why_after_all_that_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fix(_: object) -> None:
        raise ImageUnavailable("no registry answers")

    monkeypatch.setattr(doctor, "fix", fix)
    result = run(monkeypatch, BAD, "--fix")
    assert result.return_value == 3
    assert "Could not be mended: no registry answers" in result.output


@pytest.mark.usefixtures("no_endpoint")
def test_no_endpoint_is_a_warning_that_names_the_settings() -> None:
    check = doctor.model_check()
    assert check.state == "warning"
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "--model", "make demo"):
        assert name in check.detail + check.mend


def test_an_endpoint_that_answers_is_green_and_its_key_is_not_shown(endpoint: type[Endpoint]) -> None:
    check = doctor.model_check()
    assert (check.state, check.detail.endswith("answers, model small")) == ("ok", True)
    assert "s3cret" not in repr(check)


@pytest.mark.parametrize(("status", "state"), [(401, "warning"), (404, "ok"), (500, "warning")])
def test_an_endpoint_is_judged_by_whether_it_answers_and_takes_the_key(
    endpoint: type[Endpoint], status: int, state: str
) -> None:
    endpoint.status = status
    check = doctor.model_check()
    assert check.state == state
    assert "s3cret" not in repr(check)


def test_a_model_that_the_endpoint_does_not_list_is_said(
    endpoint: type[Endpoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("P2C_MODEL", "large")
    check = doctor.model_check()
    assert (check.state, check.mend) == ("warning", "it has small")


def test_an_endpoint_that_is_not_there_is_a_warning(endpoint: type[Endpoint], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://user:s3cret@127.0.0.1:9/v1")
    check = doctor.model_check()
    assert check.state == "warning"
    assert "s3cret" not in repr(check)


def test_the_command_line_ends_with_3_where_no_engine_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    done = subprocess.run(
        [sys.executable, "-c", "from p2c.cli import main; main(['doctor'])"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "✗ engine" in done.stdout
    assert "\x1b" not in done.stdout, "plain lines when piped"
