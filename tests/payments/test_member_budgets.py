"""A member's budgets of a day and a month, over every key they made and whatever they run signed in."""

import asyncio

import pytest
from msgspec.structs import replace

from apiinone.accounts.callers import Caller
from apiinone.accounts.key_rows import NewKey, make_key, rotate_key
from apiinone.core.credits import whole
from apiinone.core.errors import BudgetExceeded
from apiinone.db import Sql
from apiinone.ledger.breaches import Breach
from apiinone.ledger.budgets import of_account, of_member, own_budgets, set_own_budgets
from apiinone.tasks.audit import audit
from apiinone.tasks.moves import CancelAsked
from apiinone.tasks.submit import Created
from workshop import DAY_S, PRICE, Workshop

USED = Sql("SELECT period, used_micro FROM budget_periods WHERE lineage_id LIKE $1 ORDER BY period")
LIE = Sql("UPDATE budget_periods SET used_micro = used_micro + 1 WHERE lineage_id LIKE 'member:%:day'")
INVENT = Sql("INSERT INTO budget_periods (lineage_id, period, used_micro) VALUES ($1, '2026-01-01', 5)")


class Spender:
    """A member of an account, with keys they made."""

    def __init__(self, workshop: Workshop, account: Caller) -> None:
        self.workshop = workshop
        self.account = account
        self.id = workshop.ids.new()

    @property
    def whose(self) -> str:
        return of_member(self.account.account_id, self.id)

    async def key(self, mode: str = "live") -> Caller:
        key_id = self.workshop.ids.new()
        new = NewKey(key_id, self.account.account_id, "live" if mode == "live" else "test", b"hash", made_by=self.id)
        await self.workshop.database.transact(lambda tx: make_key(tx, new))
        return await self.workshop.caller_of(key_id)

    async def may_spend(self, day: int | None, month: int | None = None) -> None:
        limits = [None if count is None else whole(count) for count in (day, month)]
        await self.workshop.database.transact(lambda tx: set_own_budgets(tx, self.whose, *limits))

    async def left(self) -> list[int | None]:
        found = (await self.workshop.database.read(lambda tx: own_budgets(tx, [self.whose])))[self.whose]
        return [None if one is None else one.left // 10**6 for one in (found.day, found.month)]

    async def used(self) -> list[int]:
        return [row[1] // PRICE for row in await self.workshop.rows(USED, f"{self.whose}:%")]


@pytest.fixture
async def account(workshop: Workshop) -> Caller:
    return await workshop.tenant(live=1_000)


@pytest.fixture
async def bob(workshop: Workshop, account: Caller) -> Spender:
    return Spender(workshop, account)


async def outcomes(workshop: Workshop, *callers: Caller) -> list[type[object]]:
    return [type(one) for one in await workshop.submit(*(workshop.submission(caller) for caller in callers))]


async def test_all_keys_of_a_member_share_one_budget_and_the_refusal_says_whose_it_is(
    workshop: Workshop, bob: Spender
) -> None:
    first, second = await bob.key(), await bob.key()
    await bob.may_spend(25)
    assert await outcomes(workshop, first, second) == [Created, Created]
    (refused,) = await workshop.submit(workshop.submission(first))
    assert isinstance(refused, BudgetExceeded)
    assert refused.message == (
        "this costs 10 credits; the budget of the member who is signed in, or made this key, has 5 left"
    )
    assert await outcomes(workshop, bob.account) == [Created], "others and the account itself go on"
    await workshop.assert_sound()


async def test_who_is_signed_in_spends_of_their_own_budget_whoever_made_the_key(
    workshop: Workshop, bob: Spender
) -> None:
    carol = Spender(workshop, bob.account)
    key = await bob.key()
    await bob.may_spend(10)
    await carol.may_spend(20)
    by_carol = replace(key, member_id=carol.id)
    assert await outcomes(workshop, by_carol, by_carol, by_carol) == [Created, Created, BudgetExceeded]
    assert (await bob.left(), await carol.left()) == ([10, None], [0, None])
    assert await outcomes(workshop, key, key) == [Created, BudgetExceeded]
    await workshop.assert_sound()


async def test_members_who_use_one_key_in_the_same_moment_spend_each_of_their_own_budget(
    workshop: Workshop, bob: Spender
) -> None:
    carol = Spender(workshop, bob.account)
    key = await bob.key()
    by_carol = replace(key, member_id=carol.id)
    await bob.may_spend(10)
    await carol.may_spend(10)
    for batch in ((key, by_carol, by_carol, key), (by_carol, key, key, by_carol)):
        assert await outcomes(workshop, *batch) == [Created, Created, BudgetExceeded, BudgetExceeded]
        workshop.let_pass(DAY_S)
    await workshop.assert_sound()


async def test_what_is_released_goes_back_to_the_day_and_month_it_was_taken_from(
    workshop: Workshop, bob: Spender
) -> None:
    workshop.go_to_the_tenth()
    key = await bob.key()
    await bob.may_spend(20, 25)
    old = [await workshop.task(key, deadline_s=2 * DAY_S) for _ in range(2)]
    assert await outcomes(workshop, key) == [BudgetExceeded]
    workshop.let_pass(DAY_S)
    assert await outcomes(workshop, key) == [BudgetExceeded], "the month still counts yesterday"
    await workshop.move(old[0], key, CancelAsked())
    await workshop.store(old[1], key, await workshop.sending(old[1], key))
    assert await outcomes(workshop, key, key) == [Created, BudgetExceeded]
    assert await bob.left() == [10, 5]
    await workshop.assert_sound()


async def test_test_keys_count_in_no_members_budget(workshop: Workshop, bob: Spender) -> None:
    key = await bob.key("test")
    await bob.may_spend(5)
    assert await outcomes(workshop, key, key) == [Created, Created]
    assert await bob.left() == [5, None]
    await workshop.assert_sound()


async def test_the_accounts_and_the_keys_budgets_hold_beside_a_members(workshop: Workshop, bob: Spender) -> None:
    key = await bob.key()
    await bob.may_spend(100)
    account = of_account(bob.account.account_id)
    await workshop.database.transact(lambda tx: set_own_budgets(tx, account, whole(15), None))
    assert await outcomes(workshop, key, key) == [Created, BudgetExceeded]
    assert await bob.left() == [90, None]
    await workshop.assert_sound()


async def test_a_budget_taken_away_and_given_back_is_not_refilled(workshop: Workshop, bob: Spender) -> None:
    key = await bob.key()
    await bob.may_spend(10)
    task_id = await workshop.task(key)
    await bob.may_spend(None)
    await bob.may_spend(10)
    assert await outcomes(workshop, key) == [BudgetExceeded]
    await bob.may_spend(None)
    await workshop.move(task_id, key, CancelAsked())
    await bob.may_spend(10)
    assert await bob.left() == [10, None]
    await workshop.assert_sound()


async def test_a_member_who_rotates_a_key_spends_by_it_from_then_on(workshop: Workshop, bob: Spender) -> None:
    new_id = workshop.ids.new()
    await bob.may_spend(10)
    await workshop.database.transact(
        lambda tx: rotate_key(
            tx, bob.account.key_id, new_id=new_id, secret_hash=b"new", overlap_us=60_000_000, rotated_by=bob.id
        )
    )
    rotated = await workshop.caller_of(new_id)
    assert await outcomes(workshop, rotated, rotated) == [Created, BudgetExceeded]
    await workshop.assert_sound()


async def test_parallel_requests_by_many_keys_pass_no_members_budget(workshop: Workshop, bob: Spender) -> None:
    keys = [await bob.key() for _ in range(4)]
    await bob.may_spend(75, 60)
    batches = [[workshop.submission(keys[(n + m) % 4]) for m in range(2)] for n in range(12)]
    found = await asyncio.gather(*(workshop.submit(*batch) for batch in batches))
    assert sorted(type(one).__name__ for batch in found for one in batch) == ["BudgetExceeded"] * 18 + ["Created"] * 6
    assert await bob.used() == [6, 6]
    await workshop.assert_sound()


async def test_the_audit_finds_a_members_count_that_holds_did_not_make(workshop: Workshop, bob: Spender) -> None:
    key = await bob.key()
    await bob.may_spend(50)
    await workshop.task(key)
    await workshop.database.transact(lambda tx: tx.run(LIE))
    assert [one.kind for one in await breaches(workshop)] == ["budget_differs"]
    carol = Spender(workshop, bob.account)
    await carol.key()
    await workshop.database.transact(lambda tx: tx.run(INVENT, f"{carol.whose}:day"))
    assert {one.subject for one in await breaches(workshop)} == {f"{bob.whose}:day", f"{carol.whose}:day"}


async def breaches(workshop: Workshop) -> tuple[Breach, ...]:
    return (await audit(workshop.database)).breaches
