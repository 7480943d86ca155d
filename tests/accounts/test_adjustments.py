"""Changes of balances by hand: what one operator may do alone, and what takes two (hazard 46)."""

import asyncio

import pytest

from apiinone.accounts.account_rows import Action
from apiinone.accounts.adjustment_rows import (
    WAITS_US,
    Adjustment,
    adjust,
    adjustments_of,
    decide,
    waiting_adjustments,
)
from apiinone.accounts.callers import Caller
from apiinone.accounts.keys import Mode
from apiinone.core.clock import US_PER_S
from apiinone.core.credits import whole
from apiinone.core.errors import BadRequest, Conflict, NotFound, Refusal
from apiinone.db import Sql, Tx
from apiinone.ledger.history import read_entries
from workshop import Workshop

ALONE_MAX = whole(100)
FIRST, SECOND = "operator-one", "operator-two"
ACTIONS = Sql("SELECT actor, action, reason FROM operator_actions ORDER BY id")


class Books:
    """An account, and operators who change its balance."""

    def __init__(self, workshop: Workshop, caller: Caller) -> None:
        self.workshop = workshop
        self.caller = caller
        self.account_id = caller.account_id

    async def ask(
        self, amount: int, *, by: str = FIRST, mode: Mode = "live", reason: str = "a gift", to: str = ""
    ) -> Adjustment:
        ids = self.workshop.ids
        wanted = Adjustment(ids.new(), to or self.account_id, mode, amount, reason, "waiting", by, 0)

        async def work(tx: Tx) -> Adjustment:
            action = Action(ids.new(), by, "credits.adjust", wanted.id, reason)
            return await adjust(tx, wanted, action, alone_max=ALONE_MAX)

        return await self.workshop.database.transact(work)

    async def answer(self, one: Adjustment, *, by: str, agreed: bool = True, reason: str = "seen") -> Adjustment:
        async def work(tx: Tx) -> Adjustment:
            action = Action(self.workshop.ids.new(), by, "credits.decide", one.id, reason)
            return await decide(tx, one.id, action, agreed=agreed)

        return await self.workshop.database.transact(work)

    async def available(self) -> int:
        return (await self.workshop.balance(self.caller))[0]


@pytest.fixture
async def books(workshop: Workshop) -> Books:
    return Books(workshop, await workshop.tenant(live=50))


async def test_a_small_change_is_done_at_once_and_stands_in_the_ledger_with_who_and_why(books: Books) -> None:
    given = await books.ask(whole(60), reason="sorry for the outage")
    taken = await books.ask(-whole(40), reason="given twice")
    assert (given.state, taken.state) == ("done", "done")
    assert await books.available() == whole(70)

    async def look(tx: Tx) -> list[tuple[str, int, str | None]]:
        rows = await read_entries(tx, (books.account_id, "live"), before_no=10**9, limit=2)
        return [(row.kind, row.amount, row.reason) for row in rows]

    assert await books.workshop.database.read(look) == [
        ("expire", whole(40), "given twice"),
        ("grant", whole(60), "sorry for the outage"),
    ]
    assert [row[0] for row in await books.workshop.database.rows(ACTIONS)] == [FIRST, FIRST]
    await books.workshop.assert_sound()


async def test_a_change_above_the_ceiling_changes_nothing_until_another_operator_agrees(books: Books) -> None:
    asked = await books.ask(whole(101))
    assert asked.state == "waiting"
    assert await books.available() == whole(50)
    with pytest.raises(Conflict, match="another operator"):
        await books.answer(asked, by=FIRST)
    assert await books.available() == whole(50)
    assert (await books.answer(asked, by=SECOND)).state == "done"
    assert await books.available() == whole(151)
    with pytest.raises(Conflict, match="is done"):
        await books.answer(asked, by=SECOND)
    assert await books.available() == whole(151)
    await books.workshop.assert_sound()


async def test_a_large_change_cannot_be_cut_into_small_ones_nor_taking_set_against_giving(books: Books) -> None:
    assert (await books.ask(whole(70))).state == "done"
    assert (await books.ask(-whole(31))).state == "waiting"
    assert (await books.ask(whole(30))).state == "done"
    assert (await books.ask(1)).state == "waiting"
    assert (await books.ask(whole(100), by=SECOND)).state == "done", "each operator has a ceiling of their own"
    assert (await books.ask(whole(900), mode="test")).state == "done", "test credits are no money"


async def test_changes_at_the_same_moment_do_not_pass_the_ceiling_together(books: Books) -> None:
    begun = (FIRST, SECOND, "operator-three", "operator-four")
    await asyncio.gather(*(books.ask(whole(1), by=who) for who in begun))  # no day and no connection has to be begun
    states = [one.state for one in await asyncio.gather(*(books.ask(whole(60)) for _ in range(4)))]
    assert sorted(states) == ["done", "waiting", "waiting", "waiting"]
    assert await books.available() == whole(114)


async def test_a_refused_or_forgotten_change_never_comes_about(books: Books) -> None:
    refused, forgotten, withdrawn = [await books.ask(whole(500)) for _ in range(3)]
    assert (await books.answer(refused, by=SECOND, agreed=False)).state == "refused"
    assert (await books.answer(withdrawn, by=FIRST, agreed=False)).state == "refused"
    with pytest.raises(Conflict):
        await books.answer(refused, by=SECOND)
    books.workshop.let_pass(WAITS_US / US_PER_S + 1)
    with pytest.raises(Conflict, match="7 days"):
        await books.answer(forgotten, by=SECOND)

    async def look(tx: Tx) -> tuple[int, int]:
        return len(await waiting_adjustments(tx, 10)), len(await adjustments_of(tx, books.account_id, 10))

    assert await books.workshop.database.read(look) == (0, 3)
    assert await books.available() == whole(50)


@pytest.mark.parametrize(
    ("amount", "reason", "kind"),
    [(0, "why", BadRequest), (whole(5), "  ", BadRequest), (-whole(51), "why", Conflict), (10**16, "why", BadRequest)],
)
async def test_no_amount_no_reason_or_more_than_there_is_changes_nothing_and_leaves_no_row(
    books: Books, amount: int, reason: str, kind: type[Refusal]
) -> None:
    with pytest.raises(kind):
        await books.ask(amount, reason=reason)
    assert await books.available() == whole(50)
    assert await books.workshop.database.rows(ACTIONS) == []


async def test_an_account_that_is_not_there_gets_nothing_even_above_the_ceiling(books: Books) -> None:
    with pytest.raises(NotFound):
        await books.ask(whole(500), to="0" * 26)


async def test_agreeing_needs_a_reason_too(books: Books) -> None:
    asked = await books.ask(whole(500))
    with pytest.raises(BadRequest):
        await books.answer(asked, by=SECOND, reason="")
    assert await books.available() == whole(50)
