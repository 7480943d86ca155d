"""What became of a task's money, and why: price, hold, every attempt, settlement, and the ledger's own lines."""

from msgspec import Struct

from apiinone.catalog.own_prices import LIST
from apiinone.core.credits import Credits
from apiinone.db import Sql, Tx
from apiinone.ledger.history import EntryRow, read_entries_by_key
from apiinone.ledger.hold_more import growth_key
from apiinone.ledger.ledger import Mode, Owner
from apiinone.providers.provider import Fault
from apiinone.tasks.direct import Note
from apiinone.tasks.direct_rows import read_notes
from apiinone.tasks.lifecycle import AttemptState, TaskState
from apiinone.tasks.whose_keys import WhoseKeys
from apiinone.webhooks.outbox import DeliveryOnReceipt, deliveries_of

_TASK = Sql(
    "SELECT id, mode, node, suffix, key_id, request_id, endpoint, operation, model, sub_model, state, unit_micro,"
    " units, catalogue_version, created_us, finished_us, whose_keys,"
    " own_unit_micro, price_percent FROM tasks WHERE id = $1 AND account_id = $2 AND mode = $3"
)
_HOLD = Sql("SELECT amount_micro, budget_period, created_us FROM holds WHERE id = $1")
_SLICES = Sql("SELECT lot_id, amount_micro FROM hold_slices WHERE hold_id = $1 ORDER BY slice_no")
_ATTEMPTS = Sql(
    "SELECT attempt_no, state, provider, upstream_model, chosen_because, upstream_id, fault, message, created_us,"
    " sent_us, accepted_us, ended_us, late_state, own_key, credential_id FROM attempts WHERE task_id = $1"
    " ORDER BY attempt_no"
)
_SETTLEMENT = Sql("SELECT kind, captured_micro, released_micro, created_us FROM settlements WHERE hold_id = $1")


class TaskOnReceipt(Struct, frozen=True):
    """The task that the receipt is for. `unit` and `units` were frozen when it was accepted."""

    id: str
    mode: Mode
    node: int
    suffix: str
    key_id: str
    request_id: str
    endpoint: str
    operation: str
    model: str
    sub_model: str
    state: TaskState
    unit: Credits
    units: int
    price_version: str
    created_us: int
    finished_us: int | None
    whose_keys: WhoseKeys
    own_unit: Credits | None
    """The price of one output that the account's own key makes; None where none of its keys may be used."""
    price_percent: int = LIST
    """What the account paid of the list's price."""


class HoldOnReceipt(Struct, frozen=True):
    """What was set aside, in which budget period, and from which lots: (lot id, amount)."""

    amount: Credits
    budget_period: str | None
    created_us: int
    slices: tuple[tuple[str, Credits], ...]


class AttemptOnReceipt(Struct, frozen=True):
    """One try. What it cost the operator is not the client's business and is not read."""

    attempt_no: int
    state: AttemptState
    provider: str
    upstream_model: str
    chosen_because: str
    upstream_id: str | None
    fault: Fault | None
    message: str | None
    created_us: int
    sent_us: int | None
    accepted_us: int | None
    ended_us: int | None
    late_state: AttemptState | None
    own_key: int
    credential_id: str | None
    """For the operator; clients are not shown it."""


class SettlementOnReceipt(Struct, frozen=True):
    """How the hold ended."""

    kind: str
    captured: Credits
    released: Credits
    created_us: int


class Receipt(Struct, frozen=True):
    """All of it. `settlement` is None while the hold is open."""

    task: TaskOnReceipt
    hold: HoldOnReceipt
    attempts: tuple[AttemptOnReceipt, ...]
    settlement: SettlementOnReceipt | None
    entries: tuple[EntryRow, ...]
    deliveries: tuple[DeliveryOnReceipt, ...]
    note: Note | None = None
    """What a chat used; None for what is no chat, or where nothing of it was noted."""


async def read_receipt(tx: Tx, owner: Owner, task_id: str) -> Receipt | None:
    """The receipt of the owner's task; None where this owner has no such task."""
    task = await tx.row(_TASK, task_id, *owner)
    hold = await tx.row(_HOLD, task_id)
    if task is None or hold is None:
        return None
    slices = [(row[0], row[1]) for row in await tx.rows(_SLICES, task_id)]
    settlement = await tx.row(_SETTLEMENT, task_id)
    keys = [f"hold:{task_id}", f"capture:{task_id}", f"release:{task_id}"]
    keys += [growth_key(task_id, slice_no) for slice_no in range(1, len(slices))]
    keys += [f"expire:{lot_id}:{task_id}" for lot_id, _ in slices]
    return Receipt(
        TaskOnReceipt(*task),
        HoldOnReceipt(hold[0], hold[1], hold[2], tuple(slices)),
        tuple(AttemptOnReceipt(*row) for row in await tx.rows(_ATTEMPTS, task_id)),
        None if settlement is None else SettlementOnReceipt(*settlement),
        tuple(await read_entries_by_key(tx, keys)),
        tuple(await deliveries_of(tx, task_id)),
        (await read_notes(tx, [task_id])).get(task_id),
    )
