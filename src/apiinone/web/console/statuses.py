"""The four statuses of tasks with the states behind each, and the states of callbacks, by the names that pages show."""

from typing import Final, get_args

from apiinone.api.task_page import Status
from apiinone.tasks.lifecycle import TaskState, status_of
from apiinone.web.languages import marked
from apiinone.webhooks.schedule import DeliveryState

ALL_STATES: Final[tuple[TaskState, ...]] = get_args(TaskState)
STATUSES: Final[tuple[Status, ...]] = get_args(Status)
STATUS_NAMES: Final[dict[str, str]] = {
    "IN_PROGRESS": marked("In progress"),
    "SUCCESS": marked("Succeeded"),
    "FAILED": marked("Failed"),
    "CANCELED": marked("Cancelled"),
}
DELIVERY_NAMES: Final[dict[DeliveryState, str]] = {
    "waiting": marked("Waiting"),
    "delivered": marked("Delivered"),
    "gone": marked("Receiver gone"),
    "failed": marked("Not delivered"),
    "dropped": marked("Dropped"),
}


def states_of(status: str) -> tuple[TaskState, ...]:
    """The states that a status stands for; every one where it is none of the four."""
    found: list[TaskState] = [state for state in ALL_STATES if status_of(state) == status]
    return tuple(found) or ALL_STATES
