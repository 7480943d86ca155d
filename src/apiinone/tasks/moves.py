"""What can happen to a task, as values. `settle.apply_moves` makes it so.

Workers, clients, clocks and operators all say what happened by a `Move`. A worker's move carries the fence it was given
at its claim; with another fence the task has a new holder.
"""

from msgspec import Struct

from apiinone.assets.ingest import StoredOutput
from apiinone.core.credits import Credits
from apiinone.ledger.ledger import Owner
from apiinone.providers.provider import Fault, Reference
from apiinone.tasks.direct import Note
from apiinone.tasks.lifecycle import TaskState


class NewAttempt(Struct, frozen=True):
    """A try of a task on one offer, and why that offer."""

    id: str
    provider: str
    upstream_model: str
    chosen_because: str
    expected_cost_micro_usd: int | None
    own_key: bool = False
    """Whether with the account's own key."""


class Planned(Struct, frozen=True):
    """An attempt is written down; nothing is sent yet."""

    attempt: NewAttempt


class Sending(Struct, frozen=True):
    """The next thing that happens is the socket, with this credential."""

    attempt_id: str
    credential_id: str | None = None


class WasAccepted(Struct, frozen=True):
    """The vendor took the attempt."""

    attempt_id: str
    reference: Reference
    cost_micro_usd: int | None = None


class WasLost(Struct, frozen=True):
    """Sent, but it is not known whether it was accepted."""

    attempt_id: str
    reason: str


class CopyLater(Struct, frozen=True):
    """The outputs exist at the vendor and could not be copied yet."""

    attempt_id: str


class WasRejected(Struct, frozen=True):
    """Certainly refused. With `again_after_s` another try is allowed, and the task goes back to its queue."""

    attempt_id: str | None
    fault: Fault
    message: str
    again_after_s: float | None


class WasStored(Struct, frozen=True):
    """The outputs, perhaps fewer than ordered, are ours."""

    attempt_id: str
    outputs: tuple[StoredOutput, ...]
    cost_micro_usd: int | None


class Redirected(Struct, frozen=True):
    """A call that answers at once was certainly refused before a word; the next socket is that of the new attempt."""

    attempt_id: str
    fault: Fault
    message: str
    attempt: NewAttempt


class WasRelayed(Struct, frozen=True):
    """More of an answer is about to reach the client; the note says what would be owed if nothing else were heard."""

    attempt_id: str
    note: Note


class HoldMore(Struct, frozen=True):
    """A stream goes on beyond what is held: `level` is to be held for it in all, as far as that is covered."""

    attempt_id: str
    level: Credits


class WasAnswered(Struct, frozen=True):
    """A call that answers at once is over: what it costs, what a chat used, and the answer where it may be replayed."""

    attempt_id: str
    captured: Credits
    note: Note | None
    answer: str | None
    cost_micro_usd: int | None = None
    """What the provider's own count costs us; None where it told none."""


class WasCanceled(Struct, frozen=True):
    """The vendor confirms that it stopped."""

    attempt_id: str


class Blamed(Struct, frozen=True):
    """Work begins or is over; `claims` is what the task is to be blamed for should the worker die (`blame.py`)."""

    claims: int


class CancelAsked(Struct, frozen=True):
    """The client wants it to stop."""


class TimePassed(Struct, frozen=True):
    """A deadline or the last limit may have passed; the row says which."""


class EndedByHand(Struct, frozen=True):
    """An operator ends it without charge."""

    actor: str


What = (
    Planned
    | Sending
    | WasAccepted
    | WasLost
    | CopyLater
    | WasRejected
    | WasStored
    | Redirected
    | WasRelayed
    | HoldMore
    | WasAnswered
    | WasCanceled
    | Blamed
    | CancelAsked
    | TimePassed
    | EndedByHand
)


class Move(Struct, frozen=True):
    """Something that happened to one task. `fence` is a worker's claim number; None for everyone else."""

    task_id: str
    owner: Owner
    what: What
    fence: int | None = None


class Moved(Struct, frozen=True):
    """It is so, durably; the task's state and fence after it."""

    state: TaskState
    fence: int
    cancel_requested: bool
    calls_back: bool = False
    """Whether its end is to be told to an address."""
    held: Credits | None = None
    """Where more was to be held: what is held for the task now."""


class Stale(Struct, frozen=True):
    """Nothing changed for the task: it has another holder, has ended, or its state does not allow the move."""

    state: TaskState | None
    held: bool = False
    """Whether the task has not ended and the mover's claim still stands."""
    cancel_requested: bool = False


Outcome = Moved | Stale


def attempt_named(what: What) -> str | None:
    """The attempt that something happened to; None where it happened to the task alone."""
    if isinstance(what, (Planned, Blamed, CancelAsked, TimePassed, EndedByHand)):
        return None
    return what.attempt_id
