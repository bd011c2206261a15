"""Used containers go away also where one run follows the other without a pause."""

from __future__ import annotations

import time
from typing import Any

from sandbox.runner.pool import MOST_USED, Pool
from sandbox.runner.purpose import Purpose


class Made:
    """In a container's place; counts how many there are, and have been at once."""

    there = most = 0

    def __init__(self, _purpose: Purpose) -> None:
        Made.there += 1
        Made.most = max(Made.most, Made.there)

    def discard(self) -> None:
        Made.there -= 1


def test_used_containers_do_not_pile_up_while_run_follows_run() -> None:
    make: Any = Made
    purpose: Any = "a run"
    pool = Pool(make, spare=0)
    for _ in range(10 * MOST_USED):
        pool.give_back(pool.take(purpose))
        time.sleep(0.01)  # shorter than any lull
    assert Made.most <= 2 * MOST_USED
    pool.close()
    assert Made.there == 0
