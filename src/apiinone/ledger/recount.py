"""An owner's money, worked out again from entries, holds and settlements alone. Pure: rows go in, breaches come out."""

from collections import Counter
from dataclasses import dataclass, field

from apiinone.ledger.audit_rows import BalanceRow, EntryRow, HoldRows, KeyRows, UsageRow
from apiinone.ledger.breaches import Breach, BreachKind
from apiinone.ledger.buckets import BUCKETS
from apiinone.ledger.budgets import places_of
from apiinone.ledger.ledger import Entry, Hold, Owner, entry_hash
from apiinone.ledger.lots import Lot

_PARTS = "granted, available, held, captured, expired, frozen, returned, repaid"


@dataclass(slots=True)
class LotParts:
    """What entries, holds and settlements make of a lot."""

    granted: int = 0
    held: int = 0
    captured: int = 0
    expired: int = 0
    frozen: int = 0
    returned: int = 0
    repaid: int = 0

    @property
    def available(self) -> int:
        """What is left."""
        return self.granted - self.held - self.captured - self.expired - self.frozen - self.returned - self.repaid


@dataclass(slots=True)
class Recount:
    """The running totals of one owner. Entries are taken in their order, then the stored totals are compared."""

    owner: Owner
    breaches: list[Breach] = field(default_factory=list)
    entries: int = 0
    last_no: int = 0
    head_hash: bytes = b""
    available: int = 0
    held: int = 0
    frozen: int = 0
    debt: int = 0
    lots: dict[str, LotParts] = field(default_factory=dict)
    open_holds: dict[str, int] = field(default_factory=dict)
    loads: Counter[str] = field(default_factory=Counter)
    used: Counter[tuple[str, str]] = field(default_factory=Counter)
    captures: int = 0
    releases: int = 0
    captured: int = 0
    _due: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Keys of the captures and releases that settlements promise, with hold id and amount, until they are met."""
    _growing: dict[str, int] = field(default_factory=dict)
    """What further entries are to bring to holds that grew, until they have."""

    def take(self, row: EntryRow, holds: dict[str, HoldRows]) -> None:
        """Take the next entry; `holds` has the hold that it speaks of, if that exists."""
        entry = row.entry
        self.entries += 1
        self._chain(entry)
        if row.buckets != BUCKETS[entry.kind]:
            self._found("entry_malformed", entry.key, f"{entry.kind} from {row.buckets[0]} to {row.buckets[1]}")
        self._move(entry)
        match entry.kind:
            case "hold":
                self._placed(entry, holds.get(entry.task_id or ""))
            case "capture" | "release":
                self._settled(entry)
            case _:
                self._move_lot(entry)

    def compare_balance(self, balance: BalanceRow) -> None:
        """Compare with the balance's row, once all entries were taken."""
        subject = self.owner[0]
        if balance.entry_no != self.last_no:
            self._found("entries_gap", subject, f"the balance says {balance.entry_no}, the last is {self.last_no}")
        elif balance.head_hash != self.head_hash:
            self._found("chain_broken", subject, "the balance's end of the chain is not the last entry's hash")
        stored = (balance.available, balance.held, balance.frozen, balance.debt)
        counted = (self.available, self.held, self.frozen, self.debt)
        if stored != counted:
            what = f"available, held, frozen, owed: {_listed(stored)}; entries make {_listed(counted)}"
            self._found("balance_differs", subject, what)
        holding = sum(self.open_holds.values())
        if balance.held != holding:
            self._found("held_differs", subject, f"held is {balance.held}, open holds are {holding}")
        for hold_id, amount in self._growing.items():
            self._found("hold_differs", hold_id, f"it is {amount} more than its entries")
        for key, (hold_id, amount) in self._due.items():
            self._found("settlement_without_entry", hold_id, f"no entry {key} of {amount}")

    def compare_lots(self, balance: BalanceRow, lots: dict[str, tuple[Owner, Lot]]) -> None:
        """Compare with the lots' rows."""
        own = [lot for owner, lot in lots.values() if owner == self.owner]
        stored = tuple(
            sum(parts) for parts in zip(*((lot.available, lot.held, lot.frozen) for lot in own), strict=True)
        )
        balanced = (balance.available, balance.held, balance.frozen)
        if (stored or (0, 0, 0)) != balanced:
            what = f"available, held, frozen: {_listed(balanced)}; lots make {_listed(stored)}"
            self._found("lots_differ", self.owner[0], what)
        for lot_id, parts in self.lots.items():
            owner, lot = lots.get(lot_id, (None, None))
            if lot is None or owner != self.owner:
                self._found("lot_missing", lot_id, "entries or slices of this owner name it")
            else:
                self._compare_lot(lot, parts)

    def compare_keys(self, keys: KeyRows) -> None:
        """Compare with what is counted for keys."""
        for lineage in sorted(keys.lineages):
            stored = keys.loads.get(lineage, 0)
            if stored != self.loads[lineage]:
                self._found("load_differs", lineage, f"open holds are {self.loads[lineage]}, counted were {stored}")
        for place in sorted(keys.used.keys() | {place for place, used in self.used.items() if used}):
            stored = keys.used.get(place, 0)
            if stored != self.used[place]:
                what = f"{place[1]}: used is {stored}, its holds make {self.used[place]}"
                self._found("budget_differs", place[0], what)

    def compare_usage(self, usage: UsageRow) -> None:
        """Compare with the daily totals."""
        counted = UsageRow(self.captures, self.releases, self.captured)
        if usage != counted:
            what = f"succeeded, not charged, captured: {_three(usage)}; settlements make {_three(counted)}"
            self._found("usage_differs", self.owner[0], what)

    def _chain(self, entry: Entry) -> None:
        if entry.entry_no != self.last_no + 1:
            self._found("entries_gap", entry.key, f"number {entry.entry_no} follows {self.last_no}")
        elif entry_hash(self.head_hash, entry) != entry.hash:
            self._found("chain_broken", entry.key, f"number {entry.entry_no} is not what was hashed")
        self.last_no, self.head_hash = entry.entry_no, entry.hash

    def _move(self, entry: Entry) -> None:
        source, target = BUCKETS[entry.kind]
        self.available += entry.amount * ((target == "available") - (source == "available"))
        self.held += entry.amount * ((target == "held") - (source == "held"))
        self.frozen += entry.amount * ((target == "frozen") - (source == "frozen"))
        self.debt += entry.amount * ((source == "debt") - (target == "debt"))
        left = {"available": self.available, "held": self.held, "frozen": self.frozen}.get(source, 0)
        if min(left, self.debt) < 0:
            self._found("overdrawn", entry.key, f"{source} is {min(left, self.debt)} after it")

    def _move_lot(self, entry: Entry) -> None:
        lot, amount = self._lot(entry.lot_id), entry.amount
        source, target = BUCKETS[entry.kind]
        lot.granted += amount * (source == "issued")
        lot.expired += amount * (target == "expired")
        lot.frozen += amount * ((target == "frozen") - (source == "frozen"))
        lot.returned += amount * (entry.kind == "return")
        lot.repaid += amount * (entry.kind == "repay")

    def _placed(self, entry: Entry, rows: HoldRows | None) -> None:
        if rows is None:
            self._found("entry_without_hold", entry.task_id or entry.key, f"entry {entry.key} of {entry.amount}")
            return
        hold = rows.hold
        first = entry.key == f"hold:{hold.id}"
        rest = (hold.amount if first else self._growing.pop(hold.id, 0)) - entry.amount
        if (hold.owner, hold.request_id) != (entry.owner, entry.request_id) or rest < 0:
            self._found("hold_differs", hold.id, f"the hold is {hold.amount}, its entry {entry.key} {entry.amount}")
        if rest > 0:
            self._growing[hold.id] = rest
        if not first:
            return
        sliced = sum(part.amount for part in rows.slices)
        if sliced != hold.amount:
            self._found("slices_differ", hold.id, f"held are {hold.amount}, slices make {sliced}")
        self._count(rows)

    def _count(self, rows: HoldRows) -> None:
        hold, settled = rows.hold, rows.settled
        captured = 0 if settled is None else settled.captured
        for place in places_of(hold):
            self.used[place] += hold.amount if settled is None else captured
        if settled is None:
            self.open_holds[hold.id] = hold.amount
            self.loads[hold.lineage_id] += 1
        else:
            self._expect(hold, captured, settled.released)
        for part in rows.slices:
            burned = min(captured, part.amount)
            captured -= burned
            self._lot(part.lot_id).captured += burned
            if settled is None:
                self._lot(part.lot_id).held += part.amount

    def _expect(self, hold: Hold, captured: int, released: int) -> None:
        """Note which entries a settlement promises."""
        if captured + released != hold.amount:
            what = f"held were {hold.amount}, captured {captured}, released {released}"
            self._found("settlement_not_whole", hold.id, what)
        self.captures += captured > 0
        self.releases += captured == 0
        self.captured += captured
        for kind, amount in (("capture", captured), ("release", released)):
            if amount:
                self._due[f"{kind}:{hold.id}"] = (hold.id, amount)

    def _settled(self, entry: Entry) -> None:
        subject = entry.task_id or entry.key
        due = self._due.pop(entry.key, None)
        if due is None:
            self._found("entry_without_settlement", subject, f"entry {entry.key} of {entry.amount}")
        elif due[1] != entry.amount:
            self._found("settlement_differs", subject, f"{entry.key}: settled {due[1]}, entered {entry.amount}")

    def _compare_lot(self, lot: Lot, parts: LotParts) -> None:
        whole = sum((lot.available, lot.held, lot.captured, lot.expired, lot.frozen, lot.returned, lot.repaid))
        if lot.granted != whole:
            self._found("lot_not_whole", lot.id, f"granted were {lot.granted}, the parts make {whole}")
        stored = (lot.granted, lot.available, lot.held, lot.captured, lot.expired, *_back(lot))
        counted = (parts.granted, parts.available, parts.held, parts.captured, parts.expired, *_back(parts))
        if stored != counted:
            what = f"{_PARTS}: {_listed(stored)}; recounted {_listed(counted)}"
            self._found("lot_differs", lot.id, what)

    def _lot(self, lot_id: str | None) -> LotParts:
        return self.lots.setdefault(lot_id or "", LotParts())

    def _found(self, kind: BreachKind, subject: str, what: str) -> None:
        self.breaches.append(Breach(kind, *self.owner, subject, what))


def _back(lot: Lot | LotParts) -> tuple[int, int, int]:
    return (lot.frozen, lot.returned, lot.repaid)


def _listed(amounts: tuple[int, ...]) -> str:
    return ", ".join(map(str, amounts))


def _three(usage: UsageRow) -> str:
    return _listed((usage.succeeded, usage.not_charged, usage.captured))
