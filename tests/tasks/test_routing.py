"""Which offer serves an attempt, and why. Pure."""

from msgspec import structs

from apiinone.catalog.entry import SubModel
from apiinone.catalog.fields import upstream_fields
from apiinone.catalog.load import load_catalogue
from apiinone.tasks.routing import Asked, choose, offer_named, usable_offers

FIELDS = {"prompt": "a hill", "image_size": "1024x1024"}
ASKED = Asked(FIELDS)
BOTH = frozenset({"recraft", "wavespeed"})


def recraft() -> SubModel:
    choice = load_catalogue().resolve("recraft-v4")
    assert choice is not None
    return choice.sub_model


def test_test_mode_is_made_here_whatever_is_configured() -> None:
    for configured in (BOTH, frozenset[str]()):
        route = choose("test", recraft(), Asked(FIELDS), configured=configured, attempts_before=0)
        assert route is not None
        assert (route.provider, route.offer, route.expected_cost_micro_usd) == ("local", None, 0)


def test_live_mode_is_never_made_here() -> None:
    assert choose("live", recraft(), Asked(FIELDS), configured=frozenset(), attempts_before=0) is None


def test_the_best_offer_is_first_and_the_others_follow_in_turn() -> None:
    names: list[str] = []
    for before in range(4):
        route = choose("live", recraft(), Asked(FIELDS), configured=BOTH, attempts_before=before)
        assert route is not None
        names.append(route.provider)
    assert names == ["recraft", "wavespeed", "recraft", "wavespeed"]
    offers = usable_offers(recraft(), FIELDS, BOTH)
    assert [offer.provider for offer in offers] == ["recraft", "wavespeed"]


def test_only_what_is_configured_serves_and_the_reason_says_so() -> None:
    reasons: list[str] = []
    for before in (0, 1):
        route = choose("live", recraft(), Asked(FIELDS), configured=frozenset({"wavespeed"}), attempts_before=before)
        assert route is not None
        assert route.provider == "wavespeed"
        reasons.append(route.because)
    assert reasons == ["the only configured offer", "try 2 on the only configured offer, after a certain refusal"]


def test_an_offer_is_found_again_by_what_the_attempt_remembers() -> None:
    offer = usable_offers(recraft(), FIELDS, BOTH)[0]
    assert offer_named(recraft(), "recraft", offer.upstream_model, Asked(FIELDS)) == offer
    assert offer_named(recraft(), "recraft", "gone", Asked(FIELDS)) is None
    assert offer_named(recraft(), None, None, Asked(FIELDS)) is None


def test_of_several_offers_for_one_upstream_model_the_one_that_serves_the_request_is_found_again() -> None:
    choice = load_catalogue().resolve("gpt-image-2")
    assert choice is not None
    words = {"prompt": "a hill", "aspect_ratio": "1:1", "quality": "low"}
    for fields in (words, {**words, "input_urls": ["https://example.com/a.png"]}):
        (offer,) = usable_offers(choice.sub_model, fields, frozenset({"openai"}))
        assert offer_named(choice.sub_model, "openai", "gpt-image-2", Asked(fields)) is offer


def test_of_offers_with_one_upstream_name_the_one_that_serves_the_request_is_found() -> None:
    first = recraft().offers[0]
    furthers = structs.replace(first, operation="music/extend")
    fussy = structs.replace(first, with_fields=("image_size",), priority=9)
    sub = structs.replace(recraft(), offers=(furthers, structs.replace(first, without=("image_size",)), fussy))
    assert offer_named(sub, first.provider, first.upstream_model, Asked(FIELDS)) == fussy
    assert offer_named(sub, first.provider, first.upstream_model, Asked(FIELDS, "music/extend")) == furthers


def test_no_offer_serves_a_further_route() -> None:
    assert usable_offers(recraft(), FIELDS, BOTH, "music/extend") == []


def test_of_two_offers_with_one_name_upstream_the_one_is_found_that_serves_the_request() -> None:
    choice = load_catalogue().resolve("flux-2")
    assert choice is not None
    for resolution, size in (("1K", "1024*1024"), ("2K", "2048*2048")):
        asked = Asked({"prompt": "a hill", "type": "flex", "aspect_ratio": "1:1", "resolution": resolution})
        offer = offer_named(choice.sub_model, "wavespeed", "wavespeed-ai/flux-2-flex/text-to-image", asked)
        assert offer is not None
        assert upstream_fields(offer, asked.fields)["size"] == size
