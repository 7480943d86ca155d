"""GET /tasks/{task_id}/receipt: what became of the money, and why."""

from typing import Annotated

from msgspec import Meta, Struct

from apiinone.accounts.callers import Caller
from apiinone.accounts.keys import Mode
from apiinone.api.answer import Answer, success
from apiinone.api.call import Call
from apiinone.api.house import House
from apiinone.api.model_forms import Amount, Percent
from apiinone.api.task_ids import read_task_id, written
from apiinone.api.task_page import Moment, Operation, Status, TaskId
from apiinone.core.clock import iso
from apiinone.core.credits import shown
from apiinone.core.errors import NotFound
from apiinone.db import Tx
from apiinone.ledger.history import EntryRow
from apiinone.tasks.client_faults import CLIENT_FAULTS
from apiinone.tasks.direct import Note
from apiinone.tasks.lifecycle import AttemptState, status_of
from apiinone.tasks.receipt import AttemptOnReceipt, HoldOnReceipt, Receipt, SettlementOnReceipt, read_receipt
from apiinone.tasks.whose_keys import WhoseKeys
from apiinone.webhooks.outbox import DeliveryOnReceipt
from apiinone.webhooks.schedule import DeliveryState, EventType


class QuotedPrice(Struct, frozen=True):
    """The price frozen with the task: `unit` times `units`."""

    unit: Amount
    units: int
    total: Amount
    price_version: str
    whose_keys: Annotated[WhoseKeys, Meta(description="With whose provider keys it may be made.")]
    own_key_unit: Annotated[
        Amount | None,
        Meta(description="What an output costs that your own provider key makes; null where none of yours may."),
    ]
    price_percent: Percent


class HoldSlice(Struct, frozen=True):
    """The part of a hold that one lot gave."""

    lot_id: str
    credits: Amount


class HoldPage(Struct, frozen=True):
    """What was set aside: when the task was accepted and, for a long stream, as its answer went on."""

    credits: Amount
    budget_period: Annotated[str | None, Meta(description="The period of the key's budget it counts in; null: none.")]
    lots: tuple[HoldSlice, ...]
    created_at: Moment


class AttemptPage(Struct, frozen=True):
    """One try at a provider, and why there."""

    attempt_no: int
    provider: str
    upstream_model: str
    upstream_id: str | None
    own_key: Annotated[bool, Meta(description="Whether it was made with your own provider key.")]
    chosen_because: str
    outcome: AttemptState
    fault: str | None
    message: str | None
    late_outcome: Annotated[AttemptState | None, Meta(description="What was learnt after the task had ended.")]
    created_at: Moment
    sent_at: Moment | None
    accepted_at: Moment | None
    ended_at: Moment | None


class SettlementPage(Struct, frozen=True):
    """The one end of the hold."""

    kind: str
    captured: Amount
    released: Amount
    created_at: Moment


class UsageOnReceipt(Struct, frozen=True):
    """What a chat used, in tokens."""

    prompt_tokens: int
    completion_tokens: Annotated[int, Meta(description="Reasoning included.")]
    reasoning_tokens: int
    estimated: Annotated[bool, Meta(description="Whether the provider's count is missing and ours stands here.")]
    finish_reason: Annotated[str | None, Meta(description="Null where the answer broke off or is not over.")]


class EntryOnReceipt(Struct, frozen=True):
    """A line of the account's ledger; more of it under /credits/entries."""

    entry_no: int
    kind: str
    credits: Amount
    created_at: Moment


class DeliveryOnReceiptPage(Struct, frozen=True):
    """A callback; its tries stand under /webhooks/deliveries."""

    delivery_id: str
    type: EventType
    state: DeliveryState
    tries: int
    last_status: int | None
    last_fault: str | None
    created_at: Moment
    last_tried_at: Moment | None


class ReceiptPage(Struct, frozen=True):
    """A task's receipt."""

    task_id: TaskId
    status: Status
    model: str
    endpoint: str
    operation: Operation
    mode: Mode
    key_id: str
    request_id: str
    quote: QuotedPrice
    hold: HoldPage
    attempts: tuple[AttemptPage, ...]
    settlement: Annotated[SettlementPage | None, Meta(description="Null while the hold is open.")]
    entries: tuple[EntryOnReceipt, ...]
    usage: Annotated[UsageOnReceipt | None, Meta(description="Of a chat; null for all else.")]
    deliveries: Annotated[tuple[DeliveryOnReceiptPage, ...], Meta(description="Its callbacks; kept for 30 days.")]
    created_at: Moment
    finished_at: Moment | None


async def show_receipt(house: House, call: Call, caller: Caller) -> Answer:
    """The receipt of the caller's task."""
    name = read_task_id(call.ids["task_id"])

    async def look(tx: Tx) -> Receipt | None:
        return None if name is None else await read_receipt(tx, caller.owner, name.id)

    receipt = await house.context.database.read(look)
    if name is None or receipt is None or (name.node, name.suffix) != (receipt.task.node, receipt.task.suffix):
        raise NotFound("There is no such task.", param="task_id")
    return success(receipt_page(receipt))


def receipt_page(receipt: Receipt, *, operator: bool = False) -> ReceiptPage:
    """A receipt as its owner sees it, in credits; an operator sees what their credentials were refused for."""
    task = receipt.task
    own_unit = None if task.own_unit is None else shown(task.own_unit)
    amounts = (shown(task.unit), task.units, shown(task.unit * task.units))
    price = QuotedPrice(*amounts, task.price_version, task.whose_keys, own_unit, task.price_percent)
    return ReceiptPage(
        task_id=written(task.node, task.id, task.suffix),
        status=status_of(task.state),  # pyright: ignore[reportArgumentType] - the words of `Status`
        model=task.sub_model,
        endpoint=task.endpoint,
        operation=task.operation,
        mode=task.mode,
        key_id=task.key_id,
        request_id=task.request_id,
        quote=price,
        hold=_hold(receipt.hold),
        attempts=tuple(_attempt(attempt, operator=operator) for attempt in receipt.attempts),
        settlement=None if receipt.settlement is None else _settlement(receipt.settlement),
        entries=tuple(map(_entry, receipt.entries)),
        usage=None if receipt.note is None else _usage(receipt.note),
        deliveries=tuple(map(_delivery, receipt.deliveries)),
        created_at=iso(task.created_us),
        finished_at=_moment(task.finished_us),
    )


def _hold(hold: HoldOnReceipt) -> HoldPage:
    lots = tuple(HoldSlice(lot_id, shown(amount)) for lot_id, amount in hold.slices)
    return HoldPage(shown(hold.amount), hold.budget_period, lots, iso(hold.created_us))


def _attempt(attempt: AttemptOnReceipt, *, operator: bool) -> AttemptPage:
    return AttemptPage(
        attempt_no=attempt.attempt_no,
        provider=attempt.provider,
        upstream_model=attempt.upstream_model,
        upstream_id=attempt.upstream_id,
        own_key=bool(attempt.own_key),
        chosen_because=attempt.chosen_because,
        outcome=attempt.state,
        fault=attempt.fault if operator else _fault(attempt),
        message=attempt.message,
        late_outcome=attempt.late_state,
        created_at=iso(attempt.created_us),
        sent_at=_moment(attempt.sent_us),
        accepted_at=_moment(attempt.accepted_us),
        ended_at=_moment(attempt.ended_us),
    )


def _fault(attempt: AttemptOnReceipt) -> str | None:
    """What the installation's own credentials were refused for is the operator's affair, and no client's."""
    return attempt.fault if attempt.fault is None or attempt.own_key else CLIENT_FAULTS[attempt.fault]


def _settlement(settlement: SettlementOnReceipt) -> SettlementPage:
    amounts = (shown(settlement.captured), shown(settlement.released))
    return SettlementPage(settlement.kind, *amounts, iso(settlement.created_us))


def _usage(note: Note) -> UsageOnReceipt:
    tokens = note.tokens
    return UsageOnReceipt(tokens.prompt, tokens.completion, tokens.reasoning, tokens.estimated, note.finish_reason)


def _entry(entry: EntryRow) -> EntryOnReceipt:
    return EntryOnReceipt(entry.entry_no, entry.kind, shown(entry.amount), iso(entry.created_us))


def _delivery(found: DeliveryOnReceipt) -> DeliveryOnReceiptPage:
    last = (found.last_status, found.last_fault, iso(found.created_us), _moment(found.last_tried_us))
    return DeliveryOnReceiptPage(found.id, found.type, found.state, found.tries, *last)


def _moment(moment_us: int | None) -> str | None:
    return None if moment_us is None else iso(moment_us)
