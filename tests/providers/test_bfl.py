"""Reading and describing the wire contract of Black Forest Labs, and what its offers ask and cost."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.core.exchange import InHeader, Response
from apiinone.providers.bfl import BlackForestLabs
from apiinone.providers.provider import (
    Accepted,
    Finished,
    Linked,
    Order,
    Reference,
    Rejected,
    Running,
    Unclear,
)
from providers.offering import offered

BFL = BlackForestLabs()
SAMPLE = "https://delivery-eu1.bfl.ai/results/a1/sample.png?se=2026&sig=a%2Bb"


def answered(body: object, status: int = 200, **headers: str) -> Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, data)


def told(status: str, **more: object) -> Response:
    return answered({"id": "a1", "status": status, "result": None, "progress": None, **more})


@pytest.mark.parametrize(
    ("ratio", "resolution", "sides"),
    [
        ("1:1", "1K", (1024, 1024)),
        ("4:3", "1K", (1168, 880)),
        ("3:4", "1K", (880, 1168)),
        ("16:9", "1K", (1360, 768)),
        ("9:16", "1K", (768, 1360)),
        ("3:2", "1K", (1248, 832)),
        ("2:3", "1K", (832, 1248)),
        ("1:1", "2K", (2048, 2048)),
        ("16:9", "2K", (2720, 1536)),
        ("2:3", "2K", (1664, 2496)),
    ],
)
def test_a_catalogue_request_becomes_pixels_of_the_vendor_and_has_its_price(
    ratio: str, resolution: str, sides: tuple[int, int]
) -> None:
    found = offered("bfl", "flux-2", prompt="A fox", type="flex", aspect_ratio=ratio, resolution=resolution)
    assert found is not None
    order, cost = found
    request = BFL.submit(order)
    assert (request.method, request.url, request.auth) == (
        "POST",
        "https://api.bfl.ai/v1/flux-2-flex",
        InHeader("x-key"),
    )
    width, height = sides
    assert request.json == {"prompt": "A fox", "width": width, "height": height, "output_format": "png"}
    megapixels = -(-width * height // (1024 * 1024))
    assert (megapixels, cost) == ((1, 50_000) if resolution == "1K" else (4, 200_000))


def test_pro_is_offered_where_its_cost_stays_below_the_price() -> None:
    found = offered("bfl", "flux-2", prompt="A fox")
    assert found is not None
    assert (found[0].upstream_model, found[1]) == ("flux-2-pro", 30_000)
    assert offered("bfl", "flux-2", prompt="A fox", resolution="2K") is None


def test_pictures_to_start_from_are_not_offered_since_their_megapixels_cost_too() -> None:
    assert offered("bfl", "flux-2", prompt="A fox", input_urls=["https://a.example/b.png"]) is None
    assert offered("bfl", "flux-2", prompt="A fox", type="flex", input_urls=["https://a.example/b.png"]) is None


def test_an_operators_own_offer_can_send_up_to_eight_pictures() -> None:
    pictures = [f"https://a.example/{n}.png" for n in range(1, 9)]
    body = BFL.submit(Order("attempt", "flux-2-pro", {"prompt": "x", "input_images": pictures}, 1)).json
    assert body == {"prompt": "x", "input_image": pictures[0]} | {
        f"input_image_{n}": pictures[n - 1] for n in range(2, 9)
    }


@pytest.mark.parametrize(
    "fields", [{"aspect_ratio": "wide", "resolution": "1K"}, {"aspect_ratio": "1:1"}, {"width": 64}]
)
def test_sizes_that_are_not_ours_to_convert_go_as_they_are(fields: dict[str, object]) -> None:
    assert BFL.submit(Order("attempt", "flux-2-pro", fields, 1)).json == fields


def test_no_call_is_asked_for() -> None:
    request = BFL.submit(Order("attempt", "flux-2-pro", {"prompt": "x"}, 1, "https://us.example/hook"))
    assert request.json == {"prompt": "x"}
    assert BFL.webhook_secret_name is None


@pytest.mark.parametrize(
    ("cost", "micro_usd"),
    [(3, 30_000), (7.5, 75_000), (1.4, 14_000), (0, 0), (None, None), (-1, None), ("3", None), (1e300, None)],
)
def test_the_order_tells_its_cost(cost: object, micro_usd: int | None) -> None:
    url = "https://api.eu1.bfl.ai/v1/get_result?id=a1"
    reply = BFL.read_submit(answered({"id": "a1", "polling_url": url, "cost": cost, "output_mp": 1.0}))
    assert reply == Accepted(Reference("a1", url), 1.5, micro_usd)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://api.bfl.ai/v1/get_result?id=a1", True),
        ("https://gateway.bfl.ai/v1/get_result?id=a1", True),
        ("https://api.us2.bfl.ai/x", True),
        ("http://api.bfl.ai/x", False),
        ("https://bfl.ai/x", False),
        ("https://evilbfl.ai/x", False),
        ("https://api.bfl.ai.evil.example/x", False),
        ("https://evil.example/.bfl.ai", False),
        ("https://evil.example#.bfl.ai", False),
        ("https://evil.example@api.bfl.ai/x", False),
        ("https://evil.example%2F.bfl.ai/x", False),
        ("https://evil.example\\.bfl.ai/x", False),
        ("https://api.bfl.ai:8443/x", False),
        ("https://[::1]/x", False),
        ("", False),
        (7, False),
    ],
)
def test_the_address_to_ask_is_taken_on_the_vendors_hosts_only(url: object, kept: bool) -> None:  # noqa: FBT001 - a column
    reply = BFL.read_submit(answered({"id": "a1", "polling_url": url}))
    assert isinstance(reply, Accepted)
    assert reply.reference == Reference("a1", str(url) if kept else None)
    asked = BFL.poll(reply.reference)
    assert asked.url == (url if kept else "https://api.bfl.ai/v1/get_result?id=a1")
    assert asked.auth == InHeader("x-key")


def test_elsewhere_the_vendors_own_hosts_get_no_credential() -> None:
    moved = BlackForestLabs("http://127.0.0.1:9001/v1")
    assert moved.hosts == ("127.0.0.1:9001",)
    reply = moved.read_submit(answered({"id": "a1", "polling_url": "https://api.bfl.ai/v1/get_result?id=a1"}))
    assert reply == Accepted(Reference("a1"), 1.5)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": 7}', b'{"id": "../x"}', b'{"id": ""}', b"[" * 100_000])
def test_an_order_without_a_readable_id_is_unclear(body: bytes) -> None:
    assert isinstance(BFL.read_submit(answered(body)), Unclear)


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (400, {"detail": "width and height must be multiples of 16"}, "bad_request"),
        (401, {"detail": "Unauthorized"}, "bad_credential"),
        (402, {"detail": "Insufficient credits"}, "no_balance"),
        (403, {"detail": "Not authenticated"}, "bad_credential"),
        (
            422,
            {"detail": [{"loc": ["body", "width"], "msg": "Input should be at least 64", "type": "x"}]},
            "bad_request",
        ),
        (429, {"error": "rate_limited", "message": "slow down", "details": {}}, "throttled"),
        (500, {"detail": "oops"}, None),
        (503, {"detail": "unavailable"}, None),
    ],
)
def test_each_refusal_has_its_fault(status: int, body: object, fault: str | None) -> None:
    reply = BFL.read_submit(answered(body, status))
    if fault is None:
        assert isinstance(reply, Unclear)
    else:
        assert isinstance(reply, Rejected)
        assert reply.fault == fault


def test_a_refusal_says_when_to_come_back() -> None:
    reply = BFL.read_submit(answered({"detail": "Rate limit exceeded"}, 429, retry_after="9"))
    assert isinstance(reply, Rejected)
    assert (reply.retryable, reply.retry_after_s) == (True, 9.0)


@pytest.mark.parametrize("status", ["Pending", "Reasoning", "Generating", "Queued", "something new"])
def test_a_word_that_is_no_end_is_still_at_work(status: str) -> None:
    assert BFL.read_poll(told(status)) == Running(1.5)


def test_a_job_that_is_ready_has_its_link() -> None:
    reply = BFL.read_poll(told("Ready", result={"sample": SAMPLE, "prompt": "a fox", "seed": 42}))
    assert reply == Finished((Linked(SAMPLE),))


@pytest.mark.parametrize("result", [None, {}, {"sample": 7}, {"sample": "file:///etc/passwd"}, [SAMPLE]])
def test_a_job_that_is_ready_without_a_link_is_asked_about_again(result: object) -> None:
    assert isinstance(BFL.read_poll(told("Ready", result=result)), Unclear)


@pytest.mark.parametrize(
    ("status", "more", "fault"),
    [
        ("Request Moderated", {"details": {"Moderation Reasons": ["Safety Filter"]}}, "content_policy"),
        ("Content Moderated", {}, "content_policy"),
        ("Error", {}, "provider_error"),
        ("Error", {"details": {"error": "invalid image: cannot be decoded"}}, "bad_request"),
        ("Error", {"result": {"error": "unauthorized"}}, "provider_error"),
    ],
)
def test_each_bad_end_has_its_fault(status: str, more: dict[str, object], fault: str) -> None:
    reply = BFL.read_poll(told(status, **more))
    assert isinstance(reply, Rejected)
    assert reply.fault == fault


def test_a_job_that_the_vendor_does_not_find_is_no_end() -> None:
    assert isinstance(BFL.read_poll(told("Task not found")), Unclear)
    assert isinstance(BFL.read_poll(answered({"id": "a1", "status": "Task not found"}, 404)), Unclear)


@settings(deadline=None)
@given(st.integers(100, 599), st.binary() | st.sampled_from([b"{}", b'{"status": "Ready", "result": {"sample": 1}}']))
def test_any_answer_is_read(status: int, body: bytes) -> None:
    BFL.read_submit(Response(status, {}, body))
    BFL.read_poll(Response(status, {}, body))
