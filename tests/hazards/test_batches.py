"""Hazards 6 to 9: what shares a transaction shares neither its fate nor its mistakes."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from apiinone.catalog.schema import Bodies
from apiinone.core.errors import BadRequest, IdempotencyMismatch, InsufficientCredits, ServerError
from apiinone.db import Sql
from apiinone.providers.reading import is_upstream_id, linked
from apiinone.switchboard import follow_board
from apiinone.tasks import follow_credentials
from apiinone.tasks.submit import Created, Replayed
from catalog.catalogue_for_tests import CATALOGUE
from postgres_proxy import Cut, cutting
from whole_app import opened
from workshop import PRICE, Workshop

TASKS_OF = Sql("SELECT count(*) FROM tasks WHERE account_id = $1")
UNCLEAN: list[dict[str, Any]] = [{"suffix": "lone \ud800"}, {"deadline_s": 2**70}, {"result_ttl_s": -(2**70)}]
ONLY_POSTGRESQL: list[dict[str, Any]] = [{"suffix": "a \x00"}]


async def test_one_account_twice_in_a_batch_is_held_for_twice(workshop: Workshop) -> None:
    one, other = await workshop.tenant(live=25), await workshop.tenant(live=10)
    batch = [workshop.submission(caller) for caller in (one, other, one, one, other)]
    outcomes = [type(outcome) for outcome in await workshop.submit(*batch)]
    assert outcomes == [Created, Created, Created, InsufficientCredits, InsufficientCredits]
    assert await workshop.balance(one) == (PRICE // 2, 2 * PRICE)
    assert await workshop.balance(other) == (0, PRICE)
    await workshop.assert_sound()


async def test_one_bad_item_fails_alone(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as running:
        workshop = running.workshop
        caller = await workshop.tenant(live=1_000)
        bad = UNCLEAN + (ONLY_POSTGRESQL if running.app.database.engine == "postgresql" else [])
        changes = [bad[number // 4] if number % 4 == 2 else {} for number in range(len(bad) * 4)]
        batch = [workshop.submission(caller, **change) for change in changes]
        outcomes = await asyncio.gather(*map(running.app.submissions.do, batch), return_exceptions=True)
        failed = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, ServerError)]
        assert failed == [number for number in range(len(batch)) if number % 4 == 2]
        assert len([outcome for outcome in outcomes if isinstance(outcome, Created)]) == len(batch) - len(bad)
        assert (await workshop.balance(caller))[1] == (len(batch) - len(bad)) * PRICE
        await workshop.assert_sound()


@pytest.mark.parametrize("prompt", ["a\x00b", "\ud800", "a\udfffb"])
def test_unclean_text_is_refused_before_the_database_sees_it(prompt: str) -> None:
    choice = CATALOGUE.resolve("recraft-v4")
    assert choice is not None
    for body, param in (
        ({"prompt": prompt}, "/prompt"),
        ({"prompt": "a hill", "metadata": {"a": prompt}}, "/metadata/a"),
        ({"prompt": "a hill", "deadline_s": 2**64}, "/deadline_s"),
    ):
        with pytest.raises(BadRequest) as refused:
            Bodies().parse(choice, {"model": "recraft-v4", **body})
        assert refused.value.param == param
    assert not is_upstream_id(prompt)
    assert linked(f"https://example.com/{prompt}") is None


@pytest.mark.parametrize(("cut", "runs"), [("before commit", 2), ("after commit", 1)])
async def test_a_commit_in_doubt_is_read_back(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: Cut, runs: int
) -> None:
    for follower in (follow_credentials, follow_board):
        monkeypatch.setattr(follower, "EVERY_S", 600.0)  # so that the next commit is the batch's
    async with cutting(postgres_url) as (proxy, url), opened(url, tmp_path) as running:
        workshop = running.workshop
        caller = await workshop.tenant(live=100)
        batch = [workshop.submission(caller) for _ in range(5)]
        proxy.cut = cut
        before = proxy.commits
        outcomes = await asyncio.gather(*map(running.app.submissions.do, batch))
        assert [outcome.task_id for outcome in outcomes if isinstance(outcome, Created)] == [s.task_id for s in batch]
        assert (proxy.cuts, proxy.commits - before) == (1, runs)
        assert await workshop.row(TASKS_OF, caller.account_id) == (5,)
        assert await workshop.balance(caller) == (5 * PRICE, 5 * PRICE)
        await workshop.assert_sound()


async def test_a_waiter_that_leaves_cancels_nobody_elses_commit(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as running:
        workshop = running.workshop
        caller = await workshop.tenant(live=100)
        batch = [workshop.submission(caller) for _ in range(4)]
        waiting = [asyncio.ensure_future(running.app.submissions.do(submission)) for submission in batch]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        waiting[3].cancel()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes[1:3]] == [Created, Created]
        await running.app.submissions.drain()
        assert await workshop.row(TASKS_OF, caller.account_id) == (4,)
        await workshop.assert_sound()


async def test_the_same_idempotency_key_at_once_makes_one_task(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as first, opened(database_url, tmp_path) as second:
        workshop = first.workshop
        caller = await workshop.tenant(live=1_000)
        batch = [workshop.submission(caller, idempotency_key="once") for _ in range(50)]
        apps = [first, second] if first.app.database.engine == "postgresql" else [first]
        doing = [apps[number % len(apps)].app.submissions.do(submission) for number, submission in enumerate(batch)]
        outcomes = await asyncio.gather(*doing)
        (created,) = [outcome for outcome in outcomes if isinstance(outcome, Created)]
        replayed = [outcome for outcome in outcomes if isinstance(outcome, Replayed)]
        assert {outcome.task_id for outcome in replayed} == {created.task_id}
        assert len(replayed) == 49
        other = workshop.submission(caller, idempotency_key="once", body_hash=b"other")
        assert isinstance(await second.app.submissions.do(other), IdempotencyMismatch)
        assert await workshop.balance(caller) == (99 * PRICE, PRICE)
        await workshop.assert_sound()


@pytest.mark.parametrize("change", ["account", "mode", "route", "key"])
async def test_an_idempotency_key_counts_for_its_account_mode_and_route_alone(workshop: Workshop, change: str) -> None:
    caller = await workshop.tenant(live=100)
    changes: dict[str, Any] = {"route": "videos/generations"} if change == "route" else {}
    changes["idempotency_key"] = "other" if change == "key" else "once"
    other = caller
    if change == "account":
        other = await workshop.tenant(live=100)
    if change == "mode":
        other = await workshop.tenant(mode="test")
    first, second = await workshop.submit(
        workshop.submission(caller, idempotency_key="once"), workshop.submission(other, **changes)
    )
    assert (type(first), type(second)) == (Created, Created)


async def test_what_was_refused_is_not_remembered(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=5)
    for expected in ([InsufficientCredits, InsufficientCredits], [Created, Replayed]):
        same = [workshop.submission(caller, idempotency_key="once") for _ in range(2)]
        assert [type(outcome) for outcome in await workshop.submit(*same)] == expected
        await workshop.grant((caller.account_id, "live"), 5)
