"""The life of a task and of an attempt: two tables, read whole. `docs/lifecycle.md` is drawn from them."""

from typing import Literal, get_args

TaskState = Literal["queued", "submitting", "running", "storing", "unknown", "succeeded", "failed", "canceled"]
TaskEvent = Literal[
    "planned",
    "accepted",
    "again",
    "lost",
    "copy_later",
    "stored",
    "answered",
    "refused",
    "canceled",
    "late_unsent",
    "late_sent",
    "given_up",
]
AttemptState = Literal["planned", "sending", "accepted", "unknown", "finished", "rejected", "canceled", "dropped"]
AttemptEvent = Literal["sending", "accepted", "lost", "finished", "rejected", "canceled", "dropped"]

TASK_EVENTS: dict[TaskEvent, str] = {
    "planned": "an attempt is written down, nothing sent yet",
    "accepted": "the vendor took it and gave an id",
    "again": "certainly refused, and another try is allowed",
    "lost": "sent, and the answer does not say whether it was accepted",
    "copy_later": "done at the vendor, but an output could not be copied yet",
    "stored": "the outputs are ours",
    "answered": "a call that answers at once has been answered and what it used counted",
    "refused": "certainly refused, and no try is left",
    "canceled": "cancelled before anything was sent, or confirmed by the vendor",
    "late_unsent": "the deadline passed and certainly no vendor is at work",
    "late_sent": "the deadline passed while a vendor may be at work",
    "given_up": "the last limit passed, or an operator ended it",
}
TASK_MOVES: dict[tuple[TaskState, TaskEvent], TaskState] = {
    ("queued", "planned"): "submitting",
    ("queued", "refused"): "failed",
    ("queued", "canceled"): "canceled",
    ("queued", "late_unsent"): "failed",
    ("queued", "given_up"): "failed",
    ("submitting", "accepted"): "running",
    ("submitting", "again"): "queued",
    ("submitting", "lost"): "unknown",
    ("submitting", "copy_later"): "storing",
    ("submitting", "stored"): "succeeded",
    ("submitting", "answered"): "succeeded",
    ("submitting", "refused"): "failed",
    ("submitting", "canceled"): "canceled",
    ("submitting", "late_unsent"): "failed",
    ("submitting", "late_sent"): "unknown",
    ("submitting", "given_up"): "failed",
    ("running", "again"): "queued",
    ("running", "lost"): "unknown",
    ("running", "copy_later"): "storing",
    ("running", "stored"): "succeeded",
    ("running", "answered"): "succeeded",
    ("running", "refused"): "failed",
    ("running", "canceled"): "canceled",
    ("running", "late_unsent"): "failed",
    ("running", "late_sent"): "unknown",
    ("running", "given_up"): "failed",
    ("storing", "copy_later"): "storing",
    ("storing", "stored"): "succeeded",
    ("storing", "again"): "queued",
    ("storing", "refused"): "failed",
    ("storing", "lost"): "unknown",
    ("storing", "late_unsent"): "failed",
    ("storing", "late_sent"): "unknown",
    ("storing", "given_up"): "failed",
    ("unknown", "accepted"): "unknown",
    ("unknown", "copy_later"): "unknown",
    ("unknown", "lost"): "unknown",
    ("unknown", "late_unsent"): "failed",
    ("unknown", "late_sent"): "unknown",
    ("unknown", "stored"): "succeeded",
    ("unknown", "refused"): "failed",
    ("unknown", "canceled"): "canceled",
    ("unknown", "given_up"): "failed",
}
ATTEMPT_MOVES: dict[tuple[AttemptState, AttemptEvent], AttemptState] = {
    ("planned", "sending"): "sending",
    ("planned", "finished"): "finished",
    ("planned", "rejected"): "rejected",
    ("planned", "accepted"): "accepted",
    ("planned", "lost"): "unknown",
    ("planned", "dropped"): "dropped",
    ("planned", "canceled"): "canceled",
    ("sending", "accepted"): "accepted",
    ("sending", "lost"): "unknown",
    ("sending", "finished"): "finished",
    ("sending", "rejected"): "rejected",
    ("accepted", "lost"): "unknown",
    ("accepted", "finished"): "finished",
    ("accepted", "rejected"): "rejected",
    ("accepted", "canceled"): "canceled",
    ("unknown", "accepted"): "accepted",
    ("unknown", "lost"): "unknown",
    ("unknown", "finished"): "finished",
    ("unknown", "rejected"): "rejected",
    ("unknown", "canceled"): "canceled",
}
FINAL: frozenset[TaskState] = frozenset({"succeeded", "failed", "canceled"})
ATTEMPT_FINAL: frozenset[AttemptState] = frozenset({"finished", "rejected", "canceled", "dropped"})
UNSENT: frozenset[AttemptState | None] = frozenset({None, "planned", "rejected", "dropped", "canceled"})
"""Attempts that certainly cost nothing more at a vendor: nothing was sent, or it was certainly refused."""
STATUS = {"succeeded": "SUCCESS", "failed": "FAILED", "canceled": "CANCELED"}
"""The contract's `status`; every other state is IN_PROGRESS."""


def next_state(state: TaskState, event: TaskEvent) -> TaskState | None:
    """Where the event leads; None where the table has no such move."""
    return TASK_MOVES.get((state, event))


def next_attempt_state(state: AttemptState, event: AttemptEvent) -> AttemptState | None:
    """Where the event leads; None where the table has no such move."""
    return ATTEMPT_MOVES.get((state, event))


def status_of(state: TaskState) -> str:
    """The contract's `status` of a state."""
    return STATUS.get(state, "IN_PROGRESS")


def stage_of(state: TaskState) -> str:
    """The contract's `stage` of a state."""
    return "done" if state in FINAL else state


def drawing() -> str:
    """Both tables as Mermaid state diagrams, for `docs/lifecycle.md`."""
    lines = ["stateDiagram-v2", "    [*] --> queued"]
    lines += [f"    {source} --> {target}: {event}" for (source, event), target in TASK_MOVES.items()]
    lines += [f"    {state} --> [*]" for state in get_args(TaskState) if state in FINAL]
    attempt = ["stateDiagram-v2", "    [*] --> planned"]
    attempt += [f"    {source} --> {target}: {event}" for (source, event), target in ATTEMPT_MOVES.items()]
    return "\n".join(lines) + "\n\n" + "\n".join(attempt) + "\n"
