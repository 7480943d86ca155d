import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.catalog.conditions import offers_for
from apiinone.catalog.fields import upstream_fields
from apiinone.catalog.offer import Offer
from apiinone.core.errors import BadRequest
from catalog.body_strategies import UNHURRIED, near_bodies
from catalog.catalogue_for_tests import BODIES, CATALOGUE, chosen, parsed

URL = "https://example.com/a.png"
RECRAFT_1K = {
    "1024x1024": "1:1",
    "1536x768": "2:1",
    "768x1536": "1:2",
    "1280x832": "3:2",
    "832x1280": "2:3",
    "1216x896": "4:3",
    "896x1216": "3:4",
    "1152x896": "5:4",
    "896x1152": "4:5",
    "832x1344": "6:10",
    "1280x896": "14:10",
    "896x1280": "10:14",
    "1344x768": "16:9",
    "768x1344": "9:16",
}


def offers(name: str, *among: str, **fields: object) -> list[tuple[str, str, dict[str, object]]]:
    """Provider, upstream model and upstream body, the first choice first. `among`: of these providers alone."""
    read = parsed(name, **fields).fields
    found = [offer for offer in offers_for(chosen(name).sub_model, read) if not among or offer.provider in among]
    return [(offer.provider, offer.upstream_model, upstream_fields(offer, read)) for offer in found]


def test_recraft_is_asked_first_and_wavespeed_second() -> None:
    assert offers("recraft-v4", "recraft", "wavespeed", prompt="A fox", image_size="1344*768") == [
        ("recraft", "recraftv4", {"prompt": "A fox", "size": "1344x768", "response_format": "b64_json"}),
        ("wavespeed", "recraft-ai/recraft-v4/text-to-image", {"prompt": "A fox", "image_size": "16:9"}),
    ]


def test_the_four_sub_models_have_the_vendors_names_and_prices() -> None:
    found = {
        (sub.id, offer.provider): (offer.upstream_model, offer.cost_micro_usd)
        for sub in chosen("recraft-v4").entry.sub_models
        for offer in sub.offers
        if offer.provider == "recraft"
    }
    assert found == {
        ("recraft-v4-text-to-image", "recraft"): ("recraftv4", 40_000),
        ("recraft-v4-text-to-vector", "recraft"): ("recraftv4_vector", 80_000),
        ("recraft-v4-pro-text-to-image", "recraft"): ("recraftv4_pro", 250_000),
        ("recraft-v4-pro-text-to-vector", "recraft"): ("recraftv4_pro_vector", 300_000),
    }


@pytest.mark.parametrize(("size", "ratio"), RECRAFT_1K.items())
@pytest.mark.parametrize("name", ["recraft-v4-text-to-vector", "recraft-v4-pro-text-to-image"])
def test_recraft_gets_a_ratio_by_its_own_name_where_pixels_do_not_fit(name: str, size: str, ratio: str) -> None:
    assert offers(name, image_size=size)[0][2]["size"] == ratio


def test_a_ratio_that_recraft_does_not_name_is_sent_as_it_is_and_not_bent() -> None:
    assert offers("recraft-v4-text-to-vector", image_size="3000x1000")[0][2]["size"] == "3:1"


def test_the_type_of_request_chooses_the_offer() -> None:
    assert offers("hunyuan-image-3", prompt="A fox")[0][1:] == (
        "wavespeed-ai/hunyuan-image-3-instruct/text-to-image",
        {"prompt": "A fox", "size": "1024*1024"},
    )
    assert offers("hunyuan-image-3", prompt="A fox", type="edit", images=[URL], seed=7)[0][1:] == (
        "wavespeed-ai/hunyuan-image-3-instruct/edit",
        {"prompt": "A fox", "size": "1024*1024", "images": [URL], "seed": 7},
    )
    assert [found[0] for found in offers("kling-image-o1", type="image-to-image")] == ["kling", "wavespeed"]
    assert [found[0] for found in offers("kling-image-o1", type="ai-multi-shot", num_images=2)] == ["kling"]


def test_the_maker_and_the_reseller_get_each_field_by_their_own_names() -> None:
    shared = {"prompt": "A fox", "aspect_ratio": "1:1", "resolution": "1k"}
    assert [found[2] for found in offers("kling-image-o1", prompt="A fox", num_images=2)] == [
        {**shared, "n": 2},
        {**shared, "num_images": 2},
    ]


def test_optional_fields_that_were_not_given_are_not_sent() -> None:
    assert offers("ideogram-v3-quality", "wavespeed", prompt="A fox", style="Design")[0][1:] == (
        "ideogram-ai/ideogram-v3-quality",
        {"prompt": "A fox", "aspect_ratio": "1:1", "style": "Design"},
    )


def test_what_no_known_vendor_makes_has_no_offer() -> None:
    without = {sub.id for entry in CATALOGUE.entries for sub in entry.sub_models if not sub.offers}
    assert {"chirp-v3-5"} == without


@UNHURRIED
@given(st.data())
def test_every_accepted_body_is_written_for_every_offer_that_fits_it(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(CATALOGUE.choices)))
    body = data.draw(near_bodies(chosen(name).entry, name))
    try:
        fields = BODIES.parse(chosen(name), body).fields
    except BadRequest:
        return
    for offer in offers_for(chosen(name).sub_model, fields):
        written = upstream_fields(offer, fields)
        names = [*(send.name or send.field for send in offer.send), *offer.constants]
        assert set(written) <= {name.partition(".")[0] for name in names}
        assert set(fields) <= {send.field for send in offer.send} | set(offer.drop)


def test_a_field_is_left_out_at_its_neutral_value_and_only_then() -> None:
    offer = chosen("hunyuan-image-3").sub_model.offers[0]
    assert "seed" not in _written(offer, seed=-1)
    assert _written(offer, seed=0)["seed"] == 0


def _written(offer: Offer, **fields: object) -> dict[str, object]:
    return upstream_fields(offer, {"prompt": "A fox", "size": "1024*1024", **fields})
