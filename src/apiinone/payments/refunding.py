"""Refunds that an operator orders: only unused credits of the order's own lot, frozen before anybody is asked."""

from dataclasses import dataclass
from typing import Final, assert_never

import msgspec
from msgspec import Struct

from apiinone.accounts.account_rows import Action, record
from apiinone.core.credits import Credits
from apiinone.core.errors import BadRequest, Conflict, NotFound
from apiinone.core.exchange import Request, Response
from apiinone.db import Tx
from apiinone.ledger.statements import load_books, write_books
from apiinone.ledger.take_back import Reclaim
from apiinone.outbound import NotSent
from apiinone.payments.back_rows import (
    RefundRow,
    add_refund,
    ask_refund_later,
    begin_sending,
    due_refunds,
    end_refund,
    refund_by_id,
    refunds_of,
    was_not_sent,
)
from apiinone.payments.cashier import Cashier
from apiinone.payments.method import Declined, Instructions, RefundSeen, Standing, ToRefund
from apiinone.payments.order_rows import Order, locked_order, order_by_id
from apiinone.payments.settle import Settled
from apiinone.payments.went_back import credits_for

AGAIN_S: Final = 60
GIVE_UP_S: Final = 3600
"""After so long a refund that the vendor does not list was never made there."""
BITE_MAX: Final = 50


class Wanted(Struct, frozen=True):
    """A refund; no amount: all that can go back."""

    order_id: str
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class Refunder:
    """Sends refunds, each once, and looks for those whose answer was lost."""

    cashier: Cashier

    async def refund(self, wanted: Wanted, action: Action) -> RefundRow:
        """Freeze the credits and send it. Raises NotFound, Conflict, BadRequest; how it stands is in the row."""
        refund_id = self.cashier.ids.new()

        async def work(tx: Tx) -> RefundRow:
            row = await _ask(tx, wanted, refund_id, action.actor)
            await record(tx, action)
            return row

        row = await self.cashier.database.transact(work)
        await self._send(row)
        return await self._now(row.id)

    async def confirm(self, refund_id: str, action: Action) -> RefundRow:
        """An operator sent the money by hand. Raises NotFound, Conflict."""
        row = await self._now(refund_id)
        order = await self._order(row.order_id)
        if row.state != "asked" or self.cashier.tills[order.method].method.hosts:
            raise Conflict("only refunds that are made by hand, and were not confirmed before, are confirmed by hand")
        seen = RefundSeen(refund_id, refund_id, row.amount_minor, "succeeded")
        await self.cashier.database.transact(lambda tx: record(tx, action))
        await self.cashier.settle(order.method, order.id, _standing(order, seen))
        return await self._now(refund_id)

    async def go_through(self) -> int:
        """Send what was not sent, and look for what was; how many."""
        rows = await self.cashier.database.read(lambda tx: due_refunds(tx, BITE_MAX))
        for row in rows:
            if row.state == "asked":
                await self._send(row)
            else:
                await self._look_for(row)
        return len(rows)

    async def _send(self, row: RefundRow) -> None:
        order = await self._order(row.order_id)
        till = self.cashier.tills[order.method]
        described = till.method.refund(ToRefund(row.id, order.payment_ref or "", row.amount_minor))
        match described:
            case Instructions():
                return
            case Request():
                if not await self.cashier.database.transact(lambda tx: begin_sending(tx, row.id, AGAIN_S)):
                    return  # somebody else sends it
                response = await self.cashier.send(till, described)
                if isinstance(response, NotSent):
                    await self.cashier.database.transact(lambda tx: was_not_sent(tx, row.id, AGAIN_S))
                elif isinstance(response, Response) and isinstance(till.method.read_refund(response), Declined):
                    await self._fail(row)
                else:
                    await self.cashier.look(order.id)
            case _:
                assert_never(described)

    async def _look_for(self, row: RefundRow) -> None:
        """It may be at the vendor. Only a whole list without it, long after, says that it is not."""
        settled: Settled | None = await self.cashier.look(row.order_id)
        old = await self.cashier.database.transact(lambda tx: ask_refund_later(tx, row, AGAIN_S, GIVE_UP_S))
        if old and settled is not None and not await self._listed(row):
            await self._fail(row)

    async def _listed(self, row: RefundRow) -> bool:
        order = await self._order(row.order_id)
        standing = await self.cashier.standing(order.method, order.known)
        return not isinstance(standing, Standing) or any(seen.refund_id == row.id for seen in standing.refunds)

    async def _fail(self, row: RefundRow) -> None:
        async def work(tx: Tx) -> None:
            order = await order_by_id(tx, row.order_id)
            if order is None:
                raise AssertionError("a refund without its order")
            books = await load_books(tx, [order.owner], [order.id])
            await locked_order(tx, order.id)
            now = await refund_by_id(tx, row.id)
            if now is None or now.state not in ("asked", "sent"):
                return
            await end_refund(tx, row, "failed", None)
            lot = books.lots[order.owner][order.id]
            if row.credits and not lot.disputed:
                Reclaim(books, order.owner, lot, "payments").thaw(row.credits, f"refund:{row.id}:failed")
            await write_books(tx, books)

        await self.cashier.database.transact(work)

    async def _now(self, refund_id: str) -> RefundRow:
        row = await self.cashier.database.read(lambda tx: refund_by_id(tx, refund_id))
        if row is None:
            raise NotFound("there is no such refund")
        return row

    async def _order(self, order_id: str) -> Order:
        order = await self.cashier.database.read(lambda tx: order_by_id(tx, order_id))
        if order is None:
            raise AssertionError("a refund without its order")
        return order


async def _ask(tx: Tx, wanted: Wanted, refund_id: str, actor: str) -> RefundRow:
    """Freeze the credits that a refund takes, and write it down."""
    found = await order_by_id(tx, wanted.order_id)
    if found is None:
        raise NotFound("there is no such order")
    books = await load_books(tx, [found.owner], [found.id])
    order = await locked_order(tx, found.id)
    if order is None or order.state != "paid" or not order.amount_minor:
        raise Conflict(f"the order is {found.state}, and only money of a paid order can go back")
    lot = books.lots[order.owner][order.id]
    back = sum(row.amount_minor for row in await refunds_of(tx, order.id) if row.state != "failed")
    most = _most(order, back, lot.available)
    amount = most if wanted.amount_minor is None else wanted.amount_minor
    if not 0 < amount <= most:
        unused = f"at most {most} {order.currency} (smallest units): only unused credits are refunded"
        raise BadRequest(unused, param="/amount_minor")
    worth = credits_for(order, back + amount) - credits_for(order, back)
    if worth:
        Reclaim(books, order.owner, lot, actor).freeze(worth, f"refund:{refund_id}:freeze")
    identity = (refund_id, order.id, order.account_id, amount, Credits(worth))
    row = RefundRow(*identity, "asked", None, actor, tx.now_us)
    await add_refund(tx, row, ask_us=tx.now_us)
    await write_books(tx, books)
    return row


def _most(order: Order, back_minor: int, available: int) -> int:
    """The largest amount whose credits are all there."""
    left = order.amount_minor - back_minor
    worth_left = order.granted - credits_for(order, back_minor)
    if available >= worth_left:
        return left
    most = (credits_for(order, back_minor) + available) * order.amount_minor // order.granted - back_minor
    return max(0, min(left, most))


def _standing(order: Order, seen: RefundSeen) -> Standing:
    """A paid order of which an operator knows what went back."""
    names = (order.id, order.account_id, order.vendor_ref, order.payment_ref)
    plain = Standing(*names, "paid", order.currency, order.amount_minor, bool(order.livemode))
    return msgspec.structs.replace(plain, refunds=(seen,))
