"""`p2c evaluate`: how far a repository does what its paper says, judged by a model."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from p2c.cli.options import schema_option
from p2c.cli.shield import is_github, no_commands
from p2c.errors import UsageError
from p2c.evaluate import Asker, Evaluation, Task, evaluate, read_rubric
from p2c.evaluate.markdown import as_markdown
from p2c.evaluate.material import SAMPLES
from p2c.evaluate.run import TEMPERATURE
from p2c.evaluate.spending import Spending
from p2c.evaluate.terminal import show
from p2c.evaluate.words import rubric_line, score_line
from p2c.model.opening import open_model
from p2c.model.prices import refuse_unknown_price
from p2c.model.settings import ModelSettings
from p2c.paper.known import read_known
from p2c.report.formats.github import without_commands
from p2c.report.progress import Progress
from p2c.run.folder import RunFolder


def schema() -> str:
    """The JSON schema of `evaluation.json`, as it is committed in docs/evaluation.schema.json."""
    return json.dumps(Evaluation.model_json_schema(mode="serialization"), indent=2)


@click.command()
@click.argument("repo", type=click.Path(path_type=Path))
@click.option("--paper", type=click.Path(path_type=Path), required=True, help="PDF, LaTeX, S2ORC JSON or Markdown.")
@click.option("--reference", type=click.Path(path_type=Path), help="The authors' own repository, to compare with.")
@click.option("--rubric", type=click.Path(path_type=Path), help="A rubric in PaperBench's JSON; graded leaf by leaf.")
@click.option("--code-dev", is_flag=True, help="Only the rubric's leaves of Code Development.")
@click.option("--verdict", type=click.Path(path_type=Path), help="REPO's verdict.json, for leaves that ask for a run.")
@click.option(
    "--samples", type=click.IntRange(0, 64), default=SAMPLES, show_default=True,
    help="Of the correctness score; 0: only the rubric.",
)  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The result's folder; default: REPO-evaluation.")
@click.option("--model", help="The model's name at the endpoint (or P2C_MODEL).")
@click.option("--base-url", help="The endpoint, in place of OPENAI_BASE_URL.")
@click.option("--max-cost", type=click.FloatRange(min=0), help="US dollars for the model, checked before each call.")
@click.option("--recorded", type=click.Path(path_type=Path), help="Recorded replies instead of an endpoint.")
@click.option("-q", "--quiet", is_flag=True, help="No progress; only the result.")
@click.option("--json", "as_json", is_flag=True, help="Print the evaluation as one JSON object on standard output.")
@schema_option(schema, "the evaluation")
def command(**options: Any) -> int:
    """Judge with a model how far the repository in the folder REPO does what the paper says. Nothing of REPO runs.

    The model criticises the components that the paper requires and gives a score from 1 to 5, several times over; the
    mean, the spread and the invalid samples are shown. With --rubric every leaf of a weighted tree of requirements is
    graded 0 or 1 with the lines that show it. The result goes to evaluation.json and evaluation.md; an answer that was
    paid for is never asked for again by the same command.

    Exit status: 0 evaluated, 1 not in full (no valid sample, or the budget ended), 2 bad usage or input, 3 the endpoint
    failed.
    """
    chosen = Options(**options)
    with no_commands(Console(stderr=chosen.as_json), is_read=is_github()):
        return _run(chosen)


@dataclass(frozen=True)
class Options:
    """The command line's words, as click read them."""

    repo: Path
    paper: Path
    reference: Path | None
    rubric: Path | None
    code_dev: bool
    verdict: Path | None
    samples: int
    output: Path | None
    model: str | None
    base_url: str | None
    max_cost: float | None
    recorded: Path | None
    quiet: bool
    as_json: bool

    @property
    def folder(self) -> Path:
        """The folder of the result. Raises UsageError when it would lie in the repository."""
        repo = self.repo.resolve()
        folder = self.output or repo.with_name(f"{repo.name}-evaluation")
        if folder.resolve().is_relative_to(repo):
            raise UsageError(f"the result {folder} would lie in the repository; name another folder with -o")
        return folder

    def model_settings(self) -> ModelSettings:
        """Which model is asked. Raises NoEndpoint, UsageError."""
        environment = {**os.environ, **({"OPENAI_BASE_URL": self.base_url} if self.base_url else {})}
        settings = ModelSettings.from_environment(
            model=self.model, max_cost_usd=self.max_cost, recorded=self.recorded, environment=environment
        )
        return settings if settings.temperature is not None else replace(settings, temperature=TEMPERATURE)

    def task(self) -> Task:
        """What is evaluated. Raises UsageError, RubricError, PaperError."""
        if self.rubric is None and (self.code_dev or self.verdict):
            raise UsageError(f"{'--code-dev' if self.code_dev else '--verdict'} is about a rubric; give --rubric too")
        return Task(
            repository=self.repo,
            paper=read_known(self.paper),
            reference=self.reference,
            samples=self.samples,
            rubric=read_rubric(self.rubric) if self.rubric else None,
            code_dev=self.code_dev,
            verdict=self.verdict,
        )


def _run(chosen: Options) -> int:
    """Evaluate, write the result and show it; the exit status."""
    into, asked = chosen.folder, chosen.model_settings()
    refuse_unknown_price(asked)
    task = chosen.task()
    spending = Spending()
    with ExitStack() as stack:
        progress = stack.enter_context(Progress(Console(stderr=True, highlight=False), quiet=chosen.quiet))
        folder = stack.enter_context(RunFolder.open(into, (progress, spending)))
        folder.claim_paper(task.paper.digest, task.paper.title, has_copy=False)
        _claim_temperature(folder, asked)
        model = stack.enter_context(open_model(asked, folder.journal, folder.exchanges))
        options = {"repository": str(chosen.repo), "temperature": asked.temperature}
        folder.update_meta(model=asked.model or "recorded replies", options=options)
        folder.journal.emit("started", paper=task.paper.title, model=asked.model or "recorded replies")
        result = evaluate(task, Asker(model, asked, folder.journal, spending))
        folder.write("evaluation.json", result.model_dump_json(indent=2) + "\n")
        folder.write("evaluation.md", as_markdown(result))
    _show(result, chosen, into)
    return 0 if result.is_whole else 1


def _claim_temperature(folder: RunFolder, asked: ModelSettings) -> None:
    """Answers are known by their question, which does not hold the temperature that they were given at.

    Raises:
        UsageError: those in the folder were given at another one.
    """
    before = folder.meta.options.get("temperature")
    has_answers = folder.exchanges.exists() and asked.recorded is None
    if has_answers and before not in (None, asked.temperature):
        raise UsageError(
            f"{folder.path} holds answers given at temperature {before}, and this asks for {asked.temperature}; "
            "name another folder with -o"
        )


def _show(result: Evaluation, chosen: Options, into: Path) -> None:
    if chosen.as_json:
        click.echo(without_commands(result.model_dump_json(indent=2)))
    elif chosen.quiet:
        lines = [score_line(result.score)] if result.score else []
        lines += [rubric_line(result.rubric)] if result.rubric else []
        click.echo("; ".join(lines))
    else:
        show(result, Console(highlight=False), str(into))
