"""Credentials that come, go and fail while the product runs; and the operator's alarms about them."""

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import pytest

from apiinone.control.credential_commands import AddCredential, RevokeCredential
from apiinone.control.desk import Command
from apiinone.core.clock import US_PER_S
from apiinone.credentials.sealed_rows import forget_old, read_alarms
from apiinone.db import Sql, Tx
from apiinone.front_desk import desk_of
from apiinone.simulators.options import SIMULATED_KEY
from apiinone.tasks.follow_credentials import EVERY_S
from databases import sqlite_url
from scenarios.live import CREDITS, FRUGAL, PNG, Live, live

WITHIN_S: Final = 20.0
USED: Final = Sql("SELECT state, credential_id, sent_us FROM attempts WHERE task_id = $1 ORDER BY attempt_no")
SEALED: Final = Sql("SELECT count(*) FROM provider_credentials WHERE sealed IS NOT NULL")


async def nothing() -> None:
    """The process finds it out by itself."""


async def carried_out(running: Live, command: Command[Any]) -> Any:
    """As another process would have it done: this one is not told."""
    desk = desk_of(running.api.app)
    other = dataclasses.replace(desk, reread_credentials=nothing)
    return await command.run(other)


async def within(seconds: float, happened: Callable[[], Awaitable[bool]]) -> None:
    ends_s = time.monotonic() + seconds
    while not await happened():
        assert time.monotonic() < ends_s
        await asyncio.sleep(0.02)


async def used(running: Live, task_id: str) -> list[tuple[str, str | None]]:
    return [(row[0], row[1]) for row in await running.api.rows(USED, task_id[3:29])]


async def test_a_credential_that_comes_or_goes_counts_within_a_second_without_restart(
    database_url: str, tmp_path: Path
) -> None:
    async with live(database_url, tmp_path, "recraft", without_credential=("recraft",)) as running:

        async def accepted() -> bool:
            return (await running.api.create(running.tenant.key, PNG)).status == 200

        async def refused() -> bool:
            return not await accepted()

        async def shown_live() -> bool:
            model = (await running.api.get("/api/v1/models/recraft-v4")).data
            return model["availability"] == "live"

        assert EVERY_S < 1
        assert await refused()
        stored = await carried_out(running, AddCredential("recraft", SIMULATED_KEY))
        await within(WITHIN_S, accepted)
        assert await shown_live()
        task_id = await running.create()
        await running.delivered(task_id)
        assert await used(running, task_id) == [("finished", stored.credential_id)]
        await carried_out(running, RevokeCredential(stored.credential_id, "a test"))
        await within(WITHIN_S, refused)
        assert not await shown_live()


async def test_what_is_under_way_is_asked_about_with_a_revoked_credential_and_never_with_another(
    sqlite_path: Path, tmp_path: Path
) -> None:
    url = sqlite_url(sqlite_path)
    async with live(url, tmp_path, "wavespeed", seconds=2.0, without_credential=("wavespeed",)) as running:
        first = await carried_out(running, AddCredential("wavespeed", SIMULATED_KEY))
        await running.api.app.follower.refresh()
        task_id = await running.create(FRUGAL)
        await running.reached(task_id, "running")
        await carried_out(running, AddCredential("wavespeed", "another-key"))
        await carried_out(running, RevokeCredential(first.credential_id, "a test"))
        await running.delivered(task_id)
        assert await used(running, task_id) == [("finished", first.credential_id)]


async def test_a_second_process_asks_with_the_credential_that_the_attempt_names(
    database_url: str, tmp_path: Path
) -> None:
    """The job is given back and claimed anew, so that nothing is known of it but its rows."""
    async with live(database_url, tmp_path, "wavespeed", seconds=1.5, lease_s=3.0) as running:
        task_id = await running.create(FRUGAL)
        await running.reached(task_id, "running")
        await carried_out(running, AddCredential("wavespeed", "another-key"))
        await running.api.app.follower.refresh()
        worker = running.api.app.worker
        worker._lease_ends_s = 0.0  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - as if the lease had run out
        await running.delivered(task_id)
        assert await used(running, task_id) == [("finished", "env:WAVESPEED_API_KEY")]


async def test_a_bad_key_is_out_an_alarm_and_never_the_clients_fault(database_url: str, tmp_path: Path) -> None:
    async with live(database_url, tmp_path, "recraft", "wavespeed", without_credential=("recraft",)) as running:
        stored = await carried_out(running, AddCredential("recraft", "a-bad-key"))
        await running.api.app.follower.refresh()
        first, second = await running.create(), None
        await running.delivered(first)
        assert [state for state, _ in await used(running, first)] == ["rejected", "finished"]
        second = await running.create()
        await running.delivered(second)
        assert [state for state, _ in await used(running, second)] == ["finished"], "the bad key is not tried again"
        receipt = (await running.api.get(f"/api/v1/tasks/{second}/receipt", running.tenant.key)).data
        because = receipt["attempts"][0]["chosen_because"]
        assert because == "first by priority of 2 offers; 1 before it is out of service for now"
        assert "credential" not in str(receipt["attempts"])
        refused = (await running.api.get(f"/api/v1/tasks/{first}/receipt", running.tenant.key)).data["attempts"][0]
        assert (refused["fault"], refused["own_key"]) == ("provider_error", False)

        async def alarmed() -> bool:
            alarms = await running.api.app.database.read(read_alarms)
            return [(one.credential_id, one.trouble) for one in alarms] == [(stored.credential_id, "bad_key")]

        async def over() -> bool:
            return await running.api.app.database.read(read_alarms) == []

        await within(WITHIN_S, alarmed)
        await carried_out(running, RevokeCredential(stored.credential_id, "a test", at_once=True))
        await within(WITHIN_S * 2, over)


async def test_an_empty_balance_rests_and_is_probed_and_the_client_only_waits(
    sqlite_path: Path, tmp_path: Path
) -> None:
    rest: dict[str, Any] = {"provider_no_balance_rest_s": 0.5}
    async with live(sqlite_url(sqlite_path), tmp_path, "recraft", **rest) as running:
        await running.arrange("recraft", "no_balance")
        task_id = await running.create()
        await running.delivered(task_id)
        assert [state for state, _ in await used(running, task_id)] == ["rejected", "finished"]
        assert running.api.app.keyring.refusals == {("recraft", "house", "no_balance"): 1}


async def test_where_every_way_rests_too_long_the_task_fails_for_nothing(sqlite_path: Path, tmp_path: Path) -> None:
    rest: dict[str, Any] = {"provider_no_balance_rest_s": 600.0, "provider_wait_s_max": 1.0}
    async with live(sqlite_url(sqlite_path), tmp_path, "recraft", **rest) as running:
        await running.arrange("recraft", "no_balance")
        for _ in range(2):
            task_id = await running.create()
            assert await running.failed(task_id) == ("provider_error", 502)
            assert (await running.task(task_id))["error"]["retryable"]
        assert (await running.seen("recraft")).submits == 0
        assert await running.balance() == (CREDITS, 0)


async def test_errors_in_a_row_leave_an_offer_alone_until_a_probe_works(sqlite_path: Path, tmp_path: Path) -> None:
    rest: dict[str, Any] = {"provider_errors_max": 2, "provider_rest_s": 600.0}
    async with live(sqlite_url(sqlite_path), tmp_path, "recraft", "wavespeed", **rest) as running:
        await running.arrange("recraft", "error_in_200", "error_in_200")
        for _ in range(2):
            await running.delivered(await running.create())
        spared = await running.create()
        await running.delivered(spared)
        assert len(await used(running, spared)) == 1
        assert (await running.seen("wavespeed")).submits == 3
        for health in running.api.app.keyring.resting().values():
            health.until_s = 0.0  # the rest is over
        await running.delivered(await running.create())
        assert (await running.seen("recraft")).charges == 1


async def test_two_credentials_share_the_orders(sqlite_path: Path, tmp_path: Path) -> None:
    url = sqlite_url(sqlite_path)
    async with live(url, tmp_path, "recraft", provider_concurrent_max={"recraft": 1}) as running:
        await carried_out(running, AddCredential("recraft", SIMULATED_KEY))
        await running.api.app.follower.refresh()
        await running.arrange("recraft", "slow", "slow")
        names: set[str | None] = set()
        for task_id in await running.create_for_each(("slow", "slow")):
            await running.delivered(task_id)
            names |= {credential for _, credential in await used(running, task_id)}
        assert len(names) == 2
        assert "env:RECRAFT_API_TOKEN" in names


async def test_a_revoked_secret_is_destroyed_after_a_day(database_url: str, tmp_path: Path) -> None:
    async with live(database_url, tmp_path, "recraft") as running:
        stored = await carried_out(running, AddCredential("recraft", SIMULATED_KEY))
        await carried_out(running, RevokeCredential(stored.credential_id, "a test"))
        database = running.api.app.database

        async def later(tx: Tx, days: float) -> int:
            tx.now_us += int(days * 24 * 3600 * US_PER_S)
            return await forget_old(tx)

        await database.transact(lambda tx: later(tx, 0.9))
        assert await running.api.rows(SEALED) == [(1,)]
        assert await database.transact(lambda tx: later(tx, 1.1)) == 1
        assert await running.api.rows(SEALED) == [(0,)]
        assert await database.transact(lambda tx: later(tx, 91)) == 1


@pytest.mark.parametrize("asked", ["/metrics"])
async def test_figures_name_credentials_and_their_troubles_and_no_tenant(
    sqlite_path: Path, tmp_path: Path, asked: str
) -> None:
    async with live(sqlite_url(sqlite_path), tmp_path, "recraft", metrics_token="token") as running:
        body = {"provider": "recraft", "key": "not-good"}
        stored = await running.api.ask("POST", "/api/v1/provider-keys", key=running.tenant.key, body=body)
        await running.failed(await running.create())
        await running.arrange("recraft", "bad_key")
        stranger = await running.api.tenant(mode="live")
        await running.api.ended(stranger.key, await running.api.task(stranger.key, PNG))
        text = (await running.api.get(asked, Authorization="Bearer token")).body.decode()
        expected = (
            'apiinone_credentials{credential="env:RECRAFT_API_TOKEN",provider="recraft",state="bad_key"} 1.0',
            'apiinone_own_keys{provider="recraft",state="bad_key"} 1.0',
            'apiinone_provider_refusals_total{fault="bad_credential",provider="recraft",whose_key="own"}',
        )
        for line in expected:
            assert line in text
        assert stored.data["provider_key_id"] not in text
        assert running.tenant.account_id not in text
