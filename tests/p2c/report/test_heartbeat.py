"""Silent work is heard from; work that speaks is not spoken over."""

import time

from p2c.report.heartbeat import Heartbeat


def test_silence_is_broken_until_the_work_ends():
    said: list[str] = []
    with Heartbeat(said.append, every=0.05):
        time.sleep(0.4)
    count = len(said)
    assert count >= 2
    assert said[0] == "still working, 0 s so far"
    time.sleep(0.15)
    assert len(said) == count


def test_nothing_is_said_while_the_work_speaks_for_itself():
    said: list[str] = []
    with Heartbeat(said.append, every=1.0) as heartbeat:
        for _ in range(15):
            time.sleep(0.1)
            heartbeat.heard()
    assert said == []


def test_the_step_that_the_work_is_in_is_named():
    said: list[str] = []
    with Heartbeat(said.append, every=0.05) as heartbeat:
        heartbeat.begin("smoke")
        time.sleep(0.2)
    assert said[0] == "still working on smoke, 0 s so far"
