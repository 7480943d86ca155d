"""Task ids as clients see them: ``n<node><opaque id>_<suffix>``; written and read here and nowhere else.

Only the opaque part is a key. Node and suffix must be the task's own, else there is no such task.
"""

import re

from msgspec import Struct

from apiinone.core.ids import ID_LENGTH

PATTERN = "^n[0-9]{1,3}[0-9a-v]{26}_[a-z0-9]{2,16}$"
"""What a written id looks like, for documents."""
_FORM = re.compile(rf"n([1-9][0-9]{{0,2}})([0-9a-z]{{{ID_LENGTH}}})_([0-9A-Za-z]+)")
"""A node has up to three digits and does not begin with 0, so that each task has one id."""
_NUMBER_DIGITS_MAX = 2


class WrittenId(Struct, frozen=True):
    """A task id taken apart."""

    node: int
    id: str
    suffix: str


class TakeId(Struct, frozen=True):
    """The id of one output of a task, taken apart."""

    task_id: str
    """As clients see it."""
    output_no: int


def written(node: int, task_id: str, suffix: str) -> str:
    """The id as clients see it."""
    return f"n{node}{task_id}_{suffix}"


def read_task_id(text: str) -> WrittenId | None:
    """Take a client's task id apart; None for what cannot be one."""
    found = _FORM.fullmatch(text)
    return None if found is None else WrittenId(int(found[1]), found[2], found[3])


def written_take(task_id: str, output_no: int) -> str:
    """The id of one take of a song, as Suno's routes show and take it: the task's own, a dash, its number."""
    return f"{task_id}-{output_no}"


def read_take_id(text: str) -> TakeId | None:
    """Take a take's id apart; None for what cannot be one."""
    task_id, dash, number = text.rpartition("-")
    plain = number.isascii() and number.isdigit() and len(number) <= _NUMBER_DIGITS_MAX
    if not (dash and plain) or read_task_id(task_id) is None:
        return None
    return TakeId(task_id, int(number))
