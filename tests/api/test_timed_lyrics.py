"""POST /audio/music/timestamped-lyrics: two credits for the words of one's own finished song."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from api.served_api import Api, Got, Tenant
from apiinone.api.task_ids import written
from apiinone.core.credits import Credits
from apiinone.ledger.ledger import Owner
from apiinone.providers.local.lyrics import timed_lyrics
from apiinone.tasks.moves import Move, Moved, NewAttempt, Planned, Sending, WasStored
from later import LaterDatabase
from workshop import Workshop

LYRICS_PATH = "/api/v1/audio/music/timestamped-lyrics"
LYRICS = "Summer days are here again\nWe sing along the shore\n\nAnd the waves come rolling in"
SONG: Mapping[str, Any] = {
    "endpoint": "music",
    "model": "suno",
    "sub_model": "chirp-v4-5",
    "node": 35,
    "suffix": "suno",
    "unit": Credits(5_000_000),
    "units": 2,
}


async def _song(api: Api, tenant: Tenant, *, finished: bool = True, **changes: Any) -> str:
    """A song's task, as the music route will make it."""
    shop = Workshop(LaterDatabase(api.app.database))
    caller = await shop.caller_of(tenant.key_id)
    request = f'{{"model":"chirp-v4-5","prompt":{_json(LYRICS)},"style":"pop"}}'
    task_id = await shop.task(caller, **{**SONG, "request_json": request, **changes})
    owner: Owner = caller.owner
    attempt_id = api.app.ids.new()
    planned = Planned(NewAttempt(attempt_id, "local", "chirp-v4-5", "test mode", 0))
    stored = WasStored(attempt_id, (shop.output(), shop.output()), 0)
    for what in (planned, Sending(attempt_id), stored)[: 3 if finished else 2]:
        assert isinstance(await api.app.apply(Move(task_id, owner, what)), Moved)
    suffix: str = {**SONG, **changes}["suffix"]
    return written(35, task_id, suffix)


def _json(text: str) -> str:
    return '"' + text.replace("\n", "\\n") + '"'


async def _ask(api: Api, key: str, song: str, take: str = "0", **headers: str) -> Got:
    body = {"task_id": song, "audio_id": f"{song}-{take}"}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.ask("POST", LYRICS_PATH, key=key, body=body, headers=sent)


async def test_a_songs_words_come_at_once_with_their_moments_for_two_credits(idle_api: Api) -> None:
    tenant = await idle_api.tenant(balance=50)
    song = await _song(idle_api, tenant)
    before = (await idle_api.get("/api/v1/credits", tenant.key)).data["available"]
    got = (await _ask(idle_api, tenant.key, song)).data
    assert got["text"] == LYRICS.replace("\n\n", "\n")
    lines = [part for part in got["lyricParams"] if part["type"] == "lyric"]
    breaks = [part for part in got["lyricParams"] if part["type"] == "segment_break"]
    assert [line["text"] for line in lines] == got["text"].split("\n")
    assert all(line["start"] < line["end"] for line in lines)
    assert all(first["end"] <= second["start"] for first, second in pairwise(lines))
    assert breaks[0]["metadata"]["style"] == "pop"
    assert all(0 <= point <= 1 for point in got["waveform"])
    assert (await idle_api.get("/api/v1/credits", tenant.key)).data["available"] == before - 2
    again = (await _ask(idle_api, tenant.key, song)).data
    other = (await _ask(idle_api, tenant.key, song, "1")).data
    assert (again, other == got) == (got, False)
    (record, *_) = (await idle_api.get("/api/v1/tasks", tenant.key)).data
    assert (record["status"], record["consumed_credits"], record["outputs"]) == ("SUCCESS", 2, [])
    await idle_api.assert_sound()


async def test_only_a_finished_song_of_ones_own_has_words(idle_api: Api) -> None:
    tenant, other = await idle_api.tenant(balance=90), await idle_api.tenant(balance=90)
    foreign = await _song(idle_api, other)
    unfinished = await _song(idle_api, tenant, finished=False)
    not_a_song = await _song(idle_api, tenant, operation="music/cover/generate")
    others_song = await _song(idle_api, tenant, sub_model="minimax-music", suffix="minimax")
    for song in (foreign, f"n35{'0' * 26}_suno", "nothing"):
        assert (await _ask(idle_api, tenant.key, song)).refused == (404, "not_found", "/task_id"), song
    for song in (unfinished, not_a_song, others_song):
        assert (await _ask(idle_api, tenant.key, song)).refused == (400, "bad_request", "/task_id"), song
    song = await _song(idle_api, tenant)
    assert (await _ask(idle_api, tenant.key, song, "2")).refused == (404, "not_found", "/audio_id")
    second = await _song(idle_api, tenant)
    take_of_another = {"task_id": song, "audio_id": f"{second}-0"}
    got = await idle_api.ask("POST", LYRICS_PATH, key=tenant.key, body=take_of_another)
    assert got.refused == (404, "not_found", "/audio_id")
    assert (await _ask(idle_api, tenant.key, song)).status == 200
    (lyrics, *_) = (await idle_api.get("/api/v1/tasks", tenant.key)).data
    feed = f"/api/v1/audio/music/feed?task_id={lyrics['task_id']}"
    assert (await idle_api.get(feed, tenant.key)).refused == (404, "not_found", "task_id"), "it is no song"
    for body, param in (({"task_id": song}, "/audio_id"), ({"task_id": song, "audio_id": "x", "n": 1}, "/n")):
        got = await idle_api.ask("POST", LYRICS_PATH, key=tenant.key, body=body)
        assert got.refused == (400, "bad_request", param)
    held = (await idle_api.get("/api/v1/credits", tenant.key)).data["held"]
    assert held == 10, "of the song that is not finished"
    live = await idle_api.tenant(of=tenant, mode="live")
    assert (await _ask(idle_api, live.key, song)).refused == (404, "not_found", "/task_id")


async def test_the_same_key_gives_the_same_words_and_costs_once_and_a_failure_costs_nothing(idle_api: Api) -> None:
    tenant = await idle_api.tenant(balance=50)
    song = await _song(idle_api, tenant)
    before = (await idle_api.get("/api/v1/credits", tenant.key)).data["available"]
    first = await _ask(idle_api, tenant.key, song, Idempotency_Key="k")
    again = await _ask(idle_api, tenant.key, song, Idempotency_Key="k")
    assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")
    failed = await _ask(idle_api, tenant.key, song, X_Test_Scenario="fail=moderation")
    assert failed.refused[:2] == (400, "content_policy")
    assert (await idle_api.get("/api/v1/credits", tenant.key)).data == {
        **(await idle_api.get("/api/v1/credits", tenant.key)).data,
        "available": before - 2,
        "held": 0,
    }
    await idle_api.assert_sound()


def test_a_song_without_words_has_no_lines() -> None:
    found = timed_lyrics("", "pop", 0)
    assert (found.text, found.parts) == ("", ())
    assert len(found.waveform) == 128
