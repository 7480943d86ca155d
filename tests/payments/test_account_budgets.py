"""An account's own budgets of a day and a month, over all its live keys."""

import pytest

from apiinone.accounts.callers import Caller
from apiinone.core.credits import whole
from apiinone.core.errors import BudgetExceeded
from apiinone.ledger.budgets import load_limits, of_account, own_names, set_own_budgets
from apiinone.tasks.moves import CancelAsked
from apiinone.tasks.submit import Created
from workshop import DAY_S, Workshop


@pytest.fixture
async def buyer(workshop: Workshop) -> Caller:
    return await workshop.tenant(live=1_000)


async def left(workshop: Workshop, buyer: Caller) -> int | None:
    whose = of_account(buyer.account_id)
    limits = await workshop.database.read(lambda tx: load_limits(tx, own_names(whose)))
    found = limits.own_left(whose)
    return None if found is None else found // 10**6


async def test_what_would_pass_a_days_or_months_budget_is_refused_and_what_is_released_comes_back(
    workshop: Workshop, buyer: Caller
) -> None:
    workshop.go_to_the_tenth()
    account = of_account(buyer.account_id)
    await workshop.database.transact(lambda tx: set_own_budgets(tx, account, whole(20), whole(35)))
    batch = [workshop.submission(buyer) for _ in range(4)]
    outcomes = [type(one) for one in await workshop.submit(*batch)]
    assert outcomes == [Created, Created, BudgetExceeded, BudgetExceeded]
    await workshop.move(batch[0].task_id, buyer, CancelAsked())
    assert await left(workshop, buyer) == 10
    await workshop.task(buyer)
    await workshop.assert_sound()
    workshop.let_pass(DAY_S)
    outcomes = [type(one) for one in await workshop.submit(*(workshop.submission(buyer) for _ in range(2)))]
    assert outcomes[-1] is BudgetExceeded
    await workshop.move(batch[1].task_id, buyer, CancelAsked())
    await workshop.assert_sound()
    await workshop.database.transact(lambda tx: set_own_budgets(tx, account, None, None))
    assert await left(workshop, buyer) is None
    await workshop.task(buyer, units=30)
    await workshop.assert_sound()


async def test_test_keys_and_other_accounts_count_in_no_budget_of_an_account(workshop: Workshop, buyer: Caller) -> None:
    await workshop.database.transact(lambda tx: set_own_budgets(tx, of_account(buyer.account_id), whole(10), None))
    other = await workshop.tenant(live=100)
    await workshop.task(other, units=5)
    await workshop.task(buyer)
    assert await left(workshop, buyer) == 0
    await workshop.assert_sound()
