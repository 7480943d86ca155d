"""Money that goes back: refunds that we ordered, those that somebody made at the vendor, and disputes.

What a sum of money is worth in credits is reckoned from the whole order, so that parts add up to exactly all that it
brought: after `back` of `amount` the credits that are gone are the granted ones in that proportion, rounded up. What
is promised to a refund counts as gone; where that refund fails, the others' credits stay as they were reckoned.
"""

from dataclasses import dataclass

import msgspec

from apiinone.core.credits import Credits
from apiinone.core.ids import Ids
from apiinone.db import Tx
from apiinone.ledger.ledger import Books
from apiinone.ledger.take_back import Reclaim
from apiinone.payments.back_rows import (
    DisputeRow,
    RefundRow,
    add_dispute,
    add_refund,
    disputes_of,
    end_dispute,
    end_refund,
    refunds_of,
)
from apiinone.payments.lifecycle import OrderEvent, next_order_state
from apiinone.payments.method import DisputeSeen, RefundSeen, Standing
from apiinone.payments.order_rows import Order
from apiinone.payments.suspense import Stray, keep

ACTOR = "payments"


def credits_for(order: Order, back_minor: int) -> int:
    """The credits that are gone once so much of the money is back."""
    return -(-order.granted * back_minor // order.amount_minor) if order.amount_minor else 0


async def take_back(tx: Tx, books: Books, order: Order, standing: Standing, ids: Ids) -> Order:
    """Follow what the vendor tells of refunds and disputes, as far as it is new. Returns the order as it is then."""
    if not (standing.refunds or standing.disputes):
        return order
    lot = books.lots[order.owner][order.id]
    claim = Reclaim(books, order.owner, lot, ACTOR)
    back = _Back(tx, claim, await refunds_of(tx, order.id), await disputes_of(tx, order.id), order)
    for refund in standing.refunds:
        await back.refund(refund, ids)
    for dispute in standing.disputes:
        await back.dispute(dispute, ids)
    return back.order


@dataclass(slots=True)
class _Back:
    tx: Tx
    claim: Reclaim
    refunds: list[RefundRow]
    disputes: list[DisputeRow]
    order: Order

    async def refund(self, seen: RefundSeen, ids: Ids) -> None:
        row = self._row_of(seen)
        if row is not None and row.state in ("asked", "sent"):
            await self._end(row, seen)
        elif row is not None and row.state == "succeeded" and seen.state == "failed":
            await self._undone(seen.vendor_ref, seen.amount_minor, ids)
        elif seen.state == "succeeded" and (row is None or row.state == "failed"):
            await self._foreign(seen, ids)

    async def dispute(self, seen: DisputeSeen, ids: Ids) -> None:
        row = next((one for one in self.disputes if one.vendor_ref == seen.vendor_ref), None)
        if row is None:
            row = DisputeRow(self.order.method, seen.vendor_ref, self.order.id, seen.amount_minor, "open")
            await add_dispute(self.tx, row)
            self.disputes.append(row)
            self._freeze_all(row)
            self._happened("disputed")
        if row.state == "lost" and seen.state == "won":
            await self._undone(seen.vendor_ref, seen.amount_minor, ids)
        elif seen.state != "open" and row.state == "open":
            await end_dispute(self.tx, row, seen.state)
            self.disputes = [one for one in self.disputes if one.vendor_ref != row.vendor_ref]
            self.disputes.append(msgspec.structs.replace(row, state=seen.state))
            if seen.state == "lost":
                self._lose(row)
                self._happened("dispute_lost")
            if not any(one.state == "open" for one in self.disputes):
                self._let_go(row)
                self._happened("dispute_won")

    async def _end(self, row: RefundRow, seen: RefundSeen) -> None:
        if seen.state == "pending":
            return
        await end_refund(self.tx, row, seen.state, seen.vendor_ref)
        self._replace(msgspec.structs.replace(row, state=seen.state, vendor_ref=seen.vendor_ref))
        key = f"refund:{row.id}:{seen.state}"
        if seen.state == "failed":
            if row.credits and self.claim.lot.disputed == 0:
                self.claim.thaw(row.credits, key)
            return
        if row.credits:
            self.claim.end(row.credits, key)
        self._refunded(row.amount_minor)

    async def _foreign(self, seen: RefundSeen, ids: Ids) -> None:
        """Somebody sent money back at the vendor: what is there goes, what was spent is owed."""
        amount = min(seen.amount_minor, self.order.amount_minor - self.order.refunded_minor)
        if amount <= 0:
            await self._undone(seen.vendor_ref, seen.amount_minor, ids)
            return
        before = self._back_minor()
        worth = credits_for(self.order, before + amount) - credits_for(self.order, before)
        refund_id = ids.new()
        identity = (refund_id, self.order.id, self.order.account_id, amount, Credits(worth))
        row = RefundRow(*identity, "succeeded", seen.vendor_ref, "vendor", self.tx.now_us)
        await add_refund(self.tx, row)
        self.refunds.append(row)
        self._take(worth, f"refund:{refund_id}")
        self._refunded(amount)

    def _lose(self, row: DisputeRow) -> None:
        before = self._back_minor(without=row.vendor_ref)
        amount = max(0, min(row.amount_minor, self.order.amount_minor - before))
        self._take(credits_for(self.order, before + amount) - credits_for(self.order, before), f"dispute:{row.key}")

    def _take(self, amount: int, key: str) -> None:
        """End so many credits of the lot; what was spent of them is owed, what expired is not."""
        lot = self.claim.lot
        more = min(max(0, amount - self._loose()), lot.available)
        if more:
            self.claim.freeze(more, f"{key}:freeze")
        part = min(amount, self._loose())
        if part:
            self.claim.end(part, f"{key}:return")
        spent = lot.captured + lot.held + lot.repaid - self.order.owed
        short = min(amount - part, spent)
        if short > 0:
            self.order = msgspec.structs.replace(self.order, owed=Credits(self.order.owed + short))
            self.claim.owe(short, f"{key}:owe")

    def _freeze_all(self, row: DisputeRow) -> None:
        lot = self.claim.lot
        lot.disputed = 1
        lot.changed = True
        if lot.available:
            self.claim.freeze(lot.available, f"dispute:{row.key}:freeze_all")

    def _let_go(self, row: DisputeRow) -> None:
        """Free what no refund waits for."""
        self.claim.lot.disputed = 0
        self.claim.lot.changed = True
        if loose := self._loose():
            self.claim.thaw(loose, f"dispute:{row.key}:thaw")

    def _loose(self) -> int:
        """What is frozen and not promised to a refund."""
        promised = sum(row.credits for row in self.refunds if row.state in ("asked", "sent"))
        return self.claim.lot.frozen - promised

    def _back_minor(self, without: str = "") -> int:
        """The money that is back or promised to go back."""
        refunds = sum(row.amount_minor for row in self.refunds if row.state != "failed")
        lost = sum(one.amount_minor for one in self.disputes if one.state == "lost" and one.vendor_ref != without)
        return min(refunds + lost, self.order.amount_minor)

    def _refunded(self, amount_minor: int) -> None:
        refunded = self.order.refunded_minor + amount_minor
        self.order = msgspec.structs.replace(self.order, refunded_minor=refunded)
        self._happened("refunded_whole" if refunded == self.order.amount_minor else "refunded_in_part")

    def _happened(self, event: OrderEvent) -> None:
        state = next_order_state(self.order.state, event)
        if state is not None:
            self.order = msgspec.structs.replace(self.order, state=state)

    async def _undone(self, subject: str, amount_minor: int, ids: Ids) -> None:
        order = self.order
        stray = Stray(order.method, "reversed_loss", subject, order.id, order.currency, amount_minor)
        await keep(self.tx, ids.new(), stray)

    def _row_of(self, seen: RefundSeen) -> RefundRow | None:
        for row in self.refunds:
            if seen.vendor_ref == row.vendor_ref or (row.vendor_ref is None and seen.refund_id == row.id):
                return row
        return None

    def _replace(self, row: RefundRow) -> None:
        self.refunds = [row if one.id == row.id else one for one in self.refunds]
