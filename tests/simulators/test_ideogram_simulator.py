"""The simulated Ideogram, driven by a short client written from the vendor's API description."""

import json
from typing import Any

import pytest

from apiinone.core.exchange import File, InHeader, Part, Request
from providers.playing import KEY, Play, playing

PNG = File(b"\x89PNG", "image/png")


async def asked(play: Play, path: str, *form: Part, **fields: object) -> tuple[int, dict[str, Any]]:
    url = f"{play.root}/v1/{path}"
    request = Request("POST", url, auth=InHeader("Api-Key"), json=None if form else fields, form=form)
    response = await play.outbound.send(request, secret=KEY, hosts=play.provider.hosts)
    return response.status, json.loads(response.body)


async def test_an_answer_has_an_image_for_each_that_was_ordered() -> None:
    async with playing("ideogram", fast=False) as play:
        status, answer = await asked(
            play, "ideogram-v3/generate", prompt="a hill", num_images=2, aspect_ratio="1x3", rendering_speed="QUALITY"
        )
        assert (status, len(answer["data"])) == (200, 2)
        for image in answer["data"]:
            assert (image["is_image_safe"], image["resolution"]) == (True, "591x1774")
            fetched = await play.outbound.fetch(image["url"], hosts=(play.place,), bytes_max=10**7, timeout_s=5)
            assert fetched.data.startswith(b"\x89PNG")
        assert (await play.seen()).charged_micro_usd == 180_000


@pytest.mark.parametrize(
    ("path", "fields", "cost"),
    [
        ("ideogram-v3/generate", {"prompt": "x", "rendering_speed": "TURBO"}, 30_000),
        ("ideogram-v3/generate", {"prompt": "x"}, 60_000),
        ("ideogram-v4/generate", {"text_prompt": "x", "rendering_speed": "QUALITY"}, 100_000),
        ("ideogram-v4/generate", {"text_prompt": "x"}, 60_000),
    ],
)
async def test_a_charge_is_what_the_price_list_says(path: str, fields: dict[str, object], cost: int) -> None:
    async with playing("ideogram") as play:
        status, _ = await asked(play, path, **fields)
        assert (status, (await play.seen()).charged_micro_usd) == (200, cost)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("ideogram-v3/generate", {}),
        ("ideogram-v3/generate", {"prompt": ""}),
        ("ideogram-v3/generate", {"prompt": "x", "aspect_ratio": "16:9"}),
        ("ideogram-v3/generate", {"prompt": "x", "style_type": "Design"}),
        ("ideogram-v3/generate", {"prompt": "x", "num_images": 9}),
        ("ideogram-v3/generate", {"prompt": "x", "image": "https://a.example/b.png"}),
        ("ideogram-v3/remix", {"prompt": "x"}),
        ("ideogram-v4/generate", {"prompt": "x"}),
        ("ideogram-v4/generate", {"text_prompt": "x", "resolution": "1024x1024"}),
        ("ideogram-v4/generate", {"text_prompt": "x", "rendering_speed": "BALANCED"}),
    ],
)
async def test_what_the_vendor_does_not_take_is_refused(path: str, fields: dict[str, object]) -> None:
    async with playing("ideogram") as play:
        status, answer = await asked(play, path, **fields)
        assert (status, (await play.seen()).submits) == (400, 0)
    assert "error" in answer


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("ideogram-v3/remix", [Part("image", PNG), Part("image_weight", "20")], 200),
        ("ideogram-v3/generate", [Part("style_reference_images", PNG), Part("style_reference_images", PNG)], 200),
        ("ideogram-v3/generate", [Part("num_images", "2")], 200),
        ("ideogram-v3/generate", [Part("image", PNG)], 400),
        ("ideogram-v3/generate", [Part("style_reference_images[]", PNG)], 400),
        ("ideogram-v3/generate", [Part("prompt", "twice")], 400),
        ("ideogram-v3/remix", [Part("image", PNG), Part("image", PNG)], 400),
        ("ideogram-v3/remix", [Part("image", File(b"text", "text/plain"))], 400),
        ("ideogram-v3/remix", [Part("image", File(b"\x89PNG" + bytes(10 * 1024 * 1024), "image/png"))], 400),
        ("ideogram-v3/remix", [Part("image", PNG), Part("image_weight", "0")], 400),
    ],
)
async def test_a_form_is_read_strictly(path: str, form: list[Part], status: int) -> None:
    async with playing("ideogram") as play:
        found, _ = await asked(play, path, Part("prompt", "a hill"), *form)
        assert found == status
