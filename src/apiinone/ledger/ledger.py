"""The rules of money, as pure moves on the books of the owners at hand.

`Books` holds what one transaction loaded under the owners' locks: balances, lots, holds. Each move checks first and
then changes; what it wrote down (`entries`, `holds`, `settlements` …) is stored by `statements.write_books` in the
same transaction. An owner is an account in one mode, so live and test money never meet. Every move of money is one
entry between two buckets (`buckets.py`). An owner has a debt or available credits, never both.
"""

import hashlib
from typing import Literal

import msgspec
from msgspec import Struct

from apiinone.core.credits import ZERO, Credits
from apiinone.ledger.buckets import MOVED, Kind
from apiinone.ledger.lots import Lot, Slice, take

Mode = Literal["live", "test"]
Owner = tuple[str, Mode]
"""Account id and mode."""
_encode = msgspec.json.Encoder().encode


class Balance(Struct):
    """One owner's balance row; `changed` marks it for writing."""

    available: int
    held: int
    entry_no: int
    head_hash: bytes
    refill_day: str | None
    frozen: int = 0
    debt: int = 0
    changed: bool = False


class Entry(Struct, frozen=True):
    """One line of the ledger, as stored."""

    owner: Owner
    entry_no: int
    key: str
    kind: Kind
    amount: int
    lot_id: str | None
    task_id: str | None
    request_id: str | None
    actor: str
    reason: str | None
    created_us: int
    hash: bytes


class Hold(Struct, frozen=True):
    """Money set aside for one task (its id is the task's), for a key; the rest says in which budgets it counts."""

    id: str
    owner: Owner
    key_id: str
    lineage_id: str
    amount: int
    budget_period: str | None
    request_id: str
    account_day: str | None = None
    member: tuple[str, str] | None = None
    """The UTC days it counts in for the account's own budgets and for those of a member: (person id, day)."""


class Settlement(Struct, frozen=True):
    """The one end of a hold."""

    hold: Hold
    captured: int
    attempt_id: str | None
    actor: str

    @property
    def released(self) -> int:
        """What went back."""
        return self.hold.amount - self.captured


class Insufficient(Struct, frozen=True):
    """The hold was not placed; nothing changed. While there is a `debt` nothing is available."""

    available: Credits
    debt: Credits = ZERO


class Held(Struct, frozen=True):
    """The hold was placed."""

    hold: Hold


class Books(Struct):
    """The working set of one transaction."""

    now_us: int
    balances: dict[Owner, Balance] = {}
    lots: dict[Owner, dict[str, Lot]] = {}
    open_holds: dict[str, tuple[Hold, tuple[Slice, ...]]] = {}
    entries: list[Entry] = []
    holds: list[Hold] = []
    grown: list[Hold] = []
    """Open holds that were made larger (`hold_more.py`), as they are now."""
    slices: list[tuple[str, int, Slice]] = []
    """What lots gave: hold id, the part's number in its hold, and the part."""
    settlements: list[Settlement] = []

    def available(self, owner: Owner) -> Credits:
        """What can be held now."""
        balance = self.balances.get(owner)
        return Credits(0 if balance is None else balance.available)

    def hold(self, hold: Hold) -> Held | Insufficient:
        """Set money aside, from the lots that expire first. Changes nothing where it does not suffice."""
        balance = self.balances.get(hold.owner)
        if balance is None or balance.available < hold.amount:
            return Insufficient(self.available(hold.owner), Credits(0 if balance is None else balance.debt))
        self.set_aside(hold, (), hold.amount, key=f"hold:{hold.id}")
        self.holds.append(hold)
        return Held(hold)

    def set_aside(self, hold: Hold, before: tuple[Slice, ...], amount: int, *, key: str) -> None:
        """Take so much for a hold from the lots that expire first; `before` is what lots had given to it."""
        more = take(self.lots[hold.owner].values(), amount)
        self.post(hold.owner, "hold", amount, key=key, hold=hold, actor=f"key:{hold.key_id}")
        self.slices += [(hold.id, number, part) for number, part in enumerate(more, len(before))]
        self.open_holds[hold.id] = (hold, before + more)

    def settle(self, hold_id: str, captured: int, *, attempt_id: str | None, actor: str) -> Settlement:
        """End a hold: capture that much, release the rest. A part whose lot has expired expires in the same breath.

        Raises KeyError for a hold that is not open and ValueError for more than was held: defects of the caller.
        """
        hold, slices = self.open_holds.pop(hold_id)
        if not 0 <= captured <= hold.amount:
            raise ValueError("a capture is between nothing and the hold")
        settlement = Settlement(hold, captured, attempt_id, actor)
        if captured:
            self.post(hold.owner, "capture", captured, key=f"capture:{hold_id}", hold=hold, actor=actor)
        if settlement.released:
            self.post(hold.owner, "release", settlement.released, key=f"release:{hold_id}", hold=hold, actor=actor)
        self._give_back(hold, slices, captured)
        self.settlements.append(settlement)
        return settlement

    def grant(self, owner: Owner, lot: Lot, *, key: str, actor: str, reason: str) -> None:
        """Add a lot. The entry's key comes from outside, so the same grant cannot be written twice."""
        lot.new = True
        self.lots[owner][lot.id] = lot
        self.post(owner, "grant", lot.granted, key=key, lot_id=lot.id, actor=actor, reason=reason)
        self.repay(owner, lot)

    def expire_due(self) -> None:
        """Let every lot that is past its time expire, so that what is available is never stale."""
        for owner, lots in self.lots.items():
            for lot in lots.values():
                if lot.available and lot.expires_us is not None and lot.expires_us <= self.now_us:
                    self.expire(owner, lot, reason="lot expired")

    def expire(  # noqa: PLR0913 - what the entry says, by name
        self,
        owner: Owner,
        lot: Lot,
        *,
        reason: str,
        hold: Hold | None = None,
        part: int | None = None,
        actor: str = "ledger",
    ) -> None:
        """Take a part of what a lot still has available out of the balance (None: all of it).

        `hold` is the one that gave it back, if one did. A lot may expire more than once, so the key names that hold or
        how much of the lot has expired by then.
        """
        amount = lot.available if part is None else part
        lot.available -= amount
        lot.expired += amount
        lot.changed = True
        key = f"expire:{lot.id}:{lot.expired if hold is None else hold.id}"
        self.post(owner, "expire", amount, key=key, lot_id=lot.id, hold=hold, actor=actor, reason=reason)

    def repay(self, owner: Owner, lot: Lot) -> None:
        """Let what a lot has available repay what the owner owes."""
        amount = min(self.balances[owner].debt, lot.available)
        if amount:
            lot.available -= amount
            lot.repaid += amount
            lot.changed = True
            self.post(owner, "repay", amount, key=f"repay:{lot.id}:{lot.repaid}", lot_id=lot.id, actor="ledger")

    def _give_back(self, hold: Hold, slices: tuple[Slice, ...], captured: int) -> None:
        rest = captured
        given: dict[str, Lot] = {}
        for part in slices:
            lot = self.lots[hold.owner][part.lot_id]
            burned = min(rest, part.amount)
            rest -= burned
            lot.held -= part.amount
            lot.captured += burned
            lot.available += part.amount - burned
            lot.changed = True
            if part.amount > burned:
                given[lot.id] = lot
        for lot in given.values():  # once each, though a hold that grew may have several parts of one lot
            self._receive(hold, lot)

    def _receive(self, hold: Hold, lot: Lot) -> None:
        """What a hold gave back is not always available: its lot may be disputed or expired, its owner in debt."""
        if lot.disputed:
            amount, lot.available = lot.available, 0
            lot.frozen += amount
            self.post(hold.owner, "freeze", amount, key=f"freeze:{lot.id}:{hold.id}", lot_id=lot.id, actor="ledger")
        elif lot.expires_us is not None and lot.expires_us <= self.now_us:
            self.expire(hold.owner, lot, reason="lot expired while held", hold=hold)
        else:
            self.repay(hold.owner, lot)

    def post(  # noqa: PLR0913 - the columns of an entry, by name
        self,
        owner: Owner,
        kind: Kind,
        amount: int,
        *,
        key: str,
        actor: str,
        hold: Hold | None = None,
        lot_id: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Write an entry and move the balance with it. Its lot's parts are the caller's to move."""
        balance = self.balances[owner]
        available, held, frozen, debt = MOVED[kind]
        balance.available += amount * available
        balance.held += amount * held
        balance.frozen += amount * frozen
        balance.debt += amount * debt
        if min(balance.available, balance.held, balance.frozen, balance.debt) < 0 or amount <= 0:
            raise AssertionError(f"an impossible {kind} of {amount}")
        balance.entry_no += 1
        balance.changed = True
        task_id, request_id = (None, None) if hold is None else (hold.id, hold.request_id)
        said = (balance.entry_no, key, kind, amount, lot_id, task_id, request_id, actor, reason, self.now_us)
        balance.head_hash = _chained(balance.head_hash, (*owner, *said))
        self.entries.append(Entry(owner, *said, balance.head_hash))


def entry_hash(previous: bytes, entry: Entry) -> bytes:
    """The hash that chains an entry to the one before it of the same owner (SHA-256 over both)."""
    return _chained(previous, (*entry.owner, *msgspec.structs.astuple(entry)[1:-1]))


def _chained(previous: bytes, said: tuple[str | int | None, ...]) -> bytes:
    return hashlib.sha256(previous + _encode(said)).digest()
