"""The events of a task: numbered from what its row says, so that nothing is written for them. Pure.

A task is created, is perhaps started, and ends once, in this order and each at most once. So the number of an event
follows from the row alone, on every process and after every restart; an event once numbered keeps its number, and none
is left out. What the task goes through in between is told as it is seen and carries no number (ADR 0009).
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from apiinone.tasks.lifecycle import FINAL, TaskState
from apiinone.tasks.move_rows import EVENTS
from apiinone.webhooks.schedule import EventType

MilestoneType = Literal["task.created", "task.started"] | EventType


class Progress(Struct, frozen=True):
    """How far a task is, from its row."""

    id: str
    state: TaskState
    created_us: int
    started_us: int | None
    finished_us: int | None

    @property
    def final(self) -> bool:
        """Whether it has ended."""
        return self.state in FINAL


class Milestone(Struct, frozen=True):
    """An event with its number, from 1 without gaps."""

    number: int
    type: MilestoneType
    at_us: int


def milestones(progress: Progress) -> Sequence[Milestone]:
    """All that has happened so far, in order."""
    found = [Milestone(1, "task.created", progress.created_us)]
    if progress.started_us is not None:
        found.append(Milestone(2, "task.started", progress.started_us))
    if progress.finished_us is not None:
        found.append(Milestone(len(found) + 1, EVENTS[progress.state], progress.finished_us))
    return found
