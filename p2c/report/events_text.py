"""One line for an event of the journal, or none; what models and programs wrote is shown as data."""

from __future__ import annotations

from p2c.report.plain import plain
from p2c.report.tally import Tally, duration, reason
from p2c.run.journal import Event
from p2c.shorten import shorten

LONGEST = 240
LONGEST_NOTE = 480
"""Characters of a line; a note says what to do as well."""


def line(event: Event, tally: Tally) -> str:
    """What a person should read of `event`; an empty string for events that only change the totals.

    Args:
        event: one event of the journal.
        tally: the events so far, this one included.
    """
    writer = _WRITERS.get(str(event["event"]))
    longest = LONGEST_NOTE if event["event"] == "note" else LONGEST
    text = shorten(plain(writer(event, tally), 4000), longest) if writer else ""
    return f"  {text}" if text and event["event"] == "verify_step" else text


def _step_started(event: Event, _: Tally) -> str:
    return f"{event['step']}: started"


def _step_finished(event: Event, tally: Tally) -> str:
    if event.get("reused"):
        return f"{event['step']}: kept, nothing it reads has changed"
    usage = tally.step_usage.get(str(event["step"]))
    tokens = f", {usage.prompt_tokens:,} + {usage.reply_tokens:,} tokens" if usage else ""
    detail = f": {event['detail']}" if event.get("detail") else ""
    return f"{event['step']}: done in {_seconds(event)}{tokens}{detail}"


def _step_failed(event: Event, tally: Tally) -> str:
    why = "for the same reason" if tally.was_told else reason(event)
    return f"{event['step']}: stopped: {why}"


def _call_retried(event: Event, tally: Tally) -> str:
    if tally.was_told:
        return ""  # what is under way says how often it was asked again
    when = f"; asked again in {_seconds(event, 'wait_seconds')}" if event.get("wait_seconds") else ""
    return f"{event['step']}: {reason(event)}{when}"


def _call_failed(event: Event, tally: Tally) -> str:
    if str(event["step"]).removesuffix("/again") in tally.under_way:
        return ""  # the step's own line will say it
    return f"{event['step']}: no answer: {reason(event)}"


def _call_finished(event: Event, tally: Tally) -> str:
    step = str(event["step"])
    if step.removesuffix("/again") in tally.under_way:
        return ""  # the step's own line will say it
    usage = tally.step_usage.get(step.removesuffix("/again"))
    tokens = f", {usage.prompt_tokens:,} + {usage.reply_tokens:,} tokens" if usage else ""
    when = "known before" if event.get("recorded") else f"answered in {_seconds(event)}"
    return f"{step}: {when}{tokens}"


def _answer_refused(event: Event, _: Tally) -> str:
    return f"{str(event['step']).removesuffix('/again')}: answer refused, asked for again: {reason(event)}"


def _verify_started(event: Event, _: Tally) -> str:
    return f"verify {event.get('label', '')}: started"


def _verify_step(event: Event, tally: Tally) -> str:
    if event.get("state") == "skipped":
        return ""
    detail = f": {event['detail']}" if event.get("detail") else ""
    return f"{tally.which(event)}{event.get('name')}: {event.get('state')}, {_seconds(event)}{detail}"


def _verify_finished(event: Event, _: Tally) -> str:
    return (
        f"verify {event.get('label', '')}: {event.get('outcome')} at rung {event.get('rung')}: {event.get('summary')}"
    )


def _attempt_started(event: Event, _: Tally) -> str:
    beside = f", candidate {event['candidate']} of {event['candidates']}" if event.get("candidates") else ""
    return f"attempt {event.get('number')} ({event.get('origin')}{beside}): {event.get('failure')}"


def _attempt_finished(event: Event, _: Tally) -> str:
    verdict = "accepted" if event.get("accepted") else "no edit" if event.get("gave_up") else "refused"
    return f"attempt {event.get('number')}: {verdict}: {event.get('reason')}"


def _reduced(event: Event, _: Tally) -> str:
    before, after = event.get("hunks_before"), event.get("hunks_after")
    why = event.get("unfinished")
    unproven = f", not proven minimal: {why}" if why else ""
    if before == after:
        return f"edits not reduced{unproven}" if why else "edits not reduced: every hunk is needed"
    return f"edits reduced from {before} hunks to {after}{unproven}"


def _ended(event: Event, _: Tally) -> str:
    return f"{event.get('ending')}: {event.get('summary')}"


def _note(event: Event, _: Tally) -> str:
    return f"note: {event.get('message')}"


def _interrupted(event: Event, _: Tally) -> str:
    return str(event.get("message"))


def _seconds(event: Event, field: str = "seconds") -> str:
    value = event.get(field)
    number = float(value) if isinstance(value, int | float) else 0.0
    return f"{number:.1f} s" if number < 10 else duration(number)


_WRITERS = {
    "step_started": _step_started,
    "step_finished": _step_finished,
    "step_failed": _step_failed,
    "call_retried": _call_retried,
    "call_failed": _call_failed,
    "call_finished": _call_finished,
    "answer_refused": _answer_refused,
    "verify_started": _verify_started,
    "verify_step": _verify_step,
    "verify_finished": _verify_finished,
    "attempt_started": _attempt_started,
    "attempt_finished": _attempt_finished,
    "reduced": _reduced,
    "ended": _ended,
    "interrupted": _interrupted,
    "note": _note,
}
