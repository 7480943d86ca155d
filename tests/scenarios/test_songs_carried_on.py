"""Live songs, and what goes on from them: the vendor is told by its own names which song is meant."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from apiinone.db import Sql
from apiinone.providers.kie import Kie
from databases import sqlite_url
from scenarios.live import CREDITS, Live, live

_MADE_ELSEWHERE = Sql("UPDATE attempts SET provider = 'another'")


@pytest.fixture
async def only_kie(sqlite_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Live]:
    """Asked more often than the real vendor wants."""
    monkeypatch.setattr(Kie, "poll_interval_s", 0.05)
    monkeypatch.setattr("apiinone.providers.kie.POLL_INTERVAL_S", 0.05)
    monkeypatch.setattr("apiinone.providers.kie_states.POLL_INTERVAL_S", 0.05)
    async with live(sqlite_url(sqlite_path), tmp_path, "kie") as running:
        yield running


async def made(running: Live, path: str, body: Mapping[str, object]) -> tuple[str, int, str]:
    """The task's id, how many files it has, and the type of the first."""
    got = await running.api.ask("POST", f"/api/v1/audio/music{path}", key=running.tenant.key, body=body)
    task_id = str(got.data["task_id"])
    task = await running.ended(task_id)
    assert task["status"] == "SUCCESS", task
    return task_id, len(task["outputs"]), task["outputs"][0]["content_type"]


async def test_a_live_song_is_carried_on_and_gets_its_cover(only_kie: Live) -> None:
    song = {"model": "chirp-v5", "prompt": "foxes"}
    task_id, *files = await made(only_kie, "", song)
    assert files == [2, "audio/mpeg"]
    more = {"origin_task_id": task_id, "extend_audio_index": 1}
    _, *files = await made(only_kie, "/extend", more)
    assert files == [2, "audio/mpeg"]
    _, *files = await made(only_kie, "/cover/generate", {"task_id": task_id})
    assert files == [1, "image/png"]
    seen = await only_kie.seen("kie")
    assert (seen.submits, seen.charged_micro_usd) == (3, 120_000)
    assert await only_kie.balance() == (CREDITS - 12 - 12 - 1, 0)


async def test_a_song_that_another_provider_made_is_not_carried_on_and_costs_nothing(only_kie: Live) -> None:
    task_id, *_ = await made(only_kie, "", {"model": "chirp-v5", "prompt": "foxes"})
    await only_kie.api.change(_MADE_ELSEWHERE)
    body = {"origin_task_id": task_id, "extend_audio_index": 0}
    path = "/api/v1/audio/music/extend"
    got = await only_kie.api.ask("POST", path, key=only_kie.tenant.key, body=body)
    task = await only_kie.ended(str(got.data["task_id"]))
    assert (task["status"], task["consumed_credits"]) == ("FAILED", 0)
    assert "origin_task_id" in task["error"]["message"]
    assert (await only_kie.seen("kie")).submits == 1
    assert await only_kie.balance() == (CREDITS - 12, 0)


async def test_of_two_pictures_for_one_price_one_is_kept_and_paid_for(only_kie: Live) -> None:
    task = await only_kie.ended(await only_kie.create({"model": "grok-imagine/text-to-image", "prompt": "a hill"}))
    assert (task["status"], len(task["outputs"]), task["consumed_credits"]) == ("SUCCESS", 1, 5)
    assert (await only_kie.seen("kie")).outputs == 1
