"""The four statuses of tasks with the states behind each, by the names that pages show."""

from typing import Final, get_args

from apiinone.api.task_page import Status
from apiinone.tasks.lifecycle import TaskState, status_of
from apiinone.web.languages import marked

ALL_STATES: Final[tuple[TaskState, ...]] = get_args(TaskState)
STATUSES: Final[tuple[Status, ...]] = get_args(Status)
STATUS_NAMES: Final[dict[str, str]] = {
    "IN_PROGRESS": marked("In progress"),
    "SUCCESS": marked("Succeeded"),
    "FAILED": marked("Failed"),
    "CANCELED": marked("Cancelled"),
}


def states_of(status: str) -> tuple[TaskState, ...]:
    """The states that a status stands for; every one where it is none of the four."""
    found: list[TaskState] = [state for state in ALL_STATES if status_of(state) == status]
    return tuple(found) or ALL_STATES
