"""One visit to the start page of a web server that is being watched: a server whose every request fails has not run.

Only what the code shows to be an HTTP server is visited: to any other server the request would be nonsense. The
report is a file that the program could forge, so a good answer proves nothing; a bad one is evidence, and counts
together with what the program printed. 500 and a connection that breaks off are the program's own doing, whereas
404, 501 (no GET) or 503 may be meant.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

from pydantic import BaseModel, ValidationError

from sandbox.job import Enough, Job, RunResult
from sandbox.smoke.outcome import Judged, gather, make_failure
from sandbox.smoke.withheld import find_missing
from sandbox.tree import Tree
from sandbox.verdict import Outcome

REPORT = "/job/visit.json"
SERVER_ERROR = 500
# The visitor is nobody's child but the supervisor's, so that the program does not find it among its own.
_COMMAND = '(python3 -I /job/visit_driver.py </dev/null >/dev/null 2>&1 &); exec "$@"'


class Visit(BaseModel):
    """What the start page answered.

    Attributes:
        status: of HTTP; None when there was no answer.
        error: why there was none.
    """

    port: int
    status: int | None
    error: str


def visiting(job: Job, seconds: float | None = None) -> Job:
    """`job`, with a visit as soon as a port listens, however long that takes within the job's wall clock.

    Args:
        seconds: the run ends when the visit is over, and not before so many seconds; None: with its wall clock.
    """
    driver = files("sandbox.smoke").joinpath("visit_driver.py").read_bytes()
    return replace(
        job,
        argv=("bash", "-c", _COMMAND, "bash", *job.argv),
        extra={**job.extra, "visit_driver.py": driver},
        collect=(*job.collect, REPORT),
        enough=None if seconds is None else Enough(REPORT, seconds),
    )


def read_visit(result: RunResult) -> Visit | None:
    """The visit; None when no port was seen to listen in time."""
    try:
        return Visit.model_validate_json(result.files[REPORT])
    except (KeyError, ValidationError):
        return None


def judge_visit(visit: Visit, result: RunResult, tree: Tree) -> Judged | None:
    """A failure where the start page is broken by the program itself; None where nothing is to be said."""
    evidence = gather(result, tree)
    broke_off = visit.status is None and evidence.traceback is not None and "timed out" not in visit.error
    if not (visit.status == SERVER_ERROR or broke_off) or find_missing(evidence) is not None:
        return None
    failure = make_failure(result, evidence, "smoke", None)
    answer = f"answers {visit.status}" if visit.status else "breaks the connection off"
    said = f"its start page (GET / on port {visit.port}) {answer}: {failure.message}"
    return Judged(Outcome.failed, failure.model_copy(update={"message": said}))
