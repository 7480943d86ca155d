"""Callbacks: checked by signature, written down, and then the vendor is asked. Nothing that they say is dropped.

`hear` gives up on nothing that is well signed: what cannot be settled at once stays in the queue of events, and what
fits nothing goes to suspense.
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, assert_never

import msgspec

from apiinone.core.clock import US_PER_S
from apiinone.core.errors import AuthenticationFailed, NotFound, Refusal
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.payments.cashier import Cashier
from apiinone.payments.event_rows import (
    TRY_FOR_US,
    EventRow,
    close_event,
    count_refused,
    due_events,
    remember,
    retry_later,
)
from apiinone.payments.method import Event, Known, Standing, Unclear, Unreadable, Unsigned
from apiinone.payments.order_rows import Order, order_by_id, order_by_ref
from apiinone.payments.settle import Outcome
from apiinone.payments.suspense import Stray, keep

_log = logging.getLogger("apiinone.payments")
BITE_MAX: Final = 50
Ending = Outcome | Literal["ignored", "later"]


@dataclass(frozen=True, slots=True)
class Ear:
    """Hears callbacks, and goes through those that wait."""

    cashier: Cashier

    def refuse_unexpected(self, method: str) -> None:
        """Raise NotFound where no callbacks of this method are expected: its secret is not set."""
        till = self.cashier.tills.get(method)
        if till is None or till.callback_secret is None:
            raise NotFound("No callbacks of this method are expected here.", param="method")

    async def hear(self, method: str, headers: Mapping[str, str], body: bytes) -> None:
        """Take a callback. Raises NotFound where none are expected, AuthenticationFailed where it is not signed."""
        self.refuse_unexpected(method)
        till = self.cashier.tills[method]
        secret = "" if till.callback_secret is None else till.callback_secret.reveal()
        now_s = self.cashier.clock.now_us() // US_PER_S
        event = till.method.read_event(headers, body, secret, now_s)
        match event:
            case Unsigned():
                await self.cashier.database.transact(lambda tx: count_refused(tx, method))
                raise AuthenticationFailed("The callback is not signed as it must be.")
            case Unreadable():
                stray = Stray(method, "unreadable", hashlib.sha256(body).hexdigest())
                await self.cashier.database.transact(lambda tx: keep(tx, self.cashier.ids.new(), stray))
            case Event():
                await self._take(method, _clean(event))
            case _:
                assert_never(event)

    async def go_through(self) -> int:
        """Try again those whose vendor could not be asked; how many."""
        rows = await self.cashier.database.read(lambda tx: due_events(tx, BITE_MAX))
        for row in rows:
            await self._deal(row, None)
        return len(rows)

    async def _take(self, method: str, event: Event) -> None:
        if not await self.cashier.database.transact(lambda tx: remember(tx, method, event)):
            return
        now_us = self.cashier.clock.now_us()
        names = (event.order_id, event.vendor_ref, event.payment_ref)
        await self._deal(EventRow(method, event.event_id, event.type, *names, now_us, 0), event)

    async def _deal(self, row: EventRow, event: Event | None) -> None:
        """One event; a failure of ours leaves it in the queue."""
        try:
            ending = await self._ending(row, event)
        except Refusal as refusal:
            _log.warning("a payment's event waits", extra={"method": row.method, "reason": refusal.type})
            ending = "later"

        async def work(tx: Tx) -> None:
            tired = ending == "later" and row.received_us + TRY_FOR_US < tx.now_us
            if tired:
                await keep(tx, self.cashier.ids.new(), _stray(row, None))
            if ending == "later" and not tired:
                await retry_later(tx, row)
            else:
                await close_event(tx, row.method, row.event_id, "suspense" if tired else ending)

        await self.cashier.database.transact(work)

    async def _ending(self, row: EventRow, event: Event | None) -> Ending:
        order = await self.cashier.database.read(lambda tx: _order_of(tx, row))
        if order is None and event is not None and not event.about_money:
            return "ignored"
        vendor_ref, payment_ref = row.vendor_ref, row.payment_ref
        if order is not None and order.method == row.method:
            vendor_ref = vendor_ref or (order.vendor_ref if payment_ref in (None, order.payment_ref) else None)
            payment_ref = payment_ref or order.payment_ref
        if vendor_ref is None and payment_ref is None:
            return await self._astray(row, event, None)
        order_id = row.order_id or "" if order is None else order.id
        standing = await self.cashier.standing(row.method, Known(order_id, vendor_ref, payment_ref))
        if isinstance(standing, Unclear):
            return "later"
        named = standing.order_id if order is None else order.id
        if named is None or not is_id(named):
            return await self._astray(row, event, standing)
        return (await self.cashier.settle(row.method, named, standing)).outcome

    async def _astray(self, row: EventRow, event: Event | None, standing: Standing | None) -> Ending:
        if standing is not None and standing.state != "paid":
            return "ignored"
        stray = _stray(row, standing or event)
        await self.cashier.database.transact(lambda tx: keep(tx, self.cashier.ids.new(), stray))
        return "suspense"


def _stray(row: EventRow, seen: Standing | Event | None) -> Stray:
    subject = row.payment_ref or row.vendor_ref or row.event_id
    reason = "unconfirmed" if seen is None else "unknown_order"
    currency, amount = (None, None) if seen is None else (seen.currency, seen.amount_minor)
    return Stray(row.method, reason, subject, row.order_id, currency, amount)


async def _order_of(tx: Tx, row: EventRow) -> Order | None:
    order = None
    if row.order_id is not None and is_id(row.order_id):
        order = await order_by_id(tx, row.order_id)
    if order is None:
        order = await order_by_ref(tx, row.method, vendor_ref=row.vendor_ref, payment_ref=row.payment_ref)
    return order


def _clean(event: Event) -> Event:
    """The same without what a database would not take: a NUL, half a surrogate, or no end."""
    texts = {
        name: None if text is None else text.replace("\0", "").encode(errors="replace").decode()[:255]
        for name, text in (
            ("order_id", event.order_id),
            ("vendor_ref", event.vendor_ref),
            ("payment_ref", event.payment_ref),
            ("currency", event.currency),
        )
    }
    words = {"event_id": event.event_id.replace("\0", ""), "type": event.type.replace("\0", "")}
    return msgspec.structs.replace(event, **texts, **words)
