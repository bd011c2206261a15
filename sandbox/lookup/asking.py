"""Questions about installed libraries in, answers out; one job in a container, and nothing of the repository in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.job import Job, Runner
from sandbox.tree import Tree

SECONDS = 20.0
"""Wall time of one look-up, imports of the libraries included."""
MOST = 6
"""Questions of one look-up; further ones are not asked."""
REPORT = "/job/answers.jsonl"
_REPORT_BYTES = 64 * 1024


@dataclass(frozen=True)
class Question:
    """What is asked about one name.

    Attributes:
        name: dotted, from a top-level module on (`torch.optim.Adam`); or from a class on (`DataFrame.append`), which
            is then looked for in the packages of `within`.
        within: modules, imported first, in whose packages a class of that name is looked for, and a name's new place.
        keyword: an argument that it was given and does not take; empty where that is not the matter.
        file, line: in place of `name`: the function of a library at that place, as a traceback names it.
    """

    name: str = ""
    within: tuple[str, ...] = ()
    keyword: str = ""
    file: str = ""
    line: int = 0


class Answer(BaseModel):
    """What is installed under a name; all text comes from the package itself and is not trusted.

    Attributes:
        name: by which it was asked for, or the whole path where that was not known.
        found: whether there is such a thing.
        kind: class, function, module, attribute; empty where nothing was found.
        signature: with the name; empty where it has none.
        text: the first paragraph of its documentation, and what that says of a keyword or of deprecation.
        version: name and version of the top-level module.
        near: names beside it that are alike, with their signatures where they have one.
        elsewhere: where this very name stands instead.
        problem: why it could not be looked up, for example an import that fails.
    """

    model_config = ConfigDict(frozen=True)

    name: str = Field(max_length=300)
    found: bool
    kind: str = Field(default="", max_length=20)
    signature: str = Field(default="", max_length=1_000)
    text: str = Field(default="", max_length=1_200)
    version: str = Field(default="", max_length=100)
    near: tuple[str, ...] = Field(default=(), max_length=8)
    elsewhere: tuple[str, ...] = Field(default=(), max_length=4)
    problem: str = Field(default="", max_length=400)


def look_up(runner: Runner, like: Job, questions: Sequence[Question]) -> tuple[Answer, ...]:
    """What the libraries of an environment answer, in the order asked; what took too long is left out.

    Args:
        like: names environment, image, limits and modules that may be imported ahead; its command and its tree are
            not used.
        questions: at most `MOST` of them are asked.

    Raises:
        InfrastructureError: the container could not be run.
    """
    if not questions:
        return ()
    asked = json.dumps([asdict(question) for question in questions[:MOST]])
    driver = files("sandbox.lookup").joinpath("driver.py").read_bytes()
    limits = replace(like.limits, wall_seconds=SECONDS, idle_seconds=SECONDS, cpu_seconds=SECONDS)
    job = replace(
        like,
        argv=("python", "/job/driver.py", "/job"),
        tree=Tree({}),
        extra={"driver.py": driver, "questions.json": asked.encode()},
        collect=(REPORT,),
        collect_written=(),
        limits=limits,
        enough=None,
        call_off=None,
    )
    return _read(runner.run(job).files.get(REPORT, b""))


def _read(report: bytes) -> tuple[Answer, ...]:
    """The answers of a report; a line that is none is passed over, and of a long report only the beginning is read."""
    found: dict[tuple[str, ...], Answer] = {}
    for line in report[:_REPORT_BYTES].decode("utf-8", "replace").splitlines()[:MOST]:
        try:
            answer = Answer.model_validate_json(line)
        except ValidationError:
            continue
        found.setdefault(_told_by(answer), answer)
    return tuple(found.values())


def _told_by(answer: Answer) -> tuple[str, ...]:
    """The same for two answers that tell the same, although the thing was asked for under two paths."""
    last = answer.name.rpartition(".")[2]
    return (last, answer.signature, answer.text) if answer.signature else (answer.name,)
