"""Hazard 14: a quote serves once, and only for what it was made for."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from apiinone.accounts.callers import Caller
from apiinone.core.credits import whole
from apiinone.core.errors import BadRequest, Conflict, InsufficientCredits, PriceAboveMax
from apiinone.db import Tx
from apiinone.tasks.submission import Submission
from apiinone.tasks.submit import Created
from apiinone.tasks.submit_rows import Promise, write_quote
from whole_app import opened
from workshop import PRICE, Workshop

CHEAPER = whole(3)


async def quoted(workshop: Workshop, caller: Caller, unit: int = CHEAPER) -> str:
    """A quote for ten minutes at another price than the list's."""
    quote_id = workshop.ids.new()

    async def write(tx: Tx) -> None:
        promise = Promise((caller.account_id, caller.mode), b"body", "1", unit, 1, tx.now_us + 600_000_000)
        await write_quote(tx, quote_id, promise)

    await workshop.database.transact(write)
    return quote_id


async def test_a_quote_serves_once_and_only_for_what_it_was_made_for(workshop: Workshop) -> None:
    caller, other = await workshop.tenant(live=100), await workshop.tenant(live=100)
    test_caller = Caller(caller.account_id, "test", caller.key_id, caller.lineage_id, caller.rules)
    quote_id = await quoted(workshop, caller)
    changes: list[tuple[Caller, dict[str, Any], type[object]]] = [
        (other, {}, BadRequest),
        (test_caller, {}, BadRequest),
        (caller, {"body_hash": b"other"}, Conflict),
        (caller, {"catalogue_version": "2"}, Conflict),
        (caller, {"max_credits": whole(2)}, PriceAboveMax),
        (caller, {}, Created),
        (caller, {}, Conflict),
    ]
    for who, change, expected in changes:
        (outcome,) = await workshop.submit(workshop.submission(who, quote_id=quote_id, **change))
        assert type(outcome) is expected
    assert await workshop.balance(caller) == (10 * PRICE - CHEAPER, CHEAPER)
    await workshop.assert_sound()


async def test_a_quote_ends_with_its_time(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    quote_id = await quoted(workshop, caller)
    workshop.let_pass(600)
    (outcome,) = await workshop.submit(workshop.submission(caller, quote_id=quote_id))
    assert isinstance(outcome, Conflict)
    assert outcome.param == "/quote_id"


async def test_a_quote_whose_submit_was_refused_can_still_be_used(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=1)
    quote_id = await quoted(workshop, caller)
    (outcome,) = await workshop.submit(workshop.submission(caller, quote_id=quote_id))
    assert isinstance(outcome, InsufficientCredits)
    await workshop.grant((caller.account_id, "live"), 2)
    (outcome,) = await workshop.submit(workshop.submission(caller, quote_id=quote_id))
    assert isinstance(outcome, Created)
    assert outcome.held == CHEAPER


@pytest.mark.parametrize("at_once", [2, 20])
async def test_a_quote_used_by_many_at_once_serves_one(database_url: str, tmp_path: Path, at_once: int) -> None:
    async with opened(database_url, tmp_path) as first, opened(database_url, tmp_path) as second:
        workshop = first.workshop
        caller = await workshop.tenant(live=1_000)
        quote_id = await quoted(workshop, caller)
        apps = [first, second] if first.app.database.engine == "postgresql" else [first]
        batch: list[Submission] = [workshop.submission(caller, quote_id=quote_id) for _ in range(at_once)]
        outcomes = await asyncio.gather(
            *[apps[number % len(apps)].app.submissions.do(one) for number, one in enumerate(batch)]
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict"] * (at_once - 1) + ["Created"]
        await workshop.assert_sound()
