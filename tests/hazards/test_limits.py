"""Hazards 20 and 21: what bounds a key is counted and checked where the credits are held."""

import asyncio
from pathlib import Path

from apiinone.accounts.account_rows import Action, set_suspended
from apiinone.accounts.callers import Caller
from apiinone.accounts.key_rows import revoke_key, rotate_key
from apiinone.accounts.keys import KeyRules
from apiinone.core.errors import AuthenticationFailed, PermissionDenied, RateLimited
from apiinone.db import Tx
from apiinone.tasks.moves import CancelAsked
from apiinone.tasks.submit import Created, SubmitRules
from whole_app import opened
from workshop import RULES, Workshop


async def test_open_tasks_are_counted_where_they_are_made(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as first, opened(database_url, tmp_path) as second:
        workshop = first.workshop
        caller = await workshop.tenant(live=1_000, rules=KeyRules(open_tasks_max=7))
        apps = [first, second] if first.app.database.engine == "postgresql" else [first]
        batch = [workshop.submission(caller) for _ in range(40)]
        outcomes = await asyncio.gather(
            *[apps[number % len(apps)].app.submissions.do(one) for number, one in enumerate(batch)]
        )
        created = [outcome for outcome in outcomes if isinstance(outcome, Created)]
        assert len(created) == 7
        assert {type(outcome) for outcome in outcomes} == {Created, RateLimited}
        await workshop.move(created[0].task_id, caller, CancelAsked())
        (again, refused) = await workshop.submit(workshop.submission(caller), workshop.submission(caller))
        assert (type(again), type(refused)) == (Created, RateLimited)
        await workshop.assert_sound()


async def test_a_key_and_its_successor_share_one_count(workshop: Workshop) -> None:
    workshop.rules = SubmitRules(2, RULES.test_credits_per_day, RULES.unknown_max_s)
    caller = await workshop.tenant(live=1_000)
    new_id = workshop.ids.new()
    await workshop.database.transact(
        lambda tx: rotate_key(tx, caller.key_id, new_id=new_id, secret_hash=b"new", overlap_us=60_000_000)
    )
    successor = await workshop.caller_of(new_id)
    outcomes = [await workshop.submit(workshop.submission(one)) for one in (caller, successor, caller, successor)]
    assert [type(outcome) for (outcome,) in outcomes] == [Created, Created, RateLimited, RateLimited]


async def test_a_key_revoked_meanwhile_submits_nothing(workshop: Workshop) -> None:
    revoked, expired, suspended = [await workshop.tenant(live=100) for _ in range(3)]
    unknown = Caller(revoked.account_id, "live", workshop.ids.new(), "x", KeyRules())

    async def end(tx: Tx) -> None:
        await revoke_key(tx, revoked.key_id)
        await rotate_key(tx, expired.key_id, new_id=workshop.ids.new(), secret_hash=b"new", overlap_us=0)
        action = Action(workshop.ids.new(), "operator", "accounts suspend", suspended.account_id, "a test")
        await set_suspended(tx, suspended.account_id, action, suspended=True)

    await workshop.database.transact(end)
    good = await workshop.tenant(live=100)
    outcomes = await workshop.submit(
        *[workshop.submission(caller, idempotency_key="a") for caller in (revoked, expired, suspended, unknown, good)]
    )
    assert [type(outcome) for outcome in outcomes] == [
        AuthenticationFailed,
        AuthenticationFailed,
        PermissionDenied,
        AuthenticationFailed,
        Created,
    ]
    assert (await workshop.balance(revoked))[1] == 0
    await workshop.assert_sound()


async def test_authority_is_checked_before_a_replay(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    await workshop.task(caller, idempotency_key="once")
    await workshop.database.transact(lambda tx: revoke_key(tx, caller.key_id))
    (outcome,) = await workshop.submit(workshop.submission(caller, idempotency_key="once"))
    assert isinstance(outcome, AuthenticationFailed)
