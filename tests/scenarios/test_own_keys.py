"""An account's own key for a provider: first, for a fee, and replaced by the house's only where that was asked for."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest

from apiinone.db import Sql
from apiinone.simulators.options import SIMULATED_KEY
from databases import sqlite_url
from scenarios.live import CREDITS, FRUGAL, PNG, Live, live

KEYS: Final = "/api/v1/provider-keys"
WRONG: Final = "not-the-simulated-key"
USED: Final = Sql("SELECT provider, state, own_key, credential_id FROM attempts WHERE task_id = $1 ORDER BY attempt_no")
SEALED: Final = Sql("SELECT sealed, revoked_us FROM provider_credentials WHERE id = $1")
FEE, FULL = 1, 10


@pytest.fixture
async def no_house(database_url: str, tmp_path: Path) -> AsyncIterator[Live]:
    """Both vendors can be reached, and the house has a credential for neither; on each engine."""
    names: tuple[Any, ...] = ("recraft", "wavespeed")
    async with live(database_url, tmp_path, *names, without_credential=names) as running:
        yield running


@pytest.fixture
async def house_too(sqlite_path: Path, tmp_path: Path) -> AsyncIterator[Live]:
    """The house has a credential for both."""
    async with live(sqlite_url(sqlite_path), tmp_path, "recraft", "wavespeed") as running:
        yield running


async def bring(running: Live, key: str = SIMULATED_KEY, provider: str = "recraft", **more: object) -> str:
    """Store a key of the tenant's; its id."""
    body = {"provider": provider, "key": key, **more}
    got = await running.api.ask("POST", KEYS, key=running.tenant.key, body=body)
    assert key not in got.body.decode()
    key_id: str = got.data["provider_key_id"]
    return key_id


async def used(running: Live, task_id: str) -> list[tuple[str, str, bool, str]]:
    rows = await running.api.rows(USED, task_id[3:29])
    return [(row[0], row[1], bool(row[2]), row[3]) for row in rows]


async def receipt(running: Live, task_id: str) -> Any:
    return (await running.api.get(f"/api/v1/tasks/{task_id}/receipt", running.tenant.key)).data


async def test_a_model_that_only_an_own_key_reaches_is_live_for_that_account_alone(no_house: Live) -> None:
    refused = await no_house.api.create(no_house.tenant.key, PNG)
    assert refused.refused[:2] == (503, "provider_not_configured")
    key_id = await bring(no_house)
    task_id = await no_house.create()
    task = await no_house.ended(task_id)
    assert (task["status"], task["consumed_credits"], task["held_credits"]) == ("SUCCESS", FEE, 0)
    assert await used(no_house, task_id) == [("recraft", "finished", True, key_id)]
    assert await no_house.balance() == (CREDITS - FEE, 0)
    stranger = await no_house.api.tenant(mode="live", balance=CREDITS)
    assert (await no_house.api.create(stranger.key, PNG)).status == 503


async def test_quote_hold_and_receipt_say_what_work_with_an_own_key_costs(no_house: Live) -> None:
    await bring(no_house)
    asked = await no_house.api.ask("POST", "/api/v1/quotes", key=no_house.tenant.key, body=dict(PNG))
    assert (asked.data["credits"], asked.data["own_key_credits"]) == (FEE, FEE)
    task_id = await no_house.create(quote_id=asked.data["quote_id"])
    await no_house.ended(task_id)
    found = await receipt(no_house, task_id)
    assert (found["hold"]["credits"], found["settlement"]["captured"]) == (FEE, FEE)
    assert (found["quote"]["whose_keys"], found["quote"]["own_key_unit"]) == ("own", FEE)
    (attempt,) = found["attempts"]
    assert attempt["own_key"]
    assert attempt["chosen_because"].endswith("with the account's own key")


async def test_a_quote_given_for_an_own_key_is_not_good_without_it(house_too: Live) -> None:
    key_id = await bring(house_too)
    asked = await house_too.api.ask("POST", "/api/v1/quotes", key=house_too.tenant.key, body=dict(PNG))
    await house_too.api.ask("DELETE", f"{KEYS}/{key_id}", key=house_too.tenant.key)
    got = await house_too.api.create(house_too.tenant.key, {**PNG, "quote_id": asked.data["quote_id"]})
    assert got.refused == (409, "conflict", "/quote_id")


async def test_an_own_key_that_is_refused_is_never_replaced_by_the_houses(house_too: Live) -> None:
    await bring(house_too, WRONG)
    task_id = await house_too.create()
    assert await house_too.failed(task_id) == ("provider_error", 502)
    assert {(own, provider) for provider, _, own, _ in await used(house_too, task_id)} == {(True, "recraft")}
    assert ((await house_too.seen("recraft")).charges, (await house_too.seen("wavespeed")).submits) == (0, 0)
    assert await house_too.balance() == (CREDITS, 0)


async def test_the_account_may_ask_for_the_houses_and_then_the_full_price_is_held(house_too: Live) -> None:
    key_id = await bring(house_too, WRONG, house_fallback=True)
    asked = await house_too.api.ask("POST", "/api/v1/quotes", key=house_too.tenant.key, body=dict(PNG))
    assert (asked.data["credits"], asked.data["own_key_credits"]) == (FULL, FEE)
    task_id = await house_too.create()
    await house_too.delivered(task_id)
    assert [(state, own) for _, state, own, _ in await used(house_too, task_id)] == [
        ("rejected", True),
        ("finished", False),
    ]
    found = await receipt(house_too, task_id)
    assert (found["hold"]["credits"], found["settlement"]["captured"]) == (FULL, FULL)
    assert (await house_too.api.get(KEYS, house_too.tenant.key)).data[0]["provider_key_id"] == key_id


async def test_with_the_fallback_asked_for_work_of_the_own_key_still_costs_the_fee(house_too: Live) -> None:
    await bring(house_too, house_fallback=True)
    task = await house_too.ended(await house_too.create())
    assert (task["status"], task["consumed_credits"]) == ("SUCCESS", FEE)
    assert await house_too.balance() == (CREDITS - FEE, 0)


async def test_where_one_of_several_own_keys_does_not_ask_for_it_the_house_is_left_out(house_too: Live) -> None:
    await bring(house_too, WRONG, house_fallback=True)
    await bring(house_too, WRONG)
    assert await house_too.failed(await house_too.create()) == ("provider_error", 502)
    assert await house_too.balance() == (CREDITS, 0)


async def test_a_refused_own_key_harms_nobody_else(house_too: Live) -> None:
    await bring(house_too, WRONG)
    await house_too.failed(await house_too.create())
    stranger = await house_too.api.tenant(mode="live", balance=CREDITS)
    task = await house_too.api.ended(stranger.key, await house_too.api.task(stranger.key, PNG))
    assert (task["status"], task["consumed_credits"]) == ("SUCCESS", FULL)

    async def shown() -> Any:
        return (await house_too.api.get(KEYS, house_too.tenant.key)).data

    (listed,) = await house_too.until(shown, lambda keys: keys[0]["trouble"] is not None)
    assert listed["trouble"] == "bad_key"


async def test_deleting_a_key_destroys_what_was_stored_of_it(no_house: Live) -> None:
    key_id = await bring(no_house)
    tenant = no_house.tenant.key
    assert (await no_house.api.ask("DELETE", f"{KEYS}/{key_id}", key=tenant)).data == {"provider_key_id": key_id}
    ((sealed, revoked_us),) = await no_house.api.rows(SEALED, key_id)
    assert (sealed, revoked_us is None) == (None, False)
    assert (await no_house.api.get(KEYS, tenant)).data == []
    assert (await no_house.api.ask("DELETE", f"{KEYS}/{key_id}", key=tenant)).status == 404
    assert (await no_house.api.create(tenant, PNG)).status == 503


@pytest.mark.slow
async def test_a_job_at_the_vendor_is_asked_about_with_the_key_that_ordered_it(no_house: Live) -> None:
    key_id = await bring(no_house, provider="wavespeed")
    await bring(no_house, WRONG, provider="wavespeed")
    task_id = await no_house.create(FRUGAL)
    task = await no_house.ended(task_id)
    assert task["status"] == "SUCCESS"
    assert (await used(no_house, task_id))[-1] == ("wavespeed", "finished", True, key_id)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"provider": "nobody", "key": "k"}, "/provider"),
        ({"provider": "recraft", "key": "two words"}, "/key"),
        ({"provider": "recraft", "key": ""}, "/key"),
        ({"provider": "recraft", "key": 7}, "/key"),
        ({"provider": "recraft", "key": "k", "house_fallback": "yes"}, "/house_fallback"),
        ({"provider": "recraft", "key": "k" * 5_000}, "/key"),
    ],
)
async def test_what_cannot_be_stored_is_refused_by_name(house_too: Live, body: dict[str, object], param: str) -> None:
    got = await house_too.api.ask("POST", KEYS, key=house_too.tenant.key, body=body)
    assert got.refused == (400, "bad_request", param)
    assert "two words" not in got.body.decode()


async def test_an_account_has_a_limited_number_of_keys(house_too: Live) -> None:
    for _ in range(20):
        await bring(house_too)
    body = {"provider": "recraft", "key": SIMULATED_KEY}
    assert (await house_too.api.ask("POST", KEYS, key=house_too.tenant.key, body=body)).status == 409
