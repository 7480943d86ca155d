"""What a task went through, one line each, in the order in which it happened. Pure."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from apiinone.core.credits import shown
from apiinone.tasks.client_faults import CLIENT_FAULTS
from apiinone.tasks.lifecycle import FINAL
from apiinone.tasks.receipt import AttemptOnReceipt, Receipt
from apiinone.web.code_names import ATTEMPT_STATES, DELIVERY_STATES, FAULTS
from apiinone.web.languages import marked
from apiinone.web.route_words import reason_in

Say = Callable[[str], str]
ENDINGS: Final = {
    "succeeded": marked("Succeeded"),
    "failed": marked("Failed"),
    "canceled": marked("Cancelled"),
}


class Step(Struct, frozen=True):
    """One thing that happened. `tone` is `good`, `bad`, `now` or empty."""

    title: str
    at_us: int | None
    detail: str = ""
    tone: str = ""


def steps_of(receipt: Receipt, say: Say) -> tuple[Step, ...]:
    """From its acceptance to its last callback."""
    task, hold = receipt.task, receipt.hold
    held = say("%(credits)s credits are held for it.") % {"credits": f"{shown(hold.amount):,}"}
    steps = [Step(say("Accepted"), task.created_us, held)]
    for attempt in receipt.attempts:
        steps += _attempt(attempt, say)
    if task.state in FINAL:
        steps.append(Step(say(ENDINGS[task.state]), task.finished_us, _money(receipt, say), _tone(task.state)))
    else:
        steps.append(Step(say("Under way"), None, say("This page follows it."), "now"))
    for one in receipt.deliveries:
        answer = f"HTTP {one.last_status}" if one.last_status is not None else one.last_fault
        told = ": ".join(filter(None, (say(DELIVERY_STATES[one.state]), answer)))
        steps.append(Step(say("Callback %(type)s") % {"type": one.type}, one.last_tried_us or one.created_us, told))
    return tuple(steps)


def _attempt(attempt: AttemptOnReceipt, say: Say) -> list[Step]:
    """When it was sent, and how it went."""
    names = {"no": attempt.attempt_no, "model": attempt.upstream_model, "provider": attempt.provider}
    title = say("Try %(no)d: %(model)s at %(provider)s") % names
    steps = [Step(title, attempt.sent_us or attempt.created_us, reason_in(attempt.chosen_because, say))]
    if attempt.accepted_us is not None:
        steps.append(Step(say("The provider took it"), attempt.accepted_us, attempt.upstream_id or ""))
    if attempt.ended_us is not None:
        outcome = say(ATTEMPT_STATES[attempt.state])
        fault = attempt.fault
        if fault is not None and not attempt.own_key:
            fault = CLIENT_FAULTS[fault]  # what the operator's credentials were refused for is no client's affair
        tone = "bad" if attempt.state in ("rejected", "dropped") else ""
        done = say("Try %(no)d: %(outcome)s") % {"no": attempt.attempt_no, "outcome": outcome}
        steps.append(Step(done, attempt.ended_us, "" if fault is None else say(FAULTS[fault]), tone))
    return steps


def _money(receipt: Receipt, say: Say) -> str:
    settlement = receipt.settlement
    if settlement is None:
        return ""
    taken, back = f"{shown(settlement.captured):,}", f"{shown(settlement.released):,}"
    return say("%(taken)s credits charged, %(back)s given back.") % {"taken": taken, "back": back}


def _tone(state: str) -> str:
    return "good" if state == "succeeded" else "bad" if state == "failed" else ""
