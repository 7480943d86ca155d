"""Moves on one lot when its money goes back, or may: frozen, thawed, returned; what was spent of it is owed."""

from dataclasses import dataclass

from apiinone.ledger.ledger import Books, Owner
from apiinone.ledger.lots import Lot


@dataclass(frozen=True, slots=True)
class Reclaim:
    """One owner's lot whose money is in question, on books that hold it. Each move has a key of its own."""

    books: Books
    owner: Owner
    lot: Lot
    actor: str

    def freeze(self, amount: int, key: str) -> None:
        """Take available credits out of reach. Raises ValueError where there are fewer."""
        if amount > self.lot.available:
            raise ValueError("more than the lot has available")
        self.lot.available -= amount
        self.lot.frozen += amount
        self.lot.changed = True
        reason = "money may go back"
        self.books.post(self.owner, "freeze", amount, key=key, lot_id=self.lot.id, actor=self.actor, reason=reason)

    def thaw(self, amount: int, key: str) -> None:
        """Give frozen credits back, unless their time is over by now. Raises ValueError where there are fewer."""
        self._unfreeze(amount)
        lot = self.lot
        lot.available += amount
        reason = "the money stays"
        self.books.post(self.owner, "thaw", amount, key=key, lot_id=lot.id, actor=self.actor, reason=reason)
        if lot.expires_us is not None and lot.expires_us <= self.books.now_us:
            self.books.expire(self.owner, lot, reason="lot expired while frozen")
        else:
            self.books.repay(self.owner, lot)

    def end(self, amount: int, key: str) -> None:
        """End frozen credits: their money has gone back. Raises ValueError where there are fewer."""
        self._unfreeze(amount)
        self.lot.returned += amount
        reason = "the money went back"
        self.books.post(self.owner, "return", amount, key=key, lot_id=self.lot.id, actor=self.actor, reason=reason)

    def owe(self, amount: int, key: str) -> None:
        """Write down that credits of the lot were spent whose money is gone; whatever is available repays at once."""
        reason = "spent credits whose money went back"
        self.books.post(self.owner, "owe", amount, key=key, lot_id=self.lot.id, actor=self.actor, reason=reason)
        for other in sorted(self.books.lots[self.owner].values(), key=lambda one: (one.created_us, one.id)):
            self.books.repay(self.owner, other)

    def _unfreeze(self, amount: int) -> None:
        if amount > self.lot.frozen:
            raise ValueError("more than the lot has frozen")
        self.lot.frozen -= amount
        self.lot.changed = True
