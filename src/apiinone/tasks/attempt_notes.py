"""What is written down of an attempt, whoever says it and however late: evidence is never thrown away.

What is learnt after the task's end stands apart, as the operator's loss, and changes nothing else.
"""

from apiinone.tasks.lifecycle import FINAL, AttemptEvent, next_attempt_state
from apiinone.tasks.move_rows import Attempt, Task
from apiinone.tasks.moves import (
    Redirected,
    WasAccepted,
    WasAnswered,
    WasCanceled,
    WasLost,
    WasRejected,
    WasRelayed,
    WasStored,
    What,
)


def note_what(task: Task, attempt: Attempt | None, what: What, now_us: int) -> None:  # noqa: C901 - one arm for each kind
    """Note what happened to the attempt that it names, if that is one of this task's."""
    if attempt is None or attempt.task_id != task.id:
        return
    match what:
        case WasAccepted(reference=reference, cost_micro_usd=cost):
            attempt.upstream_id, attempt.poll_url = reference.upstream_id, reference.poll_url
            attempt.actual_cost_micro_usd = cost
            note_event(task, attempt, "accepted", now_us)
        case WasRelayed():
            note_event(task, attempt, "accepted", now_us)
        case WasLost(reason=reason):
            attempt.message = reason
            note_event(task, attempt, "lost", now_us)
        case WasRejected(fault=fault, message=message) | Redirected(fault=fault, message=message):
            attempt.fault, attempt.message = fault, message
            note_event(task, attempt, "rejected", now_us)
        case WasStored(cost_micro_usd=cost):
            attempt.actual_cost_micro_usd = cost
            note_event(task, attempt, "finished", now_us)
        case WasAnswered(cost_micro_usd=cost):
            attempt.actual_cost_micro_usd = cost
            note_event(task, attempt, "finished", now_us)
        case WasCanceled():
            note_event(task, attempt, "canceled", now_us)
        case _:
            return  # asks for leave, or says nothing of the attempt


def note_event(task: Task, attempt: Attempt, event: AttemptEvent, now_us: int) -> bool:
    """Move the attempt by the table; False where the table has no such move."""
    state = next_attempt_state(attempt.state, event)
    if state is None:
        return False
    attempt.state = state
    attempt.changed = True
    match event:
        case "sending":
            attempt.sent_us = now_us
        case "accepted":
            attempt.accepted_us = now_us
        case "finished" | "rejected" | "canceled" | "dropped":
            attempt.ended_us = now_us
        case "lost":
            pass
    if task.state in FINAL:
        attempt.late_state = state
    return True
