"""A web server is visited when its port listens, however late that is."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from sandbox.job import Job
from sandbox.runner import DockerRunner
from sandbox.settings import Limits
from sandbox.setup.image import ImageInfo
from sandbox.smoke.visit import read_visit, visiting
from sandbox.tree import Tree
from sandbox.verdict import Ended

pytestmark = pytest.mark.docker
WALL = 60.0
SERVER = """
import http.server, time
time.sleep({late})
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep({slow})
        self.send_error({status})
http.server.HTTPServer(("127.0.0.1", 8000), Page).serve_forever()
"""


@pytest.fixture(scope="module")
def runner(docker_client: docker.DockerClient, image: ImageInfo) -> Iterator[DockerRunner]:
    with DockerRunner(docker_client, image.tag, None, spare=1) as opened:
        yield opened


def _server(late: float = 0.0, slow: float = 0.0, status: int = 500, wall: float = WALL) -> Job:
    source = SERVER.format(late=late, slow=slow, status=status).encode()
    return Job(("python3", "main.py"), Tree({"main.py": source}), None, Limits(wall_seconds=wall))


@pytest.mark.parametrize(("late", "slow"), [(2.5, 0.0), (0.0, 2.5)])
def test_a_server_that_comes_late_or_answers_late_is_visited_and_the_run_then_ends(
    runner: DockerRunner, late: float, slow: float
) -> None:
    result = runner.run(visiting(_server(late, slow), 1.0))
    visit = read_visit(result)
    assert visit is not None
    assert (visit.port, visit.status, result.ended) == (8000, 500, Ended.wall)
    assert 2.5 < result.seconds < WALL


def test_a_server_that_was_visited_is_watched_until_its_seconds_are_over(runner: DockerRunner) -> None:
    result = runner.run(visiting(_server(status=404), 4.0))
    visit = read_visit(result)
    assert visit is not None
    assert (visit.status, result.ended) == (404, Ended.wall)
    assert 4.0 <= result.seconds < WALL


def test_a_port_is_waited_for_until_the_wall_clock_and_no_longer(runner: DockerRunner) -> None:
    result = runner.run(visiting(_server(late=WALL, wall=2.0), 1.0))
    assert (read_visit(result), result.ended) == (None, Ended.wall)
    assert result.seconds >= 2.0
