"""How long a run worked: its processes, without the time between them."""

from p2c.report.times import sandbox_seconds, working_seconds


def test_the_time_between_two_processes_is_no_work():
    events = [
        {"time": 100.0, "event": "started"},
        {"time": 130.0, "event": "note"},
        {"time": 1000.0, "event": "started"},
        {"time": 1012.5, "event": "ended"},
    ]
    assert working_seconds(events) == 42.5
    assert working_seconds([]) == 0


def test_verifications_are_summed():
    events = [{"time": 1.0, "event": "verify_finished", "seconds": s} for s in (1.5, 2)] + [{"time": 1, "event": "x"}]
    assert sandbox_seconds(events) == 3.5
