"""Why an offer was chosen is told in the reader's language, whatever the router wrote."""

from apiinone.catalog.load import load_catalogue
from apiinone.tasks.routing import Asked, Reach, Route, Tried, choose
from apiinone.web.route_words import reason_in

ASKED = Asked({"prompt": "a hill", "image_size": "1024x1024"})
ONE, BOTH = frozenset({"recraft"}), frozenset({"recraft", "wavespeed"})


def foreign(text: str) -> str:
    """Every translation of this language."""
    return "ж%(number)s" if "%(number)s" in text else "ж"


def reasons() -> list[str]:
    """Every form of the sentence, as the router writes it."""
    choice = load_catalogue().resolve("recraft-v4")
    assert choice is not None
    found: list[str] = []
    for mode, reach, tries in (
        ("test", Reach(BOTH), 0),
        ("live", Reach(ONE), 2),
        ("live", Reach(BOTH), 2),
        ("live", Reach(BOTH, own=ONE, whose="own"), 2),
        ("live", Reach(BOTH, wait_s=lambda offer, _: 5.0 if offer.provider == "recraft" else 0.0), 1),
    ):
        tried: list[Tried] = []
        for _ in range(tries + 1):
            route = choose("test" if mode == "test" else "live", choice.sub_model, ASKED, reach, tried)
            assert isinstance(route, Route)
            found.append(route.because)
            tried.append((route.provider, route.upstream_model, route.own_key))
    return found


def test_every_reason_of_the_router_is_told_in_the_readers_language() -> None:
    for reason in reasons():
        assert not any(letter.isascii() and letter.isalpha() for letter in reason_in(reason, foreign)), reason


def test_numbers_stay_and_what_is_not_known_is_told_as_it_was_written() -> None:
    reason = "first by priority of 12 offers; 1 before it is out of service for now; for a reason of tomorrow"
    assert reason_in(reason, foreign) == "ж12; ж1; for a reason of tomorrow"
    assert reason_in("", foreign) == ""
