"""Routes of callbacks: the log of deliveries, sending one anew, and the secret they are signed with."""

from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from apiinone.accounts.callers import Caller
from apiinone.accounts.keys import Mode
from apiinone.api.answer import Answer, page, success
from apiinone.api.call import Call
from apiinone.api.cursors import read_cursor, write_cursor
from apiinone.api.house import House
from apiinone.api.queries import Cursor, Limit, given, read_query
from apiinone.api.task_ids import read_task_id, written
from apiinone.api.task_page import Moment, TaskId
from apiinone.core.clock import iso
from apiinone.core.errors import BadRequest, NotFound
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.tasks.task_view import task_names
from apiinone.webhooks.history import DeliveryRow, TryRow, Wanted, read_deliveries, read_tries, send_anew
from apiinone.webhooks.outbox import EVENT_PREFIX
from apiinone.webhooks.schedule import DeliveryState, EventType
from apiinone.webhooks.signing import written_secret
from apiinone.webhooks.vault import GoodSecret

ROWS: Final = 20
DELIVERY_PATTERN: Final = "^evt_[0-9a-v]{26}$"
_MOMENT_DIGITS_MAX: Final = 18
DeliveryId = Annotated[str, Meta(pattern=DELIVERY_PATTERN, description="The event's id: `webhook-id` in every try.")]
Names = dict[str, tuple[int, str]]


class TryPage(Struct, frozen=True):
    """One try. Of the answer nothing but its status is kept."""

    tried_at: Moment
    took_ms: int
    status: Annotated[int | None, Meta(description="The answer's HTTP status; null where there was none.")]
    fault: Annotated[str | None, Meta(description="Why there was no answer; null where there was one.")]


class DeliveryPage(Struct, frozen=True):
    """A callback, delivered or not."""

    delivery_id: DeliveryId
    task_id: Annotated[TaskId | None, Meta(description="Null where the task is no longer kept.")]
    type: EventType
    state: Annotated[
        DeliveryState,
        Meta(description="`waiting` for a try; `gone`: answered 410; `dropped`: the task was deleted before."),
    ]
    url: Annotated[str | None, Meta(description="Null once the task was deleted.")]
    tries: tuple[TryPage, ...]
    next_try_at: Annotated[Moment | None, Meta(description="Null where none is to come.")]
    created_at: Moment


class SecretPage(Struct, frozen=True):
    """A secret that signs callbacks now."""

    secret: Annotated[str, Meta(pattern="^whsec_", description="As the Standard Webhooks libraries take it.")]
    created_at: Moment
    expires_at: Annotated[Moment | None, Meta(description="When it ceases to sign; null for the newest.")]


class SecretsPage(Struct, frozen=True):
    """What callbacks of the key's account in the key's mode are signed with."""

    mode: Mode
    secret: Annotated[str, Meta(pattern="^whsec_", description="The newest.")]
    secrets: Annotated[tuple[SecretPage, ...], Meta(description="All that sign now, newest first.")]


class DeliveriesQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which deliveries."""

    task_id: Annotated[str, Meta(max_length=64, description="Only this task's.")] | UnsetType = UNSET
    state: DeliveryState | UnsetType = UNSET
    limit: Limit = ROWS
    cursor: Cursor | UnsetType = UNSET


async def list_deliveries(house: House, call: Call, caller: Caller) -> Answer:
    """A page of the caller's deliveries, newest first, each with its tries."""
    query = read_query(call.query_string, DeliveriesQuery)
    wanted = _wanted(query)
    if wanted is None:
        return page((), None)

    async def look(tx: Tx) -> tuple[list[DeliveryRow], list[TryRow], Names]:
        found = await read_deliveries(tx, caller.owner, wanted)
        tries = await read_tries(tx, [row.id for row in found])
        return found, tries, await task_names(tx, caller.owner, {row.task_id for row in found})

    found, tries, names = await house.context.database.read(look)
    rows = found[: query.limit]
    more = len(found) > query.limit
    next_cursor = write_cursor("deliveries", str(rows[-1].created_us), rows[-1].id) if more else None
    return page([_page(row, tries, names) for row in rows], next_cursor)


async def redeliver(house: House, call: Call, caller: Caller) -> Answer:
    """Send a delivery anew, at once, under its own `webhook-id`, with all its tries before it."""
    delivery_id = call.ids["delivery_id"]
    known_form = delivery_id.startswith(EVENT_PREFIX) and is_id(delivery_id.removeprefix(EVENT_PREFIX))

    async def work(tx: Tx) -> tuple[DeliveryRow, list[TryRow], Names] | None:
        row = await send_anew(tx, caller.owner, delivery_id)
        if row is None:
            return None
        return row, await read_tries(tx, [row.id]), await task_names(tx, caller.owner, {row.task_id})

    done = await house.context.database.transact(work) if known_form else None
    if done is None:
        raise NotFound("There is no such delivery.", param="delivery_id")
    house.context.deliver()
    return success(_page(*done))


async def show_secret(house: House, call: Call, caller: Caller) -> Answer:
    """The secrets that sign now; the first one is made when it is first needed."""
    del call
    return success(_secrets(caller.mode, await house.context.vault.good(caller.owner)))


async def rotate_secret(house: House, call: Call, caller: Caller) -> Answer:
    """A new secret; the one before signs along for a day."""
    del call
    return success(_secrets(caller.mode, await house.context.vault.rotate(caller.owner)))


def _wanted(query: DeliveriesQuery) -> Wanted | None:
    """What to read, one row more than asked for; None where nothing can match."""
    task_id = None
    if query.task_id is not UNSET:
        name = read_task_id(query.task_id)
        if name is None:
            return None
        task_id = name.id
    wanted = Wanted(query.limit + 1, task_id=task_id, state=given(query.state))
    if query.cursor is UNSET:
        return wanted
    moment, before_id = read_cursor("deliveries", query.cursor, 2)
    if not (moment.isascii() and moment.isdigit() and len(moment) <= _MOMENT_DIGITS_MAX):
        raise BadRequest("This is not a cursor of this list.", param="cursor")
    return Wanted(query.limit + 1, int(moment), before_id, task_id, given(query.state))


def _page(row: DeliveryRow, tries: list[TryRow], names: Names) -> DeliveryPage:
    name = names.get(row.task_id)
    return DeliveryPage(
        delivery_id=row.id,
        task_id=None if name is None else written(name[0], row.task_id, name[1]),
        type=row.type,
        state=row.state,
        url=row.url,
        tries=tuple(_try(one) for one in tries if one.delivery_id == row.id),
        next_try_at=None if row.due_us is None else iso(row.due_us),
        created_at=iso(row.created_us),
    )


def _try(row: TryRow) -> TryPage:
    return TryPage(iso(row.tried_us), row.took_us // 1000, row.status, row.fault)


def _secrets(mode: Mode, good: list[GoodSecret]) -> SecretsPage:
    pages = tuple(
        SecretPage(
            written_secret(one.secret),
            iso(one.created_us),
            None if one.expires_us is None else iso(one.expires_us),
        )
        for one in good
    )
    return SecretsPage(mode, pages[0].secret, pages)
