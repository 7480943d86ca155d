"""What time does to orders: their vendors are asked, waiting events are gone through, old rows are dropped."""

import logging
from dataclasses import dataclass
from typing import Final

from apiinone.core.errors import Refusal
from apiinone.payments.cashier import Cashier
from apiinone.payments.event_rows import forget_events
from apiinone.payments.hear import Ear
from apiinone.payments.order_rows import due_orders
from apiinone.payments.refunding import Refunder

BITE_MAX: Final = 50
_log = logging.getLogger("apiinone.payments")


@dataclass(frozen=True, slots=True)
class PaymentSweep:
    """The duties, each a method that returns how much it did."""

    cashier: Cashier
    ear: Ear
    refunder: Refunder

    async def ask_about_orders(self) -> int:
        """Ask about each order whose turn it is, so that a lost callback loses nothing."""
        due = await self.cashier.database.read(lambda tx: due_orders(tx, BITE_MAX))
        for order_id in due:
            try:
                await self.cashier.look(order_id)
            except Refusal as refusal:
                _log.warning("an order waits", extra={"order_id": order_id, "reason": refusal.type})
        return len(due)

    async def go_through_events(self) -> int:
        """Events whose vendor could not be asked when they came."""
        return await self.ear.go_through()

    async def go_through_refunds(self) -> int:
        """Refunds that were not sent, or whose answer was lost."""
        return await self.refunder.go_through()

    async def forget(self) -> int:
        """Drop old events."""
        return await self.cashier.database.transact(lambda tx: forget_events(tx, BITE_MAX))
