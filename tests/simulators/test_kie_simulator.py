"""The simulated Kie.ai, driven by a short client of our own; and its calls, read by our adapter."""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Final, Literal
from unittest.mock import Mock

import pytest

from apiinone.core.exchange import Request
from apiinone.providers.provider import Accepted, Finished, Order, Origin
from apiinone.simulators.errands import Errand
from apiinone.simulators.faults import FaultName
from apiinone.simulators.kie_market import MODELS
from apiinone.simulators.options import SIMULATED_WEBHOOK_SECRET
from outbound.loopback import Loopback
from providers.playing import KEY, Play, called, calls_made, playing

BROWSER: Final = {"User-Agent": "Mozilla/5.0"}
PICTURE: Final = "https://example.com/a.png"
SONG: Final = {
    "prompt": "foxes",
    "customMode": False,
    "instrumental": False,
    "model": "V5",
    "callBackUrl": "playground",
}
Answer = Mapping[str, object]


async def asked(
    play: Play, path: str, body: object = None, headers: Mapping[str, str] = BROWSER
) -> tuple[int, object, dict[str, object]]:
    """HTTP status, the envelope's code, and the data."""
    method: Literal["GET", "POST"] = "GET" if body is None else "POST"
    request = Request(method, f"{play.root}/api/v1{path}", auth="bearer", json=body, headers=headers)
    response = await play.outbound.send(request, secret=KEY, hosts=play.provider.hosts)
    if response.status != 200:
        return response.status, None, {}
    answer = json.loads(response.body)
    return response.status, answer["code"], answer["data"] or {}


async def ended(play: Play, path: str, task: object) -> dict[str, object]:
    for _ in range(200):
        _, _, data = await asked(play, f"{path}?taskId={task}")
        if data.get("state") == "success" or data.get("status") == "SUCCESS" or data.get("successFlag") == 1:
            return data
        await asyncio.sleep(0.01)
    raise AssertionError("no end")


GOOD: Final[Mapping[str, Answer]] = {
    "flux-2/flex-image-to-image": {"aspect_ratio": "1:1", "resolution": "2K", "input_urls": [PICTURE]},
    "grok-imagine/text-to-image": {},
    "seedream/4.5-edit": {"aspect_ratio": "1:1", "quality": "high", "image_urls": [PICTURE]},
    "google/imagen4": {"seed": "7"},
    "ideogram/v3-remix": {"image_url": PICTURE, "rendering_speed": "TURBO"},
    "grok-imagine/text-to-video": {"duration": 6},
    "bytedance/seedance-1.5-pro": {"aspect_ratio": "16:9", "duration": 8, "generate_audio": True},
    "wan/2-6-text-to-video": {"resolution": "720p"},
}
COSTS: Final = {
    "flux-2/flex-image-to-image": 120_000,
    "grok-imagine/text-to-image": 20_000,
    "seedream/4.5-edit": 32_500,
    "google/imagen4": 40_000,
    "ideogram/v3-remix": 17_500,
    "grok-imagine/text-to-video": 72_000,
    "bytedance/seedance-1.5-pro": 280_000,
    "wan/2-6-text-to-video": 350_000,
}


@pytest.mark.parametrize("model", GOOD)
async def test_a_job_runs_to_its_end_and_tells_its_credits(model: str) -> None:
    async with playing("kie") as play:
        body = {"model": model, "input": {"prompt": "a fox", **GOOD[model]}}
        _, code, data = await asked(play, "/jobs/createTask", body)
        assert code == 200
        done = await ended(play, "/jobs/recordInfo", data["taskId"])
        seen = await play.seen()
    urls = json.loads(str(done["resultJson"]))["resultUrls"]
    assert len(urls) == MODELS[model].outputs
    assert seen.charged_micro_usd == COSTS[model] == float(str(done["creditsConsumed"])) * 5000


@pytest.mark.parametrize(
    ("model", "given"),
    [
        ("flux-2/pro-text-to-image", {"prompt": "a fox", "aspect_ratio": "1:1"}),
        ("flux-2/pro-text-to-image", {"prompt": "a fox", "aspect_ratio": "1:1", "resolution": "1K", "type": "pro"}),
        ("google/imagen4", {"prompt": "a fox", "seed": 7}),
        ("google/imagen4-fast", {"prompt": "a fox", "seed": "7"}),
        ("grok-imagine/image-to-video", {"image_urls": [PICTURE], "duration": 6}),
        ("bytedance/seedance-1.5-pro", {"prompt": "a fox", "aspect_ratio": "1:1", "duration": "8"}),
        (
            "hailuo/2-3-image-to-video-pro",
            {"prompt": "x", "image_url": PICTURE, "duration": "10", "resolution": "1080P"},
        ),
        ("elevenlabs/text-to-dialogue-v3", {"dialogue": [{"text": "Hi", "voice": "x"}], "stability": 0.3}),
        ("elevenlabs/text-to-dialogue-v3", {"dialogue": [{"text": "Hi"}]}),
        ("recraft/remove-background", {"image": "data:image/png;base64,AA=="}),
        ("no/such-model", {"prompt": "a fox"}),
    ],
)
async def test_what_the_documentation_does_not_name_is_refused(model: str, given: Answer) -> None:
    async with playing("kie") as play:
        assert (await asked(play, "/jobs/createTask", {"model": model, "input": given}))[:2] == (200, 422)
        assert (await play.seen()).submits == 0


async def test_a_librarys_name_is_turned_away_at_the_front_door() -> None:
    async with playing("kie") as play:
        assert (await asked(play, "/chat/credit", headers={}))[0] == 403
        assert (await asked(play, "/chat/credit"))[1] == 200


async def test_a_song_shows_its_first_take_before_its_end() -> None:
    async with playing("kie", seconds=0.3) as play:
        _, _, data = await asked(play, "/generate", SONG)
        seen: list[object] = []
        while "SUCCESS" not in seen:
            status = (await asked(play, f"/generate/record-info?taskId={data['taskId']}"))[2]["status"]
            seen += [status] if status not in seen else []
            await asyncio.sleep(0.01)
    assert seen == ["PENDING", "FIRST_SUCCESS", "SUCCESS"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/generate", {**SONG, "callBackUrl": None}),
        ("/generate", {**SONG, "model": "V3_5"}),
        ("/generate", {**SONG, "style": "jazz"}),
        ("/generate", {**SONG, "customMode": True, "style": "jazz"}),
        ("/generate", {**SONG, "model": "V4", "prompt": "x" * 3001}),
        ("/generate/upload-cover", SONG),
        ("/generate/extend", {"defaultParamFlag": True, "audioId": "x", "model": "V5", "callBackUrl": "playground"}),
    ],
)
async def test_songs_have_their_own_rules(path: str, body: Answer) -> None:
    async with playing("kie") as play:
        assert (await asked(play, path, body))[1] == 422


async def test_a_song_can_be_worked_on_once_it_is_there() -> None:
    async with playing("kie") as play:
        _, _, data = await asked(play, "/generate", SONG)
        cover = {"taskId": data["taskId"], "callBackUrl": "playground"}
        assert (await asked(play, "/suno/cover/generate", cover))[1] == 400
        song = await ended(play, "/generate/record-info", data["taskId"])
        takes = json.loads(json.dumps(song["response"]))["sunoData"]
        more = {"defaultParamFlag": False, "audioId": takes[1]["id"], "model": "V5", "callBackUrl": "playground"}
        assert (await asked(play, "/generate/extend", more))[1] == 200
        words = {"taskId": data["taskId"], "audioId": takes[0]["id"]}
        assert (await asked(play, "/generate/get-timestamped-lyrics", words))[1] == 200
        _, _, first = await asked(play, "/suno/cover/generate", cover)
        done = await ended(play, "/suno/cover/record-info", first["taskId"])
        assert len(json.loads(json.dumps(done["response"]))["images"]) == 2
        assert (await asked(play, "/suno/cover/generate", cover))[1:] == (400, {"taskId": first["taskId"]})
        assert (await play.seen()).charged_micro_usd == 2 * 60_000 + 2_500


async def test_an_answer_shows_one_moment_of_a_cover_that_is_done_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing("kie") as play:
        _, _, song = await asked(play, "/generate", SONG)
        await ended(play, "/generate/record-info", song["taskId"])
        _, _, cover = await asked(play, "/suno/cover/generate", {"taskId": song["taskId"], "callBackUrl": "playground"})
        monkeypatch.setattr(Errand, "stage", Mock(side_effect=("running", "done", "done")))
        _, _, told = await asked(play, f"/suno/cover/record-info?taskId={cover['taskId']}")
        assert (told["successFlag"], told["response"]) == (2, None)


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": "foxes", "customMode": False, "instrumental": True},
        {"prompt": "Oh", "style": "jazz", "customMode": True, "instrumental": False, "vocalGender": "m"},
    ],
)
async def test_our_adapter_hears_a_song_to_its_end(fields: Mapping[str, object]) -> None:
    async with playing("kie") as play:
        reply = await play.ended(await play.submit(Order("a", "V5", fields, 2)))
        assert isinstance(reply, Finished)
        assert [(await play.fetch(output)).content_type for output in reply.outputs] == ["audio/mpeg"] * 2


async def test_our_adapter_sees_a_cover_to_its_end() -> None:
    async with playing("kie") as play:
        song = await play.submit(Order("a", "V5", {"prompt": "x", "customMode": False, "instrumental": True}, 2))
        assert isinstance(song, Accepted)
        assert isinstance(await play.ended(song), Finished)
        made = Origin(song.reference.upstream_id, ())
        order = Order("b", "suno-cover", {}, 1, None, {}, "music/cover/generate", made)
        for _ in range(2):
            cover = await play.ended(await play.submit(order))
            assert isinstance(cover, Finished)
            assert (await play.fetch(cover.outputs[0])).data.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("fault", "calls", "valid"),
    [
        (None, 1, True),
        ("webhook_twice", 2, True),
        ("webhook_early", 1, True),
        ("webhook_forged", 1, False),
        ("webhook_lost", 0, True),
    ],
)
@pytest.mark.parametrize("song", [False, True])
async def test_a_call_tells_our_adapter_which_task_it_speaks_of(
    fault: FaultName | None,
    calls: int,
    valid: bool,  # noqa: FBT001 - a column
    song: bool,  # noqa: FBT001 - a column
) -> None:
    async with Loopback() as hook, playing("kie") as play:
        if fault:
            await play.arrange(fault)
        order = play.order(webhook_url=f"{hook.url}/hooks")
        if song:
            order = Order("a", "V5", {"prompt": "x", "customMode": False, "instrumental": True}, 2, order.webhook_url)
        reply = await play.submit(order)
        assert isinstance(reply, Accepted)
        assert isinstance(await play.ended(reply), Finished)
        assert await calls_made(play, calls) == calls
    assert len(hook.requests) == calls
    for request in hook.requests:
        headers, body = called(request)
        named = play.provider.read_webhook(headers, body, SIMULATED_WEBHOOK_SECRET, int(time.time()))
        assert named == (reply.reference.upstream_id if valid else None)
