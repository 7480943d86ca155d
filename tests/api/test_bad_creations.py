"""On every create route bad input is a 4xx that names the field, with nothing held."""

import pytest

from api.create_bodies import bodies_for
from api.served_api import BODY, Api
from apiinone.catalog.endpoints import ENDPOINTS, PAID_ROUTES

MUSIC = "/api/v1/audio/music"
TOOLS = "/api/v1/images/tools"
VIDEOS = "/api/v1/videos/generations"
SPEECH = "/api/v1/audio/speech"
EXTEND = f"{MUSIC}/extend"
UPLOAD = f"{MUSIC}/upload-cover/generate"
LYRICS = f"{MUSIC}/timestamped-lyrics"
CHAT = "/api/v1/chat/completions"
PICTURE = "https://example.com/a.png"
CLIP = {"model": "kling-3", "prompt": "x"}
LATER = {"model": "wan-2-6", "prompt": "x"}
SUNO = {"model": "suno", "prompt": "x"}
MINIMAX = {"model": "minimax-music", "prompt": "x"}
LINE = {"text": "Hi"}
SPOKEN = {"model": "elevenlabs-v3", "dialogue": [LINE]}
SWAP = {"model": "face-swap", "image": PICTURE, "face_image": PICTURE}
FURTHER_SONG = {"origin_task_id": "n35abc_suno", "extend_audio_index": 0}

ROWS: list[tuple[str, object, str]] = [
    # between fields
    (VIDEOS, {"model": "kling-3"}, "/prompt"),
    (VIDEOS, {"model": "kling-3", "multi_shots": True}, "/multi_prompt"),
    (VIDEOS, {**CLIP, "multi_prompt": [{"prompt": "x", "duration": 1}]}, "/multi_prompt"),
    (VIDEOS, {"model": "grok-imagine/image-to-video"}, "/image_urls"),
    (VIDEOS, {"model": "grok-video", "prompt": "x", "image_urls": [PICTURE]}, "/image_urls"),
    (VIDEOS, {"model": "hailuo-2-3", "prompt": "x"}, "/image"),
    (
        VIDEOS,
        {"model": "hailuo-2-3", "prompt": "x", "image": PICTURE, "duration": "10", "resolution": "1080P"},
        "/duration",
    ),
    (VIDEOS, {"model": "wan/2-6-video-to-video", "prompt": "x"}, "/video_urls"),
    (VIDEOS, {**LATER, "image": PICTURE}, "/image"),
    (MUSIC, {"model": "suno"}, "/prompt"),
    (MUSIC, {"model": "minimax-music"}, "/prompt"),
    (EXTEND, {**FURTHER_SONG, "custom_mode": True}, "/prompt"),
    (UPLOAD, {"audio_id": PICTURE, "custom_mode": True}, "/prompt"),
    # values
    (VIDEOS, {**CLIP, "duration": 2}, "/duration"),
    (VIDEOS, {**CLIP, "duration": 16}, "/duration"),
    (VIDEOS, {**CLIP, "duration": 5.5}, "/duration"),
    (VIDEOS, {**CLIP, "duration": "5"}, "/duration"),
    (VIDEOS, {**CLIP, "sound": "yes"}, "/sound"),
    (VIDEOS, {**CLIP, "aspect_ratio": "2:1"}, "/aspect_ratio"),
    (VIDEOS, {**CLIP, "prompt": "x" * 2_501}, "/prompt"),
    (VIDEOS, {**CLIP, "image": "http://example.com/a.png"}, "/image"),
    (VIDEOS, {**CLIP, "image": "data:text/html;base64,AAAA"}, "/image"),
    (VIDEOS, {**CLIP, "multi_shots": True, "multi_prompt": [{"prompt": "x"}]}, "/multi_prompt/0/duration"),
    (VIDEOS, {**CLIP, "kling_elements": [{"name": "a", "colour": "b"}]}, "/kling_elements/0/colour"),
    (VIDEOS, {**LATER, "duration": 5}, "/duration"),
    (VIDEOS, {"model": "wan/2-6-video-to-video", "prompt": "x", "video_urls": [PICTURE] * 4}, "/video_urls"),
    (MUSIC, {**SUNO, "style_weight": 1.1}, "/style_weight"),
    (MUSIC, {**SUNO, "gender": "robot"}, "/gender"),
    (MUSIC, {**MINIMAX, "bitrate": 1}, "/bitrate"),
    (MUSIC, {**MINIMAX, "sample_rate": "44100"}, "/sample_rate"),
    (SPEECH, {"model": "elevenlabs-v3"}, "/dialogue"),
    (SPEECH, {**SPOKEN, "dialogue": []}, "/dialogue"),
    (SPEECH, {**SPOKEN, "dialogue": "Hi"}, "/dialogue"),
    (SPEECH, {**SPOKEN, "dialogue": [{"text": ""}]}, "/dialogue/0/text"),
    (SPEECH, {**SPOKEN, "dialogue": [LINE, {"voice": "x"}]}, "/dialogue/1/text"),
    (SPEECH, {**SPOKEN, "dialogue": [LINE] * 101}, "/dialogue"),
    (SPEECH, {**SPOKEN, "stability": -0.1}, "/stability"),
    (f"{TOOLS}/remove-bg", {"model": "bg-remover"}, "/image"),
    (f"{TOOLS}/remove-bg", {"model": "bg-remover", "image": "a.png"}, "/image"),
    (f"{TOOLS}/face-swap", {"model": "face-swap", "image": PICTURE}, "/face_image"),
    (f"{TOOLS}/face-swap", {**SWAP, "target_index": 11}, "/target_index"),
    (f"{TOOLS}/face-swap", {**SWAP, "output_format": "gif"}, "/output_format"),
    (f"{TOOLS}/upscale", {"model": "image-upscale", "image": [PICTURE]}, "/image"),
    (f"{TOOLS}/vectorize", {"model": "vectorize", "image": None}, "/image"),
    (EXTEND, {"origin_task_id": "n35abc_suno"}, "/extend_audio_index"),
    (EXTEND, {"extend_audio_index": 0}, "/origin_task_id"),
    (EXTEND, {**FURTHER_SONG, "extend_audio_index": 2}, "/extend_audio_index"),
    (EXTEND, {**FURTHER_SONG, "origin_task_id": "a b"}, "/origin_task_id"),
    (EXTEND, {**FURTHER_SONG, "extensionStartTime": 481}, "/extensionStartTime"),
    (EXTEND, {**FURTHER_SONG, "extensionStartTime": 0}, "/extensionStartTime"),
    (EXTEND, {**FURTHER_SONG, "make_instrumental": True}, "/make_instrumental"),
    (UPLOAD, {"audio_id": ""}, "/audio_id"),
    (LYRICS, {"audio_id": "n35abc_suno-0"}, "/task_id"),
    (LYRICS, {"task_id": "n35abc_suno"}, "/audio_id"),
    (LYRICS, {"task_id": "n35abc_suno", "audio_id": "n35abc_suno-0", "callback_url": "https://a.b/"}, "/callback_url"),
    (CHAT, {"model": "gemini"}, "/messages"),
    (CHAT, {"model": "gemini", "messages": [{"role": "user", "content": "Hi"}], "n": 2}, "/n"),
    (UPLOAD, {"audio_id": f"https://example.com/{'a' * 2048}"}, "/audio_id"),
    (f"{MUSIC}/cover/generate", {}, "/task_id"),
    # models of elsewhere
    (EXTEND, {**FURTHER_SONG, "model": "minimax-music"}, "/model"),
    (EXTEND, {**FURTHER_SONG, "model": "kling-3"}, "/model"),
    (EXTEND, {**FURTHER_SONG, "model": "chirp-v9"}, "/model"),
    (EXTEND, {**FURTHER_SONG, "model": None}, "/model"),
    (VIDEOS, {"model": "recraft-v4", "prompt": "x"}, "/model"),
    (f"{TOOLS}/upscale", {"model": "grok-imagine/upscale", "task_id": "n31abc_grok"}, "/model"),
]


async def test_a_bad_creation_is_refused_by_the_name_of_the_field_and_holds_nothing(idle_api: Api) -> None:
    tenant = await idle_api.tenant()
    for path, body, param in ROWS:
        got = await idle_api.ask("POST", path, key=tenant.key, body=body)
        assert got.refused == (400, "bad_request", param), (path, body, got.body[:300])
    assert {path for path, *_ in ROWS} >= {made_by.path for made_by in PAID_ROUTES if made_by.endpoint_name != "images"}
    await _assert_nothing_happened(idle_api, tenant.key)


@pytest.mark.slow
async def test_every_create_route_refuses_what_it_does_not_know_and_what_no_route_takes(small_api: Api) -> None:
    tenant = await small_api.tenant()
    for made_by in PAID_ROUTES:
        body = bodies_for(made_by, small_api.app.catalogue, song="n35abc_suno")[0]
        for name, value in (
            ("unheard_of", 1),
            ("metadata", {"a": 1}),
            ("deadline_s", 0),
            ("result_ttl_s", "long"),
            ("max_credits", -1),
            ("quote_id", "?"),
            ("model", "unheard-of"),
            ("model", ["recraft-v4"]),
            ("callback_url", "ftp://example.com"),
        ):
            got = await small_api.ask("POST", made_by.path, key=tenant.key, body={**body, name: value})
            assert (got.status, got.error["param"].partition("/a")[0]) == (400, f"/{name}"), (made_by.path, name)
        for data in (b"", b"[]", b"{", b'{"model":"\xff"}'):
            assert (await small_api.ask("POST", made_by.path, key=tenant.key, data=data)).status == 400
        got = await small_api.ask("GET", made_by.path, key=tenant.key)
        assert got.refused == (405, "method_not_allowed", None)
    await _assert_nothing_happened(small_api, tenant.key)


async def test_a_model_may_be_left_out_only_where_the_route_knows_which(idle_api: Api) -> None:
    tenant = await idle_api.tenant()
    for made_by in PAID_ROUTES:
        body = dict(bodies_for(made_by, idle_api.app.catalogue, song="n35abc_suno")[0])
        if made_by.endpoint_name == "images":
            body = {**BODY}
        named = body.pop("model", None)
        got = await idle_api.ask("POST", made_by.path, key=tenant.key, body=body)
        if made_by.endpoint_name == "images":
            assert got.status == 200
        elif named is None:
            assert got.status in (200, 404)
        else:
            assert got.refused == (400, "bad_request", "/model"), made_by.path
            assert "'model' is required" in got.error["message"]


@pytest.mark.slow
async def test_a_model_of_another_endpoint_is_none_on_any_route(small_api: Api) -> None:
    tenant = await small_api.tenant()
    for made_by in PAID_ROUTES:
        for endpoint in ENDPOINTS:
            if endpoint.name != made_by.endpoint_name:
                example = small_api.app.catalogue.on(endpoint.name)[0].example
                got = await small_api.ask("POST", made_by.path, key=tenant.key, body=example)
                assert got.refused == (400, "bad_request", "/model"), (made_by.path, endpoint.name)
    await _assert_nothing_happened(small_api, tenant.key)


async def _assert_nothing_happened(api: Api, key: str) -> None:
    assert (await api.get("/api/v1/credits", key)).data["held"] == 0
    assert (await api.get("/api/v1/tasks", key)).data == []
    await api.assert_sound()
