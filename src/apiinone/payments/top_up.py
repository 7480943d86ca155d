"""Automatic top-up: buys a pack when a balance falls below its owner's threshold, once for each crossing."""

from dataclasses import dataclass
from typing import Final

from apiinone.core.errors import BadRequest
from apiinone.core.exchange import Request, Response
from apiinone.db import Tx
from apiinone.outbound import NotSent
from apiinone.payments.cashier import Cashier
from apiinone.payments.method import Declined, SavedSeen, Standing
from apiinone.payments.order_rows import Order, order_by_id
from apiinone.payments.packs import terms_of_pack
from apiinone.payments.top_up_rows import (
    accounts_below,
    begin_charge,
    charge_again,
    cross,
    due_charges,
    rule_of,
    saved_of,
)

BITE_MAX: Final = 50
AGAIN_S: Final = 60


@dataclass(frozen=True, slots=True)
class TopUp:
    """Looks for balances below their threshold, and charges."""

    cashier: Cashier

    async def go_through(self) -> int:
        """Cross and charge what is due; how many."""
        below = await self.cashier.database.transact(lambda tx: accounts_below(tx, BITE_MAX))
        for account_id in below:
            await self._cross(account_id)
        due = await self.cashier.database.read(lambda tx: due_charges(tx, BITE_MAX))
        for order_id in due:
            await self._charge(order_id)
        return len(due)

    async def _cross(self, account_id: str) -> None:
        cashier = self.cashier

        async def work(tx: Tx) -> Order | None:
            rule = await rule_of(tx, account_id)
            if rule is None:
                return None
            try:
                terms = terms_of_pack(cashier.billing, rule.pack)
            except BadRequest:  # the operator sells it no more
                return None
            return await cross(
                tx, account_id, terms, cashier.ids, livemode_of=lambda name: cashier.tills[name].livemode
            )

        await cashier.database.transact(work)

    def _livemode(self, method: str) -> bool:
        return self.cashier.tills[method].livemode

    async def _charge(self, order_id: str) -> None:
        """Send it, once. An answer that is lost is looked for by the sweep of orders."""
        order, saved = await self.cashier.database.transact(lambda tx: _about(tx, order_id))
        if order is None or saved is None or order.state != "created":
            return
        till = self.cashier.tills[order.method]
        described = till.method.charge(self.cashier.to_pay(order), saved)
        if not isinstance(described, Request):
            return
        response = await self.cashier.send(till, described)
        if isinstance(response, NotSent):
            await self.cashier.database.transact(lambda tx: charge_again(tx, order_id, AGAIN_S))
            return
        reply = till.method.read_charge(response) if isinstance(response, Response) else None
        match reply:
            case Declined():
                await self.cashier.settle(order.method, order_id, _failed(order))
            case Standing():
                await self.cashier.settle(order.method, order_id, reply)
            case _:
                await self.cashier.look(order_id)


async def _about(tx: Tx, order_id: str) -> tuple[Order | None, SavedSeen | None]:
    """The order and what pays it, for the one process that sends it."""
    order = await order_by_id(tx, order_id)
    if order is None or not await begin_charge(tx, order_id):
        return None, None
    rule = await rule_of(tx, order.account_id)
    rows = await saved_of(tx, order.account_id)
    found = [row.seen for row in rows if rule is not None and row.id == rule.saved_method_id]
    return order, found[0] if found else None


def _failed(order: Order) -> Standing:
    names = (order.id, order.account_id, None, None)
    return Standing(*names, "failed", order.currency, order.amount_minor, bool(order.livemode))
