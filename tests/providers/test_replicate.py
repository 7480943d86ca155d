"""Replicate: what the vendor's published answers mean to us, and what it is asked for a request of our catalogue."""

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.catalog.conditions import offers_for
from apiinone.catalog.costs import cost_of
from apiinone.catalog.fields import upstream_fields
from apiinone.core.exchange import Response
from apiinone.providers.provider import (
    Accepted,
    Canceled,
    Finished,
    Linked,
    Order,
    Reference,
    Rejected,
    Running,
    Unclear,
)
from apiinone.providers.replicate import BASE_URL, Replicate
from catalog.catalogue_for_tests import chosen, parsed
from providers.any_json import any_json

REPLICATE = Replicate()
FILE, OTHER = "https://replicate.delivery/xezq/a/out-0.webp", "https://example.com/b.png"
GET = f"{BASE_URL}/predictions/gm3"
PICTURE = "https://example.com/in.png"


def answered(body: object, status: int = 200, **headers: str) -> Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, data)


def told(status: str, **more: object) -> Response:
    return answered({"id": "gm3", "status": status, "output": None, "error": None, "urls": {"get": GET}, **more})


def test_an_official_model_has_a_route_of_its_own() -> None:
    request = REPLICATE.submit(Order("a", "bytedance/seedream-4.5", {"prompt": "a fox"}, 1, "https://us.example/hook"))
    assert request.url == f"{BASE_URL}/models/bytedance/seedream-4.5/predictions"
    assert request.json == {
        "input": {"prompt": "a fox"},
        "webhook": "https://us.example/hook",
        "webhook_events_filter": ["completed"],
    }


def test_another_model_is_named_by_its_version() -> None:
    request = REPLICATE.submit(Order("a", "someone/thing:5c7d", {"prompt": "a fox"}, 1))
    assert (request.url, request.json) == (
        f"{BASE_URL}/predictions",
        {"input": {"prompt": "a fox"}, "version": "someone/thing:5c7d"},
    )


@pytest.mark.parametrize("status", [200, 201, 202, 500])
def test_an_id_means_that_the_job_exists_whatever_the_status(status: int) -> None:
    body = {"id": "gm3", "status": "starting", "urls": {"get": GET}}
    assert REPLICATE.read_submit(answered(body, status)) == Accepted(Reference("gm3", GET), 1.0)


@pytest.mark.parametrize(
    "urls", [{"get": "https://evil.example/x"}, {"get": "http://api.replicate.com/v1/x"}, {}, None, 7]
)
def test_an_address_elsewhere_is_not_asked(urls: object) -> None:
    reply = REPLICATE.read_submit(told("starting", urls=urls))
    assert reply == Accepted(Reference("gm3"), 1.0)
    assert REPLICATE.poll(Reference("gm3")).url == GET


def test_a_job_is_stopped_at_its_own_address() -> None:
    for reference in (Reference("gm3"), Reference("gm3", GET)):
        request = REPLICATE.cancel(reference)
        assert (request.method, request.url) == ("POST", f"{GET}/cancel")


@pytest.mark.parametrize("status", ["starting", "processing", "a new word"])
def test_a_job_at_work_is_running(status: str) -> None:
    assert REPLICATE.read_poll(told(status)) == Running(1.0)


@pytest.mark.parametrize("output", [FILE, [FILE], {"image": FILE, "seed": 7, "note": "text"}])
def test_a_file_of_the_vendor_is_fetched_with_our_credential(output: object) -> None:
    done = told("succeeded", output=output)
    assert REPLICATE.read_poll(done) == Finished((Linked(FILE, authorized=True),))
    assert REPLICATE.read_submit(done) == REPLICATE.read_poll(done)


@pytest.mark.parametrize(
    "url",
    [
        OTHER,
        "https://replicate.delivery.evil.example/a",
        "https://evil.example/replicate.delivery",
        "http://replicate.delivery/a.png",
    ],
)
def test_a_file_elsewhere_is_fetched_without_it(url: str) -> None:
    assert REPLICATE.read_poll(told("succeeded", output=[url])) == Finished((Linked(url),))


def test_a_file_that_was_deleted_is_unavailable_and_not_made_again() -> None:
    reply = REPLICATE.read_poll(told("succeeded", data_removed=True))
    assert isinstance(reply, Rejected)
    assert (reply.fault, reply.retryable) == ("output_unavailable", False)


@pytest.mark.parametrize("output", ["text", [], [7], {}, [FILE, "text"], 7, True])
def test_an_output_that_cannot_be_read_is_asked_about_again(output: object) -> None:
    done = told("succeeded", output=output)
    assert isinstance(REPLICATE.read_poll(done), Unclear)
    assert isinstance(REPLICATE.read_submit(done), Accepted)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ("The input or output was flagged as sensitive. (E005)", "content_policy"),
        ("Prediction failed: invalid image", "bad_request"),
        ("CUDA out of memory (E1001)", "provider_error"),
        (None, "provider_error"),
        ({"odd": 1}, "provider_error"),
    ],
)
def test_a_failed_job_is_named_by_its_words(error: object, fault: str) -> None:
    reply = REPLICATE.read_poll(told("failed", error=error))
    assert isinstance(reply, Rejected)
    assert reply.fault == fault


def test_a_stopped_job_is_canceled_and_one_that_never_began_is_refused() -> None:
    assert REPLICATE.read_poll(told("canceled")) == Canceled()
    for reply in (REPLICATE.read_poll(told("aborted")), REPLICATE.read_submit(told("canceled"))):
        assert isinstance(reply, Rejected)
        assert (reply.fault, reply.retryable) == ("provider_error", True)


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (
            401,
            {"title": "Unauthenticated", "detail": "You did not pass a valid authentication token"},
            "bad_credential",
        ),
        (402, {"title": "Insufficient credit", "detail": "x"}, "no_balance"),
        (404, {"detail": "not found"}, "provider_error"),
        (422, {"title": "Input validation failed", "detail": "- input: prompt is required"}, "bad_request"),
        (429, {"detail": "Request was throttled."}, "throttled"),
        (500, {"detail": "x"}, None),
        (502, b"<html>", None),
        (201, {}, None),
        (201, {"id": "../x", "status": "succeeded"}, None),
        (200, b"", None),
    ],
)
def test_an_answer_without_an_id_is_a_refusal_or_unclear(status: int, body: object, fault: str | None) -> None:
    reply = REPLICATE.read_submit(answered(body, status))
    if fault is None:
        assert isinstance(reply, Unclear)
    else:
        assert isinstance(reply, Rejected)
        assert reply.fault == fault


@pytest.mark.parametrize(
    ("headers", "detail", "wait_s"),
    [
        ({}, "Your rate limit resets in ~30s.", 30.0),
        ({"retry_after": "9"}, "Your rate limit resets in ~30s.", 9.0),
        ({}, "Your rate limit resets in 9999s.", 3600.0),
        ({}, "Slow down.", None),
    ],
)
def test_the_time_to_wait_stands_in_a_header_or_in_the_sentence(
    headers: dict[str, str], detail: str, wait_s: float | None
) -> None:
    reply = REPLICATE.read_submit(answered({"detail": detail}, 429, **headers))
    assert isinstance(reply, Rejected)
    assert (reply.fault, reply.retry_after_s) == ("throttled", wait_s)


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Unclear), (404, Unclear), (500, Unclear), (429, Running), (503, Running)]
)
def test_a_question_that_fails_changes_nothing(status: int, kind: type[object]) -> None:
    assert isinstance(REPLICATE.read_poll(answered({"id": "gm3", "status": "failed"}, status)), kind)


KEY = b"0123456789abcdef"
SECRET, NOW_S = f"whsec_{base64.b64encode(KEY).decode()}", 1_800_000_000
BODY = json.dumps({"id": "gm3", "status": "succeeded"}).encode()


def signed(body: bytes = BODY, *, at_s: int = NOW_S, key: bytes = KEY, event: str = "msg") -> dict[str, str]:
    """By hand, from the vendor's page, not by our code."""
    digest = base64.b64encode(hmac.new(key, f"{event}.{at_s}.".encode() + body, hashlib.sha256).digest()).decode()
    return {"webhook-id": "msg", "webhook-timestamp": str(at_s), "webhook-signature": f"v1,{digest}"}


def test_a_signed_call_names_its_job() -> None:
    assert REPLICATE.read_webhook(signed(), BODY, SECRET, NOW_S) == "gm3"
    several = signed() | {"webhook-signature": f"v1,AAAA {signed()['webhook-signature']}"}
    assert REPLICATE.read_webhook(several, BODY, SECRET, NOW_S) == "gm3"


@pytest.mark.parametrize(
    ("headers", "body", "secret"),
    [
        ({}, BODY, SECRET),
        (signed(key=b"other"), BODY, SECRET),
        (signed(), BODY + b" ", SECRET),
        (signed(event="other"), BODY, SECRET),
        (signed(at_s=NOW_S - 301), BODY, SECRET),
        (signed() | {"webhook-timestamp": "9" * 99}, BODY, SECRET),
        (signed() | {"webhook-signature": "v1,\ud800"}, BODY, SECRET),
        (signed(key=b""), BODY, ""),
        (signed(key=b""), BODY, "whsec_not base64"),
        (signed(b"{}"), b"{}", SECRET),
        (signed(b'{"id": "../x"}'), b'{"id": "../x"}', SECRET),
    ],
)
def test_any_other_call_is_nothing(headers: dict[str, str], body: bytes, secret: str) -> None:
    assert REPLICATE.read_webhook(headers, body, secret, NOW_S) is None


FIELDS = ["id", "status", "output", "error", "urls", "get"]
JSON = any_json(FIELDS, words=[FILE])


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON), st.integers(100, 599), st.binary())
def test_any_answer_is_read(data: dict[str, object], status: int, body: bytes) -> None:
    for response in (
        answered(data, status),
        answered({"id": "a", "status": "succeeded", **data}),
        answered(body, status),
    ):
        REPLICATE.read_submit(response)
        REPLICATE.read_poll(response)
    REPLICATE.read_webhook(signed(body), body, SECRET, NOW_S)


def asked(name: str, fields: dict[str, object]) -> list[tuple[str, dict[str, object], int]]:
    """Replicate's offers for this body: the model, what it is sent, and what it costs."""
    read = parsed(name, **fields).fields
    found = [offer for offer in offers_for(chosen(name).sub_model, read) if offer.provider == "replicate"]
    return [
        (offer.upstream_model, upstream_fields(offer, read), cost_of(offer.cost_micro_usd, read)) for offer in found
    ]


FOX: dict[str, object] = {"prompt": "A red fox"}


@pytest.mark.parametrize(
    ("name", "fields", "model", "sent", "cost"),
    [
        (
            "flux-2",
            {},
            "black-forest-labs/flux-2-pro",
            {"aspect_ratio": "1:1", "resolution": "1 MP", "output_format": "png"},
            30_000,
        ),
        (
            "flux-2",
            {"type": "flex", "aspect_ratio": "16:9"},
            "black-forest-labs/flux-2-flex",
            {"aspect_ratio": "16:9", "resolution": "1 MP", "output_format": "png"},
            50_000,
        ),
        (
            "flux-2",
            {"type": "flex", "resolution": "2K"},
            "black-forest-labs/flux-2-flex",
            {"aspect_ratio": "1:1", "resolution": "4 MP", "output_format": "png"},
            200_000,
        ),
        ("recraft-v4", {"image_size": "1344*768"}, "recraft-ai/recraft-v4", {"size": "1344x768"}, 40_000),
        ("recraft-v4-pro-text-to-image", {}, "recraft-ai/recraft-v4-pro", {"aspect_ratio": "1:1"}, 250_000),
        (
            "ideogram-v3-balanced",
            {"style": "Design", "reference_images": [PICTURE]},
            "ideogram-ai/ideogram-v3-balanced",
            {"aspect_ratio": "1:1", "style_type": "Design", "style_reference_images": [PICTURE]},
            60_000,
        ),
        (
            "ideogram-v3-turbo",
            {},
            "ideogram-ai/ideogram-v3-turbo",
            {"aspect_ratio": "1:1", "style_type": "Auto"},
            30_000,
        ),
        (
            "ideogram-v3-quality",
            {},
            "ideogram-ai/ideogram-v3-quality",
            {"aspect_ratio": "1:1", "style_type": "Auto"},
            90_000,
        ),
        (
            "seedream/4.5-text-to-image",
            {"quality": "high"},
            "bytedance/seedream-4.5",
            {"aspect_ratio": "1:1", "size": "4K", "sequential_image_generation": "disabled"},
            40_000,
        ),
        (
            "seedream/4.5-edit",
            {"image_urls": [PICTURE]},
            "bytedance/seedream-4.5",
            {
                "aspect_ratio": "1:1",
                "size": "2K",
                "image_input": [PICTURE],
                "sequential_image_generation": "disabled",
            },
            40_000,
        ),
        (
            "hailuo/2-3-image-to-video-standard",
            {"image": PICTURE},
            "minimax/hailuo-2.3",
            {"first_frame_image": PICTURE, "duration": 6, "resolution": "768p"},
            280_000,
        ),
        (
            "kling-3",
            {},
            "kwaivgi/kling-v3-video",
            {"mode": "standard", "duration": 5, "aspect_ratio": "16:9", "generate_audio": True},
            1_260_000,
        ),
    ],
)
def test_a_request_is_written_as_the_page_of_the_model_wants_it(
    name: str, fields: dict[str, object], model: str, sent: dict[str, object], cost: int
) -> None:
    assert asked(name, {**FOX, **fields}) == [(model, {**FOX, **sent}, cost)]


@pytest.mark.parametrize(
    ("fields", "cost"),
    [
        ({"sound": False}, 840_000),
        ({"mode": "pro"}, 1_680_000),
        ({"mode": "pro", "sound": False, "duration": 10}, 2_240_000),
    ],
)
def test_a_film_costs_by_mode_sound_and_second(fields: dict[str, object], cost: int) -> None:
    assert asked("kling-3", {**FOX, **fields})[0][2] == cost


def test_tools_take_one_picture() -> None:
    assert asked("bg-remover", {"image": PICTURE}) == [
        ("recraft-ai/recraft-remove-background", {"image": PICTURE}, 10_000)
    ]
    assert asked("image-upscale", {"image": PICTURE}) == [
        ("recraft-ai/recraft-crisp-upscale", {"image": PICTURE}, 6_000)
    ]


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("flux-2", {"resolution": "2K"}),
        ("flux-2", {"input_urls": [PICTURE]}),
        ("flux-2", {"type": "flex", "resolution": "2K", "aspect_ratio": "16:9"}),
        ("ideogram-v3-turbo", {"image": PICTURE, "mask_image": PICTURE}),
        ("ideogram-v3-turbo", {"image": PICTURE}),
        ("hailuo/2-3-image-to-video-standard", {"image": PICTURE, "duration": "10"}),
        ("hailuo/2-3-image-to-video-pro", {"image": PICTURE}),
        ("kling-3", {"image": PICTURE}),
        ("kling-3", {"multi_shots": True, "multi_prompt": [{"prompt": "a", "duration": 3}]}),
        ("recraft-v4-text-to-vector", {}),
    ],
)
def test_what_the_vendor_cannot_express_is_not_offered(name: str, fields: dict[str, object]) -> None:
    assert asked(name, {**FOX, **fields}) == []
