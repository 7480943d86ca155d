"""The simulated Kling, driven by a client written from the contract: signed tokens, routes, states, refusals."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, cast
from unittest.mock import Mock

import aiohttp
import pytest

from apiinone.core.secret import Secret
from apiinone.providers.provider import Finished, Order
from apiinone.simulators import serving
from apiinone.simulators.errands import Errand
from apiinone.simulators.kling import ACCESS_KEY
from apiinone.simulators.options import SIMULATED_KEY, Options
from providers.playing import playing

WORDS, STILL, IMAGE = "/v1/videos/text2video", "/v1/videos/image2video", "/v1/images/omni-image"
FILM: dict[str, object] = {"model_name": "kling-v3", "prompt": "a hill"}


def token(key: str = ACCESS_KEY, secret: str = SIMULATED_KEY, *, age_s: int = 0) -> str:
    """By hand, from the vendor's page, not by our code."""
    now_s = int(time.time()) - age_s
    parts = ({"alg": "HS256", "typ": "JWT"}, {"iss": key, "exp": now_s + 1800, "nbf": now_s - 5})
    head, claims = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    digest = hmac.new(secret.encode(), head + b"." + claims, hashlib.sha256).digest()
    return b".".join((head, claims, base64.urlsafe_b64encode(digest).rstrip(b"="))).decode()


@pytest.fixture
async def client() -> AsyncGenerator[aiohttp.ClientSession]:
    async with (
        serving("kling", Options(seconds=0.5, fast=True)) as root,
        aiohttp.ClientSession(root) as opened,
    ):
        yield opened


async def asked(
    client: aiohttp.ClientSession, path: str, body: Mapping[str, object] | None = None, *, shown: str = ""
) -> dict[str, Any]:
    method, headers = ("GET" if body is None else "POST"), {"authorization": f"Bearer {shown or token()}"}
    async with client.request(method, path, json=body, headers=headers) as answer:
        return {"http": answer.status, **cast("dict[str, Any]", await answer.json())}


@pytest.mark.parametrize(
    ("path", "body", "kind", "units"),
    [
        (WORDS, {**FILM, "mode": "pro", "sound": "on", "duration": "10"}, "videos", "12"),
        (STILL, {**FILM, "image": "AA=="}, "videos", "3"),
        (IMAGE, {"prompt": "a hill", "n": 2}, "images", "16"),
        (
            IMAGE,
            {"model_name": "kling-v3-omni", "prompt": "a hill", "result_type": "series", "series_amount": 3},
            "series_images",
            "24",
        ),
    ],
)
async def test_a_task_is_submitted_then_processed_then_done(
    client: aiohttp.ClientSession, path: str, body: dict[str, object], kind: str, units: str
) -> None:
    begun = await asked(client, path, {**body, "external_task_id": "mine"})
    assert (begun["http"], begun["code"], begun["data"]["task_status"]) == (200, 0, "submitted")
    assert begun["data"]["task_info"] == {"external_task_id": "mine"}
    states: list[str] = []
    done: dict[str, Any] = {}
    while "succeed" not in states:
        done = (await asked(client, f"{path}/{begun['data']['task_id']}"))["data"]
        states += [done["task_status"]] if done["task_status"] not in states else []
    assert states[-2:] == ["processing", "succeed"]
    assert done["final_unit_deduction"] == units
    links = [str(one["url"]) for one in cast("list[dict[str, Any]]", done["task_result"][kind])]
    assert len(links) == (1 if kind == "videos" else int(units) // 8)
    async with client.get(links[0]) as file:
        assert file.status == 200


async def test_an_answer_shows_one_moment_of_a_task_that_ends_meanwhile(
    client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = (await asked(client, WORDS, FILM))["data"]["task_id"]
    monkeypatch.setattr(Errand, "stage", Mock(side_effect=("running", "done")))
    told = (await asked(client, f"{WORDS}/{task}"))["data"]
    assert (told["task_status"], "task_result" in told) == ("processing", False)


async def test_a_task_is_known_on_the_route_that_took_it_alone(client: aiohttp.ClientSession) -> None:
    task = (await asked(client, WORDS, FILM))["data"]["task_id"]
    told = await asked(client, f"{STILL}/{task}")
    assert (told["http"], told["code"]) == (404, 1203)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (WORDS, {}),
        (WORDS, {"model_name": "kling-v3"}),
        (WORDS, {**FILM, "duration": 5}),
        (WORDS, {**FILM, "duration": "16"}),
        (WORDS, {**FILM, "sound": True}),
        (WORDS, {**FILM, "model_name": "kling-v9"}),
        (WORDS, {**FILM, "image": "AA=="}),
        (WORDS, {**FILM, "odd": 1}),
        (STILL, FILM),
        (STILL, {**FILM, "image": "data:image/png;base64,AA=="}),
        (STILL, {**FILM, "image": "AA==", "aspect_ratio": "1:1"}),
        (
            WORDS,
            {
                "model_name": "kling-v3",
                "multi_shot": True,
                "shot_type": "customize",
                "multi_prompt": [{"index": 1, "prompt": "x", "duration": "4"}],
            },
        ),
        (IMAGE, {"prompt": ""}),
        (IMAGE, {"prompt": "x", "n": 10}),
        (IMAGE, {"prompt": "x", "image_list": ["AA=="]}),
        (IMAGE, {"prompt": "x", "result_type": "series"}),
    ],
)
async def test_what_the_vendor_does_not_take_is_refused(
    client: aiohttp.ClientSession, path: str, body: dict[str, object]
) -> None:
    refusal = await asked(client, path, body)
    assert (refusal["http"], refusal["code"]) == (400, 1201)


@pytest.mark.parametrize(
    "shown",
    [
        lambda: token("other"),
        lambda: token(secret="other"),
        lambda: token(age_s=1801),
        lambda: token(age_s=-60),
        lambda: "wrong",
        lambda: "a.b.c",
    ],
)
async def test_a_token_that_does_not_hold_is_refused(client: aiohttp.ClientSession, shown: Callable[[], str]) -> None:
    refusal = await asked(client, WORDS, FILM, shown=shown())
    assert (refusal["http"], refusal["code"]) == (401, 1002)


async def test_our_sender_signs_with_both_parts_of_a_pair() -> None:
    pair = Secret(f"{ACCESS_KEY}:{SIMULATED_KEY}")
    async with playing("kling") as play:
        reply = await play.ended(await play.submit(key=pair))
    assert isinstance(reply, Finished)
    assert reply.cost_micro_usd == 630_000


async def test_several_pictures_are_several_outputs() -> None:
    order = Order("attempt", "images/omni-image/kling-image-o1", {"prompt": "a hill", "n": 3}, 3)
    async with playing("kling") as play:
        reply = await play.ended(await play.submit(order))
        seen = await play.seen()
    assert isinstance(reply, Finished)
    assert (len(reply.outputs), reply.cost_micro_usd, seen.charged_micro_usd) == (3, 84_000, 84_000)
