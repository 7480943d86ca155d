"""Task ids as clients see them: ``n<node><opaque id>_<suffix>``; written and read here and nowhere else.

Only the opaque part is a key. Node and suffix must be the task's own, else there is no such task.
"""

from msgspec import Struct

from apiinone.core.ids import ID_LENGTH, is_id

PATTERN = "^n[0-9]{1,3}[0-9a-v]{26}_[a-z0-9]{2,16}$"
"""What a written id looks like, for documents."""
_NODE_DIGITS_MAX = 3
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
    head, _, suffix = text.rpartition("_")
    node, task_id = head[1:-ID_LENGTH], head[-ID_LENGTH:]
    known_form = head[:1] == "n" and is_id(task_id) and 0 < len(node) <= _NODE_DIGITS_MAX
    if not (known_form and node.isascii() and node.isdigit() and suffix.isascii() and suffix.isalnum()):
        return None
    if node[0] == "0":
        return None
    return WrittenId(int(node), task_id, suffix)


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
