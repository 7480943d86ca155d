"""Recraft's tools: a picture goes there with its bytes, and one picture comes back."""

import json

import pytest

from apiinone.core.exchange import File, Part, Response
from apiinone.providers.provider import Finished, Inline, Linked, Order, Rejected, Unclear
from apiinone.providers.recraft import Recraft
from apiinone.simulators.pictures import TINY_PNG
from catalog.catalogue_for_tests import CATALOGUE
from providers.playing import playing

RECRAFT = Recraft()
PICTURE = File(TINY_PNG, "image/png")
LINK = "https://img.example/a.svg"
FIELDS = {"response_format": "b64_json"}


def order(tool: str = "vectorize", file: File = PICTURE, **fields: object) -> Order:
    return Order("attempt", tool, {**FIELDS, **fields}, 1, None, {"image": (file,)})


@pytest.mark.parametrize("tool", ["vectorize", "removeBackground", "crispUpscale"])
def test_a_tool_gets_a_form_with_the_picture(tool: str) -> None:
    request = RECRAFT.submit(order(tool))
    assert (request.method, request.auth, request.json) == ("POST", "bearer", None)
    assert request.url == f"https://external.api.recraft.ai/v1/images/{tool}"
    assert request.form == (Part("response_format", "b64_json"), Part("image", PICTURE, "image-1.png"))


@pytest.mark.parametrize(
    ("image", "output"),
    [
        ({"url": "https://img.example/a.svg"}, Linked("https://img.example/a.svg")),
        ({"b64_json": "PHN2Zy8+"}, Inline(b"<svg/>")),
    ],
)
def test_the_one_picture_and_the_real_cost_are_read(image: dict[str, str], output: object) -> None:
    body = json.dumps({"created": 1, "credits": 4, "image": {"image_id": "i", **image}}).encode()
    assert RECRAFT.read_submit(Response(200, {}, body)) == Finished((output,), 4000)  # pyright: ignore[reportArgumentType]  # a column


@pytest.mark.parametrize("image", [{}, {"url": "ftp://x"}, {"b64_json": "%"}, 7, []])
def test_an_answer_without_a_readable_picture_is_unclear(image: object) -> None:
    body = json.dumps({"created": 1, "credits": 4, "image": image}).encode()
    assert isinstance(RECRAFT.read_submit(Response(200, {}, body)), Unclear)


OFFERS = {
    ("vectorize", "vectorize", 10_000),
    ("bg-remover", "removeBackground", 10_000),
    ("image-upscale", "crispUpscale", 4_000),
    ("grok-imagine/upscale", "crispUpscale", 4_000),
}


def test_each_tool_of_ours_has_the_vendors_name_and_price() -> None:
    found = {
        (sub.id, offer.upstream_model, offer.cost_micro_usd)
        for entry in CATALOGUE.entries
        for sub in entry.sub_models
        for offer in sub.offers
        if offer.provider == "recraft" and entry.id != "recraft-v4"
    }
    assert found == OFFERS


@pytest.mark.parametrize(
    ("tool", "begins"), [("vectorize", b"<svg"), ("removeBackground", b"\x89PNG"), ("crispUpscale", b"\x89PNG")]
)
async def test_the_simulated_vendor_works_on_a_form(tool: str, begins: bytes) -> None:
    async with playing("recraft") as play:
        reply = await play.submit(order(tool))
        seen = await play.seen()
    assert isinstance(reply, Finished)
    (output,) = reply.outputs
    assert isinstance(output, Inline)
    assert output.data.startswith(begins)
    assert (seen.charges, seen.charged_micro_usd) == (1, reply.cost_micro_usd)


@pytest.mark.parametrize(
    "asked",
    [order(file=File(b"GIF89a", "image/gif")), order(style="any"), order(response_format="gif")],
)
async def test_what_the_vendor_does_not_take_is_refused(asked: Order) -> None:
    async with playing("recraft") as play:
        reply = await play.submit(asked)
        seen = await play.seen()
    assert isinstance(reply, Rejected)
    assert (reply.fault, seen.submits, seen.charges) == ("bad_request", 0, 0)
