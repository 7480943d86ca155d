"""The simulated MiniMax, asked as its description says; and our adapter's songs. The vendor has no SDK for this."""

import json

import pytest

from apiinone.core.exchange import Request
from apiinone.core.secret import Secret
from apiinone.providers.provider import Finished, Inline, Linked, Order, Rejected
from providers.playing import KEY, Play, playing

CLIP = {"model": "MiniMax-Hailuo-2.3", "prompt": "a hill", "first_frame_image": "https://example.com/a.png"}
SONG = {"model": "music-2.5", "prompt": "calm", "lyrics": "la la"}


async def asked(play: Play, path: str, body: object = None, key: Secret = KEY) -> dict[str, dict[str, object]]:
    request = Request("GET" if body is None else "POST", f"{play.root}/v1/{path}", auth="bearer", json=body)
    response = await play.outbound.send(request, secret=key, hosts=play.provider.hosts)
    assert response.status == 200
    return json.loads(response.body)


async def test_a_task_ends_with_a_file_that_is_looked_up() -> None:
    async with playing("minimax", seconds=0.3) as play:
        begun = await asked(play, "video_generation", CLIP)
        seen: list[object] = []
        told: dict[str, dict[str, object]] = {}
        while "Success" not in seen:
            told = await asked(play, f"query/video_generation?task_id={begun['task_id']}")
            seen += [told["status"]] if told["status"] not in seen else []
        file = (await asked(play, f"files/retrieve?file_id={told['file_id']}"))["file"]
        charged = (await play.seen()).charged_micro_usd
    assert seen == ["Queueing", "Processing", "Success"]
    assert str(file["download_url"]).endswith(".mp4")
    assert charged == 280_000


@pytest.mark.parametrize(
    ("path", "good", "fields"),
    [
        ("video_generation", CLIP, {"duration": 10, "resolution": "1080P"}),
        ("video_generation", CLIP, {"duration": "6"}),
        ("video_generation", CLIP, {"resolution": "768p"}),
        ("video_generation", CLIP, {"prompt": "x" * 2001}),
        ("video_generation", CLIP, {"image": "https://example.com/a.png"}),
        ("video_generation", CLIP, {"model": "music-2.5"}),
        ("music_generation", SONG, {"lyrics": ""}),
        ("music_generation", SONG, {"lyrics": "x" * 3501}),
        ("music_generation", SONG, {"audio_setting": {"bitrate": 60000}}),
        ("music_generation", SONG, {"bitrate": 256000}),
    ],
)
async def test_what_the_vendor_does_not_take_is_refused(
    path: str, good: dict[str, object], fields: dict[str, object]
) -> None:
    async with playing("minimax") as play:
        assert (await asked(play, path, {**good, **fields}))["base_resp"]["status_code"] == 2013
        assert (await play.seen()).submits == 0
        assert (await asked(play, path, good))["base_resp"]["status_code"] == 0


async def test_a_wrong_key_and_an_unknown_task_are_refused_with_http_200() -> None:
    async with playing("minimax") as play:
        assert (await asked(play, "music_generation", SONG, Secret("wrong")))["base_resp"]["status_code"] == 1004
        assert (await asked(play, "query/video_generation?task_id=1"))["base_resp"]["status_code"] == 2013
        assert (await asked(play, "files/retrieve?file_id=1"))["base_resp"]["status_code"] == 2013


@pytest.mark.parametrize(("form", "kind"), [("url", Linked), ("hex", Inline)])
async def test_our_adapter_gets_songs_in_both_forms(form: str, kind: type[object]) -> None:
    order = Order("attempt", "music-2.5", {"prompt": "calm", "lyrics": "la", "output_format": form}, 1)
    async with playing("minimax") as play:
        reply = await play.submit(order)
        assert isinstance(reply, Finished)
        assert isinstance(reply.outputs[0], kind)
        assert (await play.fetch(reply.outputs[0])).data.startswith(b"ID3")
        await play.arrange("no_balance")
        refused = await play.submit(order)
        seen = await play.seen()
    assert isinstance(refused, Rejected)
    assert (refused.fault, seen.charges, seen.charged_micro_usd) == ("no_balance", 1, 150_000)
