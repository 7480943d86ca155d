"""Cards that closed accounts left with a vendor are taken away there.

What is to be done is written down with the closing itself: a saved way to pay that was not removed, of an account that
is closed. So it survives whatever becomes of us, and a card that is paid with after the closing is found too. How often
each was tried only sets the pace, and is remembered by the process alone. Trying is free, and may be done twice.
"""

import logging
from dataclasses import dataclass, field
from typing import Final

from apiinone.db import Sql, Tx
from apiinone.payments.cashier import Cashier
from apiinone.payments.forget_saved import take_away
from apiinone.payments.top_up_rows import SavedRow

BITE_MAX: Final = 20
EVERY_S: Final = 300.0
TRIES_MAX: Final = 1000
"""At one try in a round, more than three days; then its vendor is left alone until this process is started anew."""
_LEFT = Sql(
    "SELECT s.id, s.method, s.customer_ref, s.vendor_ref, s.label FROM saved_methods s"
    " JOIN accounts a ON a.id = s.account_id WHERE a.closed_us IS NOT NULL AND s.removed_us IS NULL"
    " AND s.method = ANY($1::text[]) AND s.id > $2 ORDER BY s.id LIMIT $3"
)
_GONE = Sql("UPDATE saved_methods SET label = '', removed_us = $1 WHERE id = $2 AND removed_us IS NULL")
_log = logging.getLogger("apiinone.payments")


@dataclass(slots=True)
class ClosedCards:
    """Goes round the cards of closed accounts whose vendor can be asked from here."""

    cashier: Cashier
    tries: dict[str, int] = field(default_factory=dict)
    after: str = ""
    """The last card that was looked at: the next round goes on behind it."""

    async def go_through(self) -> int:
        """Have the next few taken away; how many were. A vendor that nobody reaches is left alone until next time."""
        tills = self.cashier.tills
        methods = tuple(name for name, till in tills.items() if till.secret is not None)
        if not methods:
            return 0
        cards = await self.cashier.database.read(lambda tx: _left(tx, methods, self.after))
        gone = 0
        for card in cards:
            self.after = card.id
            if self.tries.get(card.id, 0) >= TRIES_MAX:
                continue
            outcome = await take_away(self.cashier, tills[card.method], card)
            if outcome == "gone":
                self.tries.pop(card.id, None)
                gone += await self.cashier.database.transact(lambda tx, card=card: tx.run(_GONE, tx.now_us, card.id))
                continue
            self._failed(card)
            if outcome == "nobody there":
                break
        else:
            if len(cards) < BITE_MAX:
                self.after = ""
        return gone

    def _failed(self, card: SavedRow) -> None:
        self.tries[card.id] = self.tries.get(card.id, 0) + 1
        if self.tries[card.id] == TRIES_MAX:
            _log.error("a card of a closed account is still at its vendor", extra={"reason": card.method})


async def _left(tx: Tx, methods: tuple[str, ...], after: str) -> list[SavedRow]:
    return [SavedRow(*row) for row in await tx.rows(_LEFT, methods, after, BITE_MAX)]
