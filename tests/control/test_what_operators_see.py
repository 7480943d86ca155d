"""What operators see of the installation: tasks, workers, lags, accounts, and what they did themselves."""

from math import inf

import pytest

from apiinone.accounts.account_rows import Action, record, set_suspended
from apiinone.control.account_list import WantedAccounts, list_accounts, read_account
from apiinone.control.action_log import WantedActions, read_actions
from apiinone.control.fleet import Fleet, read_fleet
from apiinone.control.task_list import WantedTasks, list_tasks
from apiinone.core.clock import US_PER_S
from apiinone.core.credits import whole
from apiinone.db import Tx
from apiinone.tasks.claim import enlist
from apiinone.tasks.lag_rows import KEPT_US, forget_lags, read_lags, write_lags
from apiinone.tasks.poll_lag import PollLag
from workshop import Workshop

NODE = 78


def lag(*seconds: float) -> PollLag:
    made = PollLag()
    for one in seconds:
        made.note(int(one * US_PER_S))
    return made


async def fleet_of(workshop: Workshop) -> Fleet:
    return await workshop.database.read(read_fleet)


async def test_open_unknown_and_overdue_tasks_are_counted_and_ended_ones_are_not(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    ended, _, late = [await workshop.task(caller) for _ in range(3)]
    await workshop.store(ended, caller, await workshop.sending(ended, caller))
    await workshop.sending(late, caller)
    seen = await fleet_of(workshop)
    assert (dict(seen.open_tasks), seen.unknown, seen.overdue) == ({"queued": 1, "submitting": 1}, 0, 0)
    workshop.let_pass(601)
    assert (await fleet_of(workshop)).overdue == 2

    async def look(tx: Tx) -> tuple[list[str], list[str]]:
        first = await list_tasks(tx, WantedTasks(1, open_only=True))
        more = await list_tasks(tx, WantedTasks(9, before_id=first[0].id))
        return [one.id for one in first], [one.id for one in more]

    first, more = await workshop.database.read(look)
    assert first == [late]
    assert ended in more
    assert late not in more


async def test_a_worker_is_alive_while_its_lease_runs_and_a_node_without_one_stands_first(workshop: Workshop) -> None:
    async def begin(tx: Tx) -> None:
        await enlist(tx, "epoch-1", (NODE,), 12.0)

    await workshop.database.transact(begin)
    seen = await fleet_of(workshop)
    (worker,) = seen.workers
    assert (worker.nodes, worker.alive, worker.held) == ((NODE,), True, 0)
    nodes = [(one.node, one.workers) for one in seen.nodes(frozenset({NODE, 99}))]
    assert nodes == [(99, 0), (NODE, 1)]
    workshop.let_pass(13)
    (worker,) = (await fleet_of(workshop)).workers
    assert not worker.alive


async def test_lags_of_all_processes_are_added_and_those_of_ended_ones_are_forgotten(workshop: Workshop) -> None:
    database = workshop.database
    await database.transact(lambda tx: write_lags(tx, "one", {"recraft": lag(0.1), "kling": lag(1)}))
    await database.transact(lambda tx: write_lags(tx, "one", {"recraft": lag(0.1, 0.1)}))
    await database.transact(lambda tx: write_lags(tx, "two", {"recraft": lag(9.0)}))
    found = await database.read(read_lags)
    assert {name: one.count for name, one in found.items()} == {"kling": 1, "recraft": 3}
    assert (found["recraft"].at_most_s(50), found["recraft"].at_most_s(99)) == (0.25, 10.0)
    workshop.let_pass(KEPT_US / US_PER_S + 1)
    assert await database.transact(forget_lags) == 3
    assert await database.read(read_lags) == {}


@pytest.mark.parametrize(
    ("seconds", "percent", "bound"),
    [((), 50, None), ((0.1,), 99, 0.25), ((0.1,) * 98 + (4.0, 4.0), 99, 5.0), ((0.1, 99.0), 99, inf)],
)
def test_the_bound_that_so_many_in_a_hundred_keep(seconds: tuple[float, ...], percent: int, bound: float) -> None:
    assert lag(*seconds).at_most_s(percent) == bound


async def test_accounts_are_found_by_a_part_of_their_address_and_shown_whole(workshop: Workshop) -> None:
    first, second = await workshop.tenant(live=7), await workshop.tenant()

    async def suspend(tx: Tx) -> None:
        action = Action(workshop.ids.new(), "me", "accounts.suspend", second.account_id, "fraud")
        await set_suspended(tx, second.account_id, action, suspended=True)

    await workshop.database.transact(suspend)

    async def find(wanted: WantedAccounts) -> list[str]:
        return [one.id for one in await workshop.database.read(lambda tx: list_accounts(tx, wanted))]

    assert await find(WantedAccounts(9)) == [second.account_id, first.account_id]
    assert await find(WantedAccounts(1, before_id=second.account_id)) == [first.account_id]
    assert await find(WantedAccounts(9, first.account_id[:20].upper())) == [first.account_id]
    assert await find(WantedAccounts(9, "%")) == [], "a wildcard is a character like others"
    assert await find(WantedAccounts(9, state="suspended")) == [second.account_id]
    seen = await workshop.database.read(lambda tx: read_account(tx, first.account_id))
    assert seen is not None
    assert [(one.mode, one.available) for one in seen.balances] == [("live", whole(7)), ("test", whole(1000))]
    assert [key.id for key in seen.keys] == [first.key_id]
    assert await workshop.database.read(lambda tx: read_account(tx, "0" * 26)) is None


async def test_what_operators_did_is_read_page_by_page_newest_first(workshop: Workshop) -> None:
    ids = [workshop.ids.new() for _ in range(3)]

    async def write(tx: Tx) -> None:
        for number, one in enumerate(ids):
            await record(tx, Action(one, f"operator-{number % 2}", "accounts.suspend", f"account-{number}", "why"))

    await workshop.database.transact(write)

    async def find(wanted: WantedActions) -> list[str]:
        return [one.action.id for one in await workshop.database.read(lambda tx: read_actions(tx, wanted))]

    assert await find(WantedActions(2)) == [ids[2], ids[1]]
    assert await find(WantedActions(2, before_id=ids[1])) == [ids[0]]
    assert await find(WantedActions(9, actor="operator-0")) == [ids[2], ids[0]]
    assert await find(WantedActions(9, subject="account-1")) == [ids[1]]
