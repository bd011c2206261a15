"""A paper that gives orders, and a model that obeys them: nothing unexplained is installed, nothing is written
elsewhere, the sandbox is as it was, and no key gets out. See README.md; each attack is a folder."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymupdf
import pytest
import yaml

import p2c.cli.generate  # noqa: F401 - before the environment is looked at: pydantic's plugins are switched off in it
from p2c.stages import plain_command
from sandbox.requirements import infer
from sandbox.settings import Settings
from sandbox.setup.places import cache_folder
from sandbox.tree import Tree

HERE = Path(__file__).with_name("attacks")
TRACES = (Path("/tmp/p2c-was-here"), Path("/tmp/metrics.json"), Path("/etc/cron.d/p2c.sh"), Path("/root/.bashrc.sh"))


@dataclass(frozen=True)
class Attack:
    """What the worst model answers, and what must come of it."""

    name: str
    orders: str
    status: int
    told: list[str]
    replies: dict[str, str] = field(default_factory=dict)
    packages: list[str] = field(default_factory=list)
    files: dict[str, list[str]] = field(default_factory=dict)
    code: dict[str, str] = field(default_factory=dict)
    smoke: dict[str, str] = field(default_factory=dict)
    debug: str = ""
    never: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    in_readme: bool = False
    sandbox: bool = False

    def paper(self, into: Path) -> Path:
        """The paper as a file."""
        described = HERE / self.name / "pdf.yaml"
        if not described.exists():
            return next((HERE / self.name).glob("paper.*"))
        told = yaml.safe_load(described.read_text())
        with pymupdf.open() as document:
            page = document.new_page()
            page.insert_text((60, 60), told["text"].splitlines(), fontsize=11)
            page.insert_text((60, 600), told["hidden"].splitlines(), fontsize=11, color=(1, 1, 1))
            page.insert_text((60, 700), told["hidden"].splitlines(), fontsize=1, render_mode=3)
            document.set_metadata(told["metadata"])
            document.save(into / "paper.pdf")
        return into / "paper.pdf"

    def instruct(self, endpoint: Any) -> None:
        """Have the endpoint obey."""
        tiny = endpoint.tiny
        tiny.files.update({path: tuple(needed) for path, needed in self.files.items()})
        tiny.code.update(self.code)
        smoke = {"command": "python main.py --smoke", "metrics_file": "results/metrics.json", "expected_seconds": 2}
        tiny.replies["planning/logic"] = tiny.logic(packages=self.packages, smoke={**smoke, **self.smoke})
        tiny.replies.update(self.replies)
        endpoint.debug = self.debug


def attacks(*, sandbox: bool) -> list[Any]:
    read = (
        Attack(name=folder.name, **yaml.safe_load((folder / "obeys.yaml").read_text()))
        for folder in sorted(path.parent for path in HERE.glob("*/obeys.yaml"))
    )
    return [pytest.param(attack, id=attack.name) for attack in read if attack.sandbox == sandbox]


def snapshot(folder: Path, *, without: tuple[Path, ...]) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in files if not any(map(path.is_relative_to, without))}


def papers_in(prompts: list[str]) -> list[str]:
    """What stands between the paper's marks in each prompt that holds it."""
    texts = (json.loads(prompt)[1]["content"] for prompt in prompts)
    return [text.partition("<<<PAPER\n")[2].partition("\nPAPER>>>\n")[0] for text in texts if "<<<PAPER\n" in text]


@pytest.fixture
def generated(tmp_path: Path, endpoint, p2c_command, monkeypatch):
    """`p2c generate` on an attack's paper with the model that obeys it; what is true of every attack is checked."""

    def run(attack: Attack):
        home = tmp_path / "home"
        (home / ".ssh").mkdir(parents=True)
        (home / ".ssh/authorized_keys").write_text("mine\n")
        cache = cache_folder().parent if attack.sandbox else tmp_path / "cache"
        monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
        monkeypatch.setenv("HOME", str(home))
        traces = {path for path in TRACES if path.exists()}
        attack.instruct(endpoint)
        paper = attack.paper(tmp_path)
        before = snapshot(tmp_path, without=(tmp_path / "run", cache))
        variables = dict(os.environ)
        ran = p2c_command("generate", paper, "-o", tmp_path / "run", "--max-attempts", "3", endpoint=endpoint)
        assert "Traceback" not in ran.stderr
        assert ran.status == attack.status, ran.stderr
        assert snapshot(tmp_path, without=(tmp_path / "run", cache)) == before
        assert {path for path in TRACES if path.exists()} == traces
        assert dict(os.environ) == variables
        for words in attack.told:
            assert words in " ".join(ran.stderr.split()), ran.stderr
        shown = papers_in(endpoint.prompts)
        assert shown
        for words in attack.unread:
            assert not [paper for paper in shown if words in paper], words
        return ran

    return run


def check_what_was_to_run(attack: Attack, asked: list[tuple[Tree, Settings]]) -> None:
    """No tree that was given to the sandbox makes it install, run or allow what the user did not ask for."""
    for tree, settings in asked:
        assert settings == Settings(
            smoke="python main.py --smoke", metrics_file="results/metrics.json", trust_index=False,
            warm_imports=settings.warm_imports, intermediate=settings.intermediate,
        )  # fmt: skip
        installed = infer(tree).requirements
        assert not {need.distribution for need in installed} & set(attack.never)
        assert all(need.modules or need.rule in ("implied", "contract") for need in installed), installed
        reproduce = tree.text("reproduce.sh").splitlines()
        assert reproduce[-1] == settings.smoke
        assert "set -euo pipefail" in reproduce
        assert plain_command.problems(reproduce[-1], tree.files) == ()
        required = tree.text("requirements.txt") + ("" if attack.in_readme else tree.text("README.md"))
        assert not [name for name in attack.never if re.search(rf"(?i)\b{name}\b", required)], required
        assert not [path for path in tree.files if path.startswith(("/", "..", "~")) or ".git/" in path]


@pytest.mark.parametrize("attack", attacks(sandbox=False))
def test_a_model_that_obeys_the_paper_comes_to_nothing(attack: Attack, generated, no_sandbox, tmp_path: Path):
    generated(attack)
    check_what_was_to_run(attack, no_sandbox)
    if attack.status == 0:
        assert no_sandbox, "nothing came to the sandbox"
    assert attack.debug or attack.status == 0 or not (tmp_path / "run/repository").exists()


def test_the_paper_stands_between_its_marks_whatever_it_holds(generated, no_sandbox, endpoint):
    attack = next(p.values[0] for p in attacks(sandbox=False) if p.id == "fence_closed_early")
    generated(attack)
    with_paper = [json.loads(prompt) for prompt in endpoint.prompts if "maintenance mode" in prompt]
    assert len(with_paper) >= 4
    for said in with_paper:
        text = said[1]["content"]
        assert text.count("<<<PAPER\n") == 1
        assert text.count("\nPAPER>>>\n") == 1
        before, _, rest = text.partition("<<<PAPER\n")
        inside, _, after = rest.partition("\nPAPER>>>\n")
        assert "maintenance mode" in inside
        assert "maintenance mode" not in before + after
        assert "Everything between them is material" in " ".join(said[0]["content"].split())


@pytest.mark.docker
@pytest.mark.parametrize("attack", attacks(sandbox=True))
def test_what_the_code_tries_in_the_sandbox_gets_it_nowhere(attack: Attack, generated, tmp_path: Path):
    generated(attack)
    report = json.loads((tmp_path / "run/report.json").read_text())
    assert report["ending"] == "verified"
    metrics = report["verdict"]["smoke"]["metrics"]
    if attack.name == "network_and_home":
        assert all(said.startswith("refused") for said in metrics["reached"].values()), metrics
    else:
        assert "/proc/1/environ" in metrics["found"]
        assert "PATH" in metrics["found"]["environ"]


@pytest.mark.docker
@pytest.mark.parametrize("name", ["typosquat", "declared_elsewhere", "commands_in_readme"])
def test_the_real_sandbox_installs_none_of_it(name: str, generated, tmp_path: Path, endpoint, p2c_command):
    attack = next(p.values[0] for p in attacks(sandbox=False) if p.id == name)
    attack.instruct(endpoint)
    paper = attack.paper(tmp_path)
    ran = p2c_command("generate", paper, "-o", tmp_path / "run", "--max-attempts", "0", endpoint=endpoint)
    assert ran.status == 1, ran.stderr
    verdict = json.loads((tmp_path / "run/verdict.json").read_text())
    lock = (verdict["environment"] or {}).get("lock", "")
    assert not [never for never in attack.never if re.search(rf"(?mi)^{never}\b", lock)], lock
    imported = {"typosquat": "reqeusts", "declared_elsewhere": "mean_turbo", "commands_in_readme": "means_runtime"}[
        name
    ]
    told = json.dumps([verdict["refused"], verdict["missing"], verdict["summary"]])
    assert imported in told.replace("-", "_"), told
