"""The ledger against a model in plain numbers, under any order of grants, holds, settlements and time."""

from dataclasses import dataclass, field

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from apiinone.accounts.account_rows import open_account
from apiinone.core.clock import SystemClock, day_of
from apiinone.core.credits import Credits
from apiinone.core.ids import Ids
from apiinone.db import Row, Sql, Tx
from apiinone.ledger.buckets import BUCKETS
from apiinone.ledger.grants import grant, refill
from apiinone.ledger.hold_more import hold_more
from apiinone.ledger.ledger import Entry, Held, Hold, Mode, Owner, entry_hash
from apiinone.ledger.statements import balance_of, load_books, load_holds, write_books
from machines.machinery import OnDatabase, drive_machine
from workshop import DAY_S, Workshop

LEVEL = Credits(100)
MODES: tuple[Mode, ...] = ("live", "test")
AMOUNTS = st.integers(1, 60)
OWNERS = st.integers(0, 3)
ENTRIES = Sql(
    "SELECT entry_no, key, kind, amount_micro, lot_id, task_id, request_id, actor, reason, created_us, hash"
    " FROM entries WHERE account_id = $1 AND mode = $2 ORDER BY entry_no"
)
LOTS = Sql(
    "SELECT id, granted_micro, available_micro, held_micro, captured_micro, expired_micro FROM lots"
    " WHERE account_id = $1 AND mode = $2"
)
BALANCE = Sql(
    "SELECT available_micro, held_micro, entry_no, head_hash FROM balances WHERE account_id = $1 AND mode = $2"
)
HOLDS = Sql(
    "SELECT h.id, h.amount_micro, (SELECT sum(s.amount_micro) FROM hold_slices s WHERE s.hold_id = h.id),"
    " e.captured_micro, e.released_micro FROM holds h LEFT JOIN settlements e ON e.hold_id = h.id"
    " WHERE h.account_id = $1 AND h.mode = $2"
)


@dataclass
class ModelLot:
    """A lot as plain numbers. `free` is what is neither held nor captured, expired or not."""

    granted: int
    expires_s: int | None
    born: int
    held: int = 0
    captured: int = 0

    @property
    def free(self) -> int:
        return self.granted - self.held - self.captured

    def good(self, now_s: int) -> bool:
        """Whether it can be spent."""
        return self.expires_s is None or self.expires_s > now_s


@dataclass
class ModelOwner:
    """An owner as plain numbers."""

    owner: Owner
    lots: dict[str, ModelLot] = field(default_factory=dict[str, ModelLot])
    refilled: bool = False

    def available(self, now_s: int) -> int:
        return sum(lot.free for lot in self.lots.values() if lot.good(now_s))

    def take(self, amount: int, now_s: int) -> list[tuple[str, int]]:
        """Slices, soonest to expire first, then the oldest."""
        slices: list[tuple[str, int]] = []
        rest = amount
        good = [(name, lot) for name, lot in self.lots.items() if lot.good(now_s)]
        for name, lot in sorted(good, key=lambda one: (one[1].expires_s or 10**12, one[1].born)):
            part = min(rest, lot.free)
            rest -= part
            if part:
                lot.held += part
                slices.append((name, part))
        return slices


class LedgerMachine(OnDatabase):
    """Two accounts in two modes each."""

    @initialize()
    def open(self) -> None:
        self.ids = Ids(SystemClock())
        self.workshop = Workshop(self.database)
        self.now_s = 0
        self.born = 0
        self.holds: dict[str, tuple[ModelOwner, list[tuple[str, int]]]] = {}
        accounts = [self.ids.new(), self.ids.new()]
        self.owners = [ModelOwner((account, mode)) for account in accounts for mode in MODES]
        for account in accounts:
            self.run(self._open(account))
        for which in (0, 2):
            self.grants(which, 40, None)
            self.grants(which, 30, 2_000)

    async def _open(self, account: str) -> None:
        lot_id = self.ids.new()

        async def work(tx: Tx) -> None:
            email = f"{account}@example.com"
            await open_account(tx, account_id=account, email=email, lot_id=lot_id, test_credits=LEVEL)

        await self.database.transact(work)
        test = next(one for one in self.owners if one.owner == (account, "test"))
        test.lots[lot_id] = self._lot(LEVEL, None)
        test.refilled = True

    @rule(which=OWNERS, amount=AMOUNTS, expires_s=st.none() | st.sampled_from([1_000, 2_000, 2 * DAY_S]))
    def grants(self, which: int, amount: int, expires_s: int | None) -> None:
        model, lot_id = self.owners[which], self.ids.new()

        async def work(tx: Tx) -> None:
            expires_us = None if expires_s is None else tx.now_us + expires_s * 1_000_000
            amounts = {"lot_id": lot_id, "amount": Credits(amount), "actor": "operator", "reason": "a test"}
            await grant(tx, model.owner, **amounts, expires_us=expires_us)  # pyright: ignore[reportArgumentType]

        self.run(self.database.transact(work))
        if model.refilled:
            self._take_back_refills(model)
        model.lots[lot_id] = self._lot(amount, None if expires_s is None else self.now_s + expires_s)

    def _take_back_refills(self, model: ModelOwner) -> None:
        """What the calendar gave and is free is gone; what is held of it comes back to its lot when it is released."""
        model.refilled = False
        for lot in model.lots.values():
            lot.granted -= lot.free

    @rule(orders=st.lists(st.tuples(OWNERS, AMOUNTS), min_size=1, max_size=6))
    def holds_in_one_batch(self, orders: list[tuple[int, int]]) -> None:
        holds = [
            Hold(self.ids.new(), self.owners[which].owner, "key", "key", amount, None, "req")
            for which, amount in orders
        ]

        async def work(tx: Tx) -> list[bool]:
            books = await load_books(tx, {hold.owner for hold in holds})
            placed = [isinstance(books.hold(hold), Held) for hold in holds]
            await write_books(tx, books)
            return placed

        placed = self.run(self.database.transact(work))
        for hold, (which, amount), was_placed in zip(holds, orders, placed, strict=True):
            model = self.owners[which]
            assert was_placed == (amount <= model.available(self.now_s)), (amount, model)
            if was_placed:
                self.holds[hold.id] = (model, model.take(amount, self.now_s))

    @rule(name=st.integers(0, 30), amount=AMOUNTS)
    def an_open_hold_grows(self, name: int, amount: int) -> None:
        if not self.holds:
            return
        hold_id = list(self.holds)[name % len(self.holds)]
        model, parts = self.holds[hold_id]

        async def work(tx: Tx) -> None:
            books = await load_holds(tx, [model.owner], [hold_id], [model.owner])
            hold_more(books, hold_id, amount)
            await write_books(tx, books)

        if amount <= model.available(self.now_s):
            self.run(self.database.transact(work))
            parts += model.take(amount, self.now_s)
        else:
            with pytest.raises(ValueError, match="available"):
                self.run(self.database.transact(work))

    @rule(data=st.data(), count=st.integers(1, 5))
    def settles_in_one_batch(self, data: st.DataObject, count: int) -> None:
        chosen = list(self.holds)[:count]  # in their order of making: ids of one microsecond have none
        amounts = {name: sum(part for _, part in self.holds[name][1]) for name in chosen}
        captures = {name: data.draw(st.integers(0, amount)) for name, amount in amounts.items()}
        owners = {self.holds[name][0].owner for name in chosen}

        async def work(tx: Tx) -> None:
            books = await load_holds(tx, owners, chosen)
            assert books.open_holds.keys() == set(chosen)
            for name in chosen:
                books.settle(name, captures[name], attempt_id=None, actor="task")
            await write_books(tx, books)

        if chosen:
            self.run(self.database.transact(work))
        for name in chosen:
            model, slices = self.holds.pop(name)
            rest = captures[name]
            for lot_id, amount in slices:
                burned = min(rest, amount)
                rest -= burned
                model.lots[lot_id].held -= amount
                model.lots[lot_id].captured += burned

    @rule(name=st.integers(0, 30))
    def a_settled_hold_is_settled_no_more(self, name: int) -> None:
        rows = self.run(self.workshop.rows(HOLDS, *self.owners[0].owner))
        ended = sorted(row[0] for row in rows if row[3] is not None)
        if not ended:
            return
        hold_id = ended[name % len(ended)]

        async def work(tx: Tx) -> None:
            books = await load_holds(tx, [self.owners[0].owner], [hold_id])
            books.settle(hold_id, 0, attempt_id=None, actor="task")

        with pytest.raises(KeyError):
            self.run(self.database.transact(work))

    @rule(seconds=st.sampled_from([500, 1_000, DAY_S]))
    def time_passes(self, seconds: int) -> None:
        self.workshop.let_pass(seconds)
        self.now_s += seconds

    @rule()
    def the_calendar_refills(self) -> None:
        models = [model for model in self.owners if model.owner[1] == "test"]
        lot_ids = {model.owner: self.ids.new() for model in models}

        async def work(tx: Tx) -> dict[Owner, bool]:
            books = await load_books(tx, lot_ids.keys())
            stale = {
                owner: (day := balance.refill_day) is not None and day < day_of(tx.now_us)
                for owner, balance in books.balances.items()
            }
            for owner, lot_id in lot_ids.items():
                refill(books, owner, lot_id=lot_id, level=LEVEL)
            await write_books(tx, books)
            return stale

        stale = self.run(self.database.transact(work))
        for model in models:
            missing = LEVEL - model.available(self.now_s)
            if stale[model.owner] and missing > 0:
                model.lots[lot_ids[model.owner]] = self._lot(missing, None)

    @rule()
    def the_sweep_expires(self) -> None:
        async def work(tx: Tx) -> None:
            await write_books(tx, await load_books(tx, {model.owner for model in self.owners}))

        self.run(self.database.transact(work))

    @invariant()
    def the_books_are_what_the_model_says(self) -> None:
        for model in getattr(self, "owners", ()):
            self.run(self.database.read(self._checking(model)))

    def _checking(self, model: ModelOwner):  # noqa: ANN202 - a use case
        async def check(tx: Tx) -> None:
            balance = await tx.row(BALANCE, *model.owner)
            assert balance is not None
            available, held, entry_no, head_hash = balance
            lots = {row[0]: tuple(row[1:]) for row in await tx.rows(LOTS, *model.owner)}
            assert min(available, held) >= 0
            assert (available, held) == (sum(lot[1] for lot in lots.values()), sum(lot[2] for lot in lots.values()))
            assert _chain(model.owner, await tx.rows(ENTRIES, *model.owner)) == (
                available,
                held,
                entry_no,
                bytes(head_hash),
            )
            seen_available, seen_held, _ = await balance_of(tx, model.owner)
            assert (seen_available, seen_held) == (model.available(self.now_s), held)
            assert {name: (lot.held, lot.captured) for name, lot in model.lots.items()} == {
                name: (lot[2], lot[3]) for name, lot in lots.items()
            }
            _check_holds(await tx.rows(HOLDS, *model.owner), held)

        return check

    def _lot(self, amount: int, expires_s: int | None) -> ModelLot:
        self.born += 1
        return ModelLot(amount, expires_s, self.born)


def _check_holds(rows: list[Row], held: int) -> None:
    """Slices make the hold; a settlement makes it whole; what is open is what is held."""
    assert [row[0] for row in rows if row[1] != row[2]] == []
    assert [row[0] for row in rows if row[3] is not None and row[3] + row[4] != row[1]] == []
    assert sum(row[1] for row in rows if row[3] is None) == held


def _chain(owner: Owner, rows: list[Row]) -> tuple[int, int, int, bytes]:
    """What the entries alone make of the balance."""
    sums = {"available": 0, "held": 0, "issued": 0, "revenue": 0, "expired": 0}
    previous = b""
    for number, row in enumerate(rows, start=1):
        entry = Entry(owner, *row[:10], b"")  # pyright: ignore[reportCallIssue] - the columns above
        assert (row[0], bytes(row[10])) == (number, entry_hash(previous, entry))
        previous = bytes(row[10])
        source, target = BUCKETS[entry.kind]
        sums[source] -= entry.amount
        sums[target] += entry.amount
        assert min(sums["available"], sums["held"]) >= 0
    return sums["available"], sums["held"], len(rows), previous


@pytest.mark.slow
def test_the_ledger_keeps_its_books_under_any_order_of_events(database_url: str) -> None:
    drive_machine(LedgerMachine, database_url)
