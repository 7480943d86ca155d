"""What operators switch while the product runs: models, offers, draining, maintenance; without restart, everywhere."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apiinone.control.desk import Command
from apiinone.control.switch_commands import SetText, SwitchHouse, SwitchModel, SwitchOffer
from apiinone.core.errors import BadRequest, NotFound, Refusal
from apiinone.db import Sql
from apiinone.front_desk import desk_of
from apiinone.switchboard.standing import OfferName
from databases import sqlite_url
from scenarios.live import FRUGAL, PNG, Live, live
from scenarios.test_credentials import nothing, used, within

MODEL = "recraft-v4-text-to-image"
WITHIN_S = 1.0
ACTIONS = Sql("SELECT actor, action, subject, reason FROM operator_actions ORDER BY id")


async def elsewhere(running: Live, command: Command[Any]) -> Any:
    """As another process would have it done: this one is not told."""
    return await command.run(replace(desk_of(running.api.app), reread_switches=nothing, actor="somebody"))


async def offers_of(running: Live, sub_model: str) -> list[OfferName]:
    choice = running.api.app.catalogue.resolve(sub_model)
    assert choice is not None
    sub = choice.sub_model
    return [OfferName(sub.id, one.provider, one.upstream_model, one.operation) for one in sub.offers]


async def test_a_model_that_is_switched_off_is_off_for_live_keys_alone_within_a_second(
    database_url: str, tmp_path: Path
) -> None:
    async with live(database_url, tmp_path, "recraft") as running:
        tester = await running.api.tenant(mode="test")

        async def refused() -> bool:
            return (await running.api.create(running.tenant.key, PNG)).status == 503

        async def accepted() -> bool:
            return not await refused()

        async def shown() -> str:
            return (await running.api.get("/api/v1/models/recraft-v4")).data["availability"]

        assert await accepted()
        assert await shown() == "live"
        await elsewhere(running, SwitchModel("recraft-v4", live=False, reason="the maker asked"))
        await within(WITHIN_S, refused)
        got = await running.api.create(running.tenant.key, PNG)
        assert got.refused == (503, "provider_not_configured", None)
        assert "switched off for live keys" in got.error["message"]
        assert await shown() == "test_only"
        assert (await running.api.create(tester.key, PNG)).status == 200
        await elsewhere(running, SwitchModel(MODEL, live=True, reason="they came round"))
        await within(WITHIN_S, accepted)
        assert await shown() == "live"
        rows = [tuple(row) for row in await running.api.rows(ACTIONS)]
        assert rows == [
            ("somebody", "switch: test only", "recraft-v4", "the maker asked"),
            ("somebody", "switch: live", MODEL, "they came round"),
        ]


async def test_an_offer_that_is_switched_off_gets_nothing_new_and_what_it_has_is_finished(
    sqlite_path: Path, tmp_path: Path
) -> None:
    async with live(sqlite_url(sqlite_path), tmp_path, "wavespeed", seconds=1.0) as running:
        before = await running.create(FRUGAL)
        await running.reached(before, "running")
        for name in await offers_of(running, str(FRUGAL["model"])):
            await elsewhere(running, SwitchOffer(name, "it answers badly", off=True))
        await running.api.app.board.refresh()
        assert (await running.api.create(running.tenant.key, FRUGAL)).status == 503
        await running.delivered(before)


async def test_a_priority_changes_which_offer_is_first_and_none_gives_back_the_catalogues(
    sqlite_path: Path, tmp_path: Path
) -> None:
    async with live(sqlite_url(sqlite_path), tmp_path, "recraft", "wavespeed") as running:
        names = await offers_of(running, MODEL)
        other = next(name for name in names if name.provider == "wavespeed")

        async def provider_of_new() -> str:
            task_id = await running.create()
            await running.ended(task_id)
            receipt = (await running.api.get(f"/api/v1/tasks/{task_id}/receipt", running.tenant.key)).data
            assert len(await used(running, task_id)) == 1
            return receipt["attempts"][0]["provider"]

        assert await provider_of_new() == "recraft"
        await elsewhere(running, SwitchOffer(other, "cheaper this week", priority=0))
        await running.api.app.board.refresh()
        assert await provider_of_new() == "wavespeed"
        await elsewhere(running, SwitchOffer(other, "the week is over"))
        await running.api.app.board.refresh()
        assert await provider_of_new() == "recraft"


@pytest.mark.parametrize("switch", ["drain", "maintenance"])
async def test_while_draining_nothing_new_is_accepted_and_everything_else_goes_on(
    database_url: str, tmp_path: Path, switch: str
) -> None:
    name: Any = switch
    async with live(database_url, tmp_path, "wavespeed", seconds=1.0) as running:
        api, key = running.api, running.tenant.key
        first = (await api.create(key, FRUGAL, Idempotency_Key="once")).data["task_id"]

        async def refused() -> bool:
            return (await api.create(key, FRUGAL)).status == 503

        await elsewhere(running, SwitchHouse(name, "on", "a new disk"))
        await within(WITHIN_S, refused)
        got = await api.create(key, FRUGAL)
        assert (got.refused, got.error["retryable"]) == ((503, "overloaded", None), True)
        assert int(got.headers["Retry-After"]) >= 30
        assert (await api.create((await api.tenant(mode="test")).key, PNG)).status == 503
        again = await api.create(key, FRUGAL, Idempotency_Key="once")
        assert (again.data["task_id"], again.headers["Idempotent-Replayed"]) == (first, "true")
        assert (await api.get("/api/v1/models")).status == 200
        assert (await api.get("/readyz")).status == 200
        await running.delivered(first)
        await elsewhere(running, SwitchHouse(name, "off", "it is in"))

        async def accepted() -> bool:
            return not await refused()

        await within(WITHIN_S, accepted)
        await api.assert_sound()


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (SwitchModel("no-such-model", live=False, reason="why"), NotFound),
        (SwitchModel(MODEL, live=False, reason=" "), BadRequest),
        (SwitchOffer(OfferName(MODEL, "nobody", "x"), "why", off=True), NotFound),
        (SwitchHouse("drain", "perhaps", "why"), BadRequest),
        (SwitchHouse("drain", "on", ""), BadRequest),
        (SwitchHouse("sign_up", "on", "why"), BadRequest),
        (SetText("terms", "x" * 100_001, "why"), BadRequest),
        (SetText("terms", "words", ""), BadRequest),
    ],
)
async def test_what_makes_no_sense_or_has_no_reason_switches_nothing(
    sqlite_path: Path, tmp_path: Path, command: Command[Any], kind: type[Refusal]
) -> None:
    async with live(sqlite_url(sqlite_path), tmp_path, "recraft") as running:
        with pytest.raises(kind):
            await elsewhere(running, command)
        await running.api.app.board.refresh()
        assert running.api.app.board.board.now.version == ""
