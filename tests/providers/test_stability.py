"""Reading and describing Stability AI's pictures."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.catalog.check import check
from apiinone.catalog.conditions import offers_for
from apiinone.catalog.fields import file_fields, upstream_fields
from apiinone.core.exchange import File, Part, Response
from apiinone.providers.provider import Accepted, Finished, Inline, Order, Reference, Rejected, Running, Unclear
from apiinone.providers.stability import Stability
from catalog.catalogue_for_tests import BODIES, CATALOGUE, chosen, overlaid

STABILITY = Stability()
DATA = base64.b64encode(b"\x89PNG").decode()
PNG = File(b"\x89PNG", "image/png")


def answered(body: object, status: int = 200, **headers: str) -> Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, data)


def test_an_order_is_always_a_form_even_without_a_file() -> None:
    order = Order("a", "generate/sd3", {"prompt": "a fox", "model": "sd3.5-medium", "seed": 7}, 1)
    request = STABILITY.submit(order)
    assert (request.method, request.url, request.auth) == (
        "POST",
        "https://api.stability.ai/v2beta/stable-image/generate/sd3",
        "bearer",
    )
    assert request.json is None
    assert request.form == (Part("prompt", "a fox"), Part("model", "sd3.5-medium"), Part("seed", "7"))
    assert request.headers == {"Accept": "application/json"}


def test_a_picture_to_work_on_is_a_file_of_the_form() -> None:
    request = STABILITY.submit(Order("a", "upscale/fast", {"output_format": "png"}, 1, None, {"image": (PNG,)}))
    assert request.form == (Part("output_format", "png"), Part("image", PNG, "image-1.png"))


def test_a_path_stays_a_path() -> None:
    url = STABILITY.submit(Order("a", "/generate/core?x=1#y", {}, 1)).url
    assert url == "https://api.stability.ai/v2beta/stable-image/generate/core%3Fx%3D1%23y"


def test_the_published_answer_is_read() -> None:
    reply = STABILITY.read_submit(answered({"image": DATA, "finish_reason": "SUCCESS", "seed": 1234}))
    assert reply == Finished((Inline(b"\x89PNG"),))


def test_raw_bytes_are_read_too() -> None:
    assert STABILITY.read_submit(answered(b"\x89PNG", content_type="image/png")) == Finished((Inline(b"\x89PNG"),))


@pytest.mark.parametrize(
    "response",
    [
        answered({"finish_reason": "CONTENT_FILTERED", "seed": 1}),
        answered({"image": DATA, "finish_reason": "CONTENT_FILTERED"}),
        answered(b"\x89PNG", content_type="image/png", finish_reason="CONTENT_FILTERED"),
    ],
)
def test_a_filtered_picture_is_refused_although_the_status_is_200(response: Response) -> None:
    for reply in (STABILITY.read_submit(response), STABILITY.read_poll(response)):
        assert isinstance(reply, Rejected)
        assert reply.fault == "content_policy"


@pytest.mark.parametrize("status", [200, 202])
def test_a_job_is_asked_about_until_it_answers_with_the_picture(status: int) -> None:
    accepted = STABILITY.read_submit(answered({"id": "a1b2"}, status))
    assert accepted == Accepted(Reference("a1b2"), 10.0)
    question = STABILITY.poll(Reference("a1b2"))
    assert question.url == "https://api.stability.ai/v2beta/stable-image/upscale/creative/result/a1b2"
    assert question.headers == {"Accept": "application/json"}
    assert question.body_bytes_max > 40_000_000
    assert STABILITY.read_poll(answered({"id": "a1b2", "status": "in-progress"}, 202)) == Running(10.0)
    for name in ("image", "result"):
        reply = STABILITY.read_poll(answered({name: DATA, "finish_reason": "SUCCESS"}))
        assert reply == Finished((Inline(b"\x89PNG"),))


@pytest.mark.parametrize("body", [b"", b"{}", b'{"image": "%"}', b'{"image": 7}', b'{"id": "../x"}', b"[" * 100_000])
def test_an_answer_that_says_nothing_is_unclear(body: bytes) -> None:
    assert isinstance(STABILITY.read_submit(answered(body)), Unclear)
    assert isinstance(STABILITY.read_poll(answered(body)), Unclear)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_a_question_that_fails_changes_nothing(status: int) -> None:
    assert isinstance(STABILITY.read_poll(answered({"name": "not_found"}, status)), Unclear)


@pytest.mark.parametrize(
    ("status", "name", "error", "fault"),
    [
        (400, "bad_request", "aspect_ratio: must be one of", "bad_request"),
        (401, "unauthorized", "invalid key", "bad_credential"),
        (402, "payment_required", "You lack sufficient credits", "no_balance"),
        (403, "content_moderation", "Your request was flagged", "content_policy"),
        (403, "permission_denied", "not yours", "bad_credential"),
        (404, "not_found", "no such path", "provider_error"),
        (413, "payload_too_large", "too large", "bad_request"),
        (422, "unprocessable", "language", "bad_request"),
        (429, "rate_limit_exceeded", "150 requests in 10 s", "throttled"),
        (503, "overloaded", "try again later", "throttled"),
    ],
)
def test_every_refusal_is_the_fault_of_the_one_it_concerns(status: int, name: str, error: str, fault: str) -> None:
    reply = STABILITY.read_submit(answered({"id": "x", "name": name, "errors": [error]}, status))
    assert isinstance(reply, Rejected)
    assert reply.fault == fault


@pytest.mark.parametrize("status", [500, 502, 504])
def test_what_may_have_been_carried_out_is_unclear(status: int) -> None:
    assert isinstance(STABILITY.read_submit(answered({"name": "internal_error"}, status)), Unclear)


def test_no_model_of_the_product_is_made_there() -> None:
    offers = [offer for entry in CATALOGUE.entries for sub in entry.sub_models for offer in sub.offers]
    assert "stability" not in {offer.provider for offer in offers}


STABLE_OFFERS = """provider: stability
offers:
  - serves: [image-upscale]
    upstream_model: upscale/fast
    priority: 0
    cost_micro_usd: 20000
    cost_basis: The vendor's price list of August 2025.
    sells_below_cost: true
    send: [{field: image, form: file}]
    constants: {output_format: png}
    confidence: unconfirmed
    source: A third party's copy of the vendor's description.
"""


def test_an_operator_gives_an_offer_for_it_in_the_overlay(tmp_path: Path) -> None:
    catalogue = overlaid(tmp_path, {"offers/stable.yaml": STABLE_OFFERS})
    assert check(catalogue) == []
    choice = chosen("image-upscale", catalogue)
    body = {"model": "image-upscale", "image": "https://example.com/a.png"}
    fields = BODIES.parse(choice, body).fields
    offer = offers_for(choice.sub_model, fields)[0]
    assert (offer.provider, upstream_fields(offer, fields), file_fields(offer, fields)) == (
        "stability",
        {"output_format": "png"},
        {"image": "image"},
    )


@settings(deadline=None)
@given(st.integers(100, 599), st.binary(), st.dictionaries(st.sampled_from(["retry-after", "content-type"]), st.text()))
def test_any_answer_is_read(status: int, body: bytes, headers: dict[str, str]) -> None:
    STABILITY.read_submit(Response(status, headers, body))
    STABILITY.read_poll(Response(status, headers, body))
