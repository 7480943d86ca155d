"""Which offer serves an attempt, and why. Pure."""

from msgspec import structs

from apiinone.catalog.entry import SubModel
from apiinone.catalog.fields import upstream_fields
from apiinone.switchboard.standing import OfferName, OfferSwitch, Standing
from apiinone.tasks.routing import (
    Asked,
    LaterRoute,
    Reach,
    Route,
    Tried,
    choose,
    offer_named,
    usable_offers,
)
from catalog.catalogue_for_tests import CATALOGUE

FIELDS = {"prompt": "a hill", "image_size": "1024x1024"}
ASKED = Asked(FIELDS)
BOTH = frozenset({"recraft", "wavespeed"})


def recraft() -> SubModel:
    choice = CATALOGUE.resolve("recraft-v4")
    assert choice is not None
    return choice.sub_model


def way(reach: Reach, *tried: Tried) -> Route:
    route = choose("live", recraft(), Asked(FIELDS), reach, tried)
    assert isinstance(route, Route)
    return route


def name(route: Route) -> Tried:
    return (route.provider, route.upstream_model, route.own_key)


def test_test_mode_is_made_here_whatever_is_configured() -> None:
    for configured in (BOTH, frozenset[str]()):
        route = choose("test", recraft(), Asked(FIELDS), Reach(configured))
        assert isinstance(route, Route)
        assert (route.provider, route.offer, route.expected_cost_micro_usd) == ("local", None, 0)


def test_live_mode_is_never_made_here() -> None:
    assert choose("live", recraft(), Asked(FIELDS), Reach(frozenset())) is None


def test_the_best_offer_is_first_and_the_others_follow_in_turn() -> None:
    tried: list[Tried] = []
    for _ in range(4):
        tried.append(name(way(Reach(BOTH), *tried)))
    assert [provider for provider, _, _ in tried] == ["recraft", "wavespeed", "recraft", "wavespeed"]
    offers = usable_offers(recraft(), FIELDS, BOTH)
    assert [offer.provider for offer in offers] == ["recraft", "wavespeed"]


def test_an_offer_is_used_if_it_is_configured_serves_the_request_and_is_not_switched_off() -> None:
    first, second = usable_offers(recraft(), FIELDS, BOTH)
    off = Standing(offers={OfferName(recraft().id, first.provider, first.upstream_model): OfferSwitch(off=True)})
    assert usable_offers(recraft(), FIELDS, BOTH, "", off) == [second]
    assert usable_offers(recraft(), FIELDS, frozenset({second.provider})) == [second]
    assert not usable_offers(recraft(), FIELDS, frozenset({"nobody"}))
    assert not usable_offers(recraft(), FIELDS, BOTH, "music/extend")


def test_only_what_is_configured_serves_and_the_reason_says_so() -> None:
    reach = Reach(frozenset({"wavespeed"}))
    first = way(reach)
    second = way(reach, name(first))
    assert (first.provider, second.provider) == ("wavespeed", "wavespeed")
    assert first.because == "the only configured offer"
    assert second.because == "try 2 on the only configured offer, after a certain refusal"


def test_what_rests_is_passed_over_and_the_reason_says_so() -> None:
    route = way(Reach(BOTH, wait_s=lambda offer, _: 5.0 if offer.provider == "recraft" else 0.0))
    assert route.provider == "wavespeed"
    assert route.because == "first by priority of 2 offers; 1 before it is out of service for now"


def test_where_everything_rests_the_first_to_come_back_is_waited_for() -> None:
    reach = Reach(BOTH, wait_s=lambda offer, _: 5.0 if offer.provider == "recraft" else 2.0)
    assert choose("live", recraft(), Asked(FIELDS), reach) == LaterRoute(2.0)


def test_a_resting_offer_is_not_skipped_for_good_by_those_that_were_tried() -> None:
    tried = name(way(Reach(BOTH)))
    assert way(Reach(BOTH), tried, tried).provider == "wavespeed"


def test_the_accounts_own_key_is_first_and_only_what_it_may_use_is_used() -> None:
    own = frozenset({"wavespeed"})
    only = Reach(BOTH, own, "own")
    first = way(only)
    assert (name(first)[0], first.own_key, first.expected_cost_micro_usd) == ("wavespeed", True, 0)
    assert way(only, name(first)).own_key
    both = Reach(BOTH, own, "own_then_house")
    assert way(both).own_key
    assert name(way(both, name(first)))[::2] == ("recraft", False)
    assert not way(Reach(BOTH, own, "house")).own_key
    assert choose("live", recraft(), Asked(FIELDS), Reach(BOTH, frozenset(), "own")) is None


def test_an_offer_is_found_again_by_what_the_attempt_remembers() -> None:
    offer = usable_offers(recraft(), FIELDS, BOTH)[0]
    assert offer_named(recraft(), "recraft", offer.upstream_model, Asked(FIELDS)) == offer
    assert offer_named(recraft(), "recraft", "gone", Asked(FIELDS)) is None
    assert offer_named(recraft(), None, None, Asked(FIELDS)) is None


def test_of_several_offers_for_one_upstream_model_the_one_that_serves_the_request_is_found_again() -> None:
    choice = CATALOGUE.resolve("gpt-image-2")
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


def test_an_offer_is_found_by_its_provider_where_several_have_its_upstream_name() -> None:
    choice = CATALOGUE.resolve("flux-2")
    assert choice is not None
    name = "wavespeed-ai/flux-2-flex/text-to-image"
    others = tuple(structs.replace(offer, provider="another", priority=-1) for offer in choice.sub_model.offers)
    sub_model = structs.replace(choice.sub_model, offers=(*others, *choice.sub_model.offers))
    asked = Asked({"prompt": "a hill", "type": "flex", "aspect_ratio": "1:1", "resolution": "1K"})
    for provider in ("another", "wavespeed"):
        offer = offer_named(sub_model, provider, name, asked)
        assert offer is not None
        assert offer.provider == provider
    assert offer_named(sub_model, "nobody", name, asked) is None


def test_of_two_offers_with_one_name_upstream_the_one_is_found_that_serves_the_request() -> None:
    choice = CATALOGUE.resolve("flux-2")
    assert choice is not None
    for resolution, size in (("1K", "1024*1024"), ("2K", "2048*2048")):
        asked = Asked({"prompt": "a hill", "type": "flex", "aspect_ratio": "1:1", "resolution": resolution})
        offer = offer_named(choice.sub_model, "wavespeed", "wavespeed-ai/flux-2-flex/text-to-image", asked)
        assert offer is not None
        assert upstream_fields(offer, asked.fields)["size"] == size
