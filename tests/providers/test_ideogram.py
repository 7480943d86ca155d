"""Reading and describing Ideogram's wire contract, and what its offers ask and cost."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.core.exchange import File, InHeader, Part, Response
from apiinone.providers.ideogram import Ideogram
from apiinone.providers.provider import Finished, Linked, Order, Reference, Rejected, Unclear
from providers.offering import files_of, offered

IDEOGRAM = Ideogram()
LINK = "https://ideogram.ai/api/images/ephemeral/xtdZ.png?exp=1743867804&sig=e13e"
IMAGE = "https://a.example/b.png"
PNG, JPEG = File(b"\x89PNG", "image/png"), File(b"\xff\xd8\xff", "image/jpeg")


def answered(body: object, status: int = 200, **headers: str) -> Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, data)


def images(*several: dict[str, object]) -> Response:
    return answered({"created": "2026-11-01T10:00:00Z", "data": [{"prompt": "x", "seed": 7, **one} for one in several]})


@pytest.mark.parametrize(
    ("tier", "speed", "cost"),
    [("turbo", "TURBO", 30_000), ("balanced", "BALANCED", 60_000), ("quality", "QUALITY", 90_000)],
)
def test_each_tier_of_version_3_has_its_speed_and_its_cost(tier: str, speed: str, cost: int) -> None:
    model = f"ideogram-v3-{tier}"
    found = offered("ideogram", model, prompt="A fox", aspect_ratio="16:9", style="Design")
    assert found is not None
    request = IDEOGRAM.submit(found[0])
    assert (request.method, request.url) == ("POST", "https://api.ideogram.ai/v1/ideogram-v3/generate")
    assert (request.auth, request.form) == (InHeader("Api-Key"), ())
    assert request.json == {
        "prompt": "A fox",
        "aspect_ratio": "16x9",
        "style_type": "DESIGN",
        "rendering_speed": speed,
    }
    assert found[1] == cost
    remixed = offered("ideogram", model, prompt="A fox", image=IMAGE)
    assert remixed is not None
    assert (remixed[0].upstream_model, remixed[1]) == ("ideogram-v3/remix", cost)
    assert remixed[0].fields["rendering_speed"] == speed


def test_pictures_travel_as_files_under_the_vendors_names() -> None:
    assert files_of("ideogram", "ideogram-v3-turbo", prompt="A fox", reference_images=[IMAGE, IMAGE]) == {
        "reference_images": "style_reference_images"
    }
    assert files_of("ideogram", "ideogram-v3-turbo", prompt="A fox", image=IMAGE) == {"image": "image"}


def test_files_make_the_order_a_form_with_a_part_for_each() -> None:
    found = offered("ideogram", "ideogram-v3-turbo", prompt="A fox", image=IMAGE, reference_images=[IMAGE, IMAGE])
    assert found is not None
    files = {"image": (PNG,), "style_reference_images": (PNG, JPEG)}
    request = IDEOGRAM.submit(msgspec.structs.replace(found[0], files=files))
    assert (request.url, request.json) == ("https://api.ideogram.ai/v1/ideogram-v3/remix", None)
    assert request.form == (
        Part("prompt", "A fox"),
        Part("aspect_ratio", "1x1"),
        Part("style_type", "AUTO"),
        Part("rendering_speed", "TURBO"),
        Part("image", PNG, "image-1.png"),
        Part("style_reference_images", PNG, "style_reference_images-1.png"),
        Part("style_reference_images", JPEG, "style_reference_images-2.jpeg"),
    )


def test_a_mask_is_not_offered_since_its_colours_mean_the_opposite_here() -> None:
    assert offered("ideogram", "ideogram-v3-turbo", prompt="A fox", image=IMAGE, mask_image=IMAGE) is None


@pytest.mark.parametrize(
    ("size", "resolution"),
    [
        ("1:1", "2048x2048"),
        ("16:9", "2560x1440"),
        ("9:16", "1440x2560"),
        ("3:4", "1728x2304"),
        ("4:3", "2304x1728"),
        ("3:2", "2496x1664"),
        ("2:3", "1664x2496"),
        ("9:21", "1280x3072"),
        ("21:9", "3072x1280"),
    ],
)
def test_version_4_takes_pixels_of_its_own_list(size: str, resolution: str) -> None:
    found = offered("ideogram", "ideogram-v4", prompt="A fox", size=size)
    assert found is not None
    request = IDEOGRAM.submit(found[0])
    assert request.url == "https://api.ideogram.ai/v1/ideogram-v4/generate"
    assert request.json == {"text_prompt": "A fox", "resolution": resolution, "rendering_speed": "DEFAULT"}
    width, _, height = resolution.partition("x")
    wide, _, high = size.partition(":")
    assert int(width) / int(height) == pytest.approx(int(wide) / int(high), rel=0.03)


@pytest.mark.parametrize(
    ("speed", "word", "cost"),
    [("TURBO", "TURBO", 30_000), ("BALANCED", "DEFAULT", 60_000), ("QUALITY", "QUALITY", 100_000)],
)
def test_each_speed_of_version_4_has_its_word_and_its_cost(speed: str, word: str, cost: int) -> None:
    found = offered("ideogram", "ideogram-v4", prompt="A fox", rendering_speed=speed)
    assert found is not None
    assert (found[0].fields["rendering_speed"], found[1]) == (word, cost)


def test_another_format_than_the_vendors_own_is_not_offered() -> None:
    assert offered("ideogram", "ideogram-v4", prompt="A fox", output_format="webp") is None


def test_images_come_as_links() -> None:
    response = images({"url": LINK, "is_image_safe": True}, {"url": f"{LINK}2", "is_image_safe": True})
    assert IDEOGRAM.read_submit(response) == Finished((Linked(LINK), Linked(f"{LINK}2")))


def test_an_unsafe_image_is_not_delivered_and_alone_it_is_a_refusal() -> None:
    unsafe: dict[str, object] = {"url": None, "is_image_safe": False}
    assert IDEOGRAM.read_submit(images(unsafe, {"url": LINK, "is_image_safe": True})) == Finished((Linked(LINK),))
    reply = IDEOGRAM.read_submit(images({"is_image_safe": False}, unsafe))
    assert isinstance(reply, Rejected)
    assert (reply.fault, reply.retryable) == ("content_policy", False)


UNREADABLE: list[object] = [
    b"",
    b"[]",
    b"{}",
    {"data": []},
    {"data": [{}]},
    {"data": [{"is_image_safe": True}]},
    {"data": [{"is_image_safe": True, "url": ""}]},
    {"data": [{"is_image_safe": True, "url": LINK}, {"is_image_safe": True, "url": "file:///x"}]},
    {"data": [{"is_image_safe": "yes", "url": LINK}]},
    {"error": "something"},
]


@pytest.mark.parametrize("body", UNREADABLE)
def test_a_good_answer_that_cannot_be_read_is_unclear(body: object) -> None:
    assert isinstance(IDEOGRAM.read_submit(answered(body)), Unclear)


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (400, {"error": "Invalid input provided."}, "bad_request"),
        (401, {"error": "Not authorized"}, "bad_credential"),
        (402, {"error": "x", "reject_reason": "insufficient_funds"}, "no_balance"),
        (402, {"error": "x", "reject_reason": "subscription_required"}, "no_balance"),
        (402, {"error": "x", "reject_reason": "daily_limit"}, "no_balance"),
        (403, {"error": "Not authorized to generate an image."}, "bad_credential"),
        (
            422,
            {"error": "Prompt provided failed safety check due to the inclusion of prohibited content."},
            "content_policy",
        ),
        (422, {"error": "no"}, "content_policy"),
        (422, {"error": "prompt is too long"}, "bad_request"),
        (429, {"error": "x", "reject_reason": "inflight_limit", "max_inflight_requests": 10}, "throttled"),
        (500, {"error": "x"}, None),
        (503, {"error": "x"}, None),
        (504, {"error": "x"}, None),
    ],
)
def test_each_refusal_has_its_fault(status: int, body: object, fault: str | None) -> None:
    reply = IDEOGRAM.read_submit(answered(body, status))
    if fault is None:
        assert isinstance(reply, Unclear)
    else:
        assert isinstance(reply, Rejected)
        assert reply.fault == fault


def test_there_is_nothing_to_ask_about_or_to_cancel() -> None:
    assert isinstance(IDEOGRAM.read_poll(answered({})), Unclear)
    assert IDEOGRAM.poll(Reference("a")).auth == "none"
    assert IDEOGRAM.cancel(Reference("a")) is None
    assert IDEOGRAM.submit(Order("a", "ideogram-v4/generate", {}, 1, "https://us.example")).json == {}


@settings(deadline=None)
@given(st.integers(100, 599), st.binary())
def test_any_answer_is_read(status: int, body: bytes) -> None:
    IDEOGRAM.read_submit(Response(status, {}, body))
