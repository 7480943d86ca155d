"""Which way an attempt goes, and why: an offer, with the house's credentials or the account's own. Pure.

Another way is tried only after a refusal that is certain; the client's price does not move with it.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from apiinone.accounts.keys import Mode
from apiinone.catalog.conditions import offers_for
from apiinone.catalog.costs import cost_of
from apiinone.catalog.entry import SubModel
from apiinone.catalog.offer import Offer
from apiinone.switchboard.standing import AS_LISTED, Standing
from apiinone.tasks.whose_keys import WhoseKeys

LOCAL = "local"
"""The built-in provider's name."""
Tried = tuple[str, str, bool]
"""Provider, upstream name, and whether with the account's own key."""


class Asked(Struct, frozen=True):
    """What a task asks for, as far as offers care."""

    fields: Mapping[str, object]
    operation: str = ""


class Route(Struct, frozen=True):
    """The offer for an attempt (None: the local provider) and the sentence that the receipt shows."""

    provider: str
    upstream_model: str
    because: str
    offer: Offer | None
    expected_cost_micro_usd: int | None
    own_key: bool = False


class LaterRoute(Struct, frozen=True):
    """Every way rests for now. Infinite where time alone changes nothing."""

    wait_s: float


class Reach(Struct, frozen=True):
    """What can be reached for a task: whom with which credentials, and when."""

    house: frozenset[str]
    own: frozenset[str] = frozenset()
    whose: WhoseKeys = "house"
    wait_s: Callable[[Offer, bool], float] = lambda _, __: 0.0
    """In how many seconds an offer may be asked; True: with the account's own key."""
    standing: Standing = AS_LISTED
    """What operators have switched."""


class _Way(Struct, frozen=True):
    offer: Offer
    own: bool
    tried: int
    cost: int
    wait_s: float
    priority: int

    @property
    def rank(self) -> tuple[int, bool, int, int]:
        return (self.tried, not self.own, self.priority, self.cost)


def usable_offers(
    sub_model: SubModel,
    fields: Mapping[str, object],
    configured: frozenset[str],
    operation: str = "",
    standing: Standing = AS_LISTED,
) -> Sequence[Offer]:
    """The offers that can serve this request here and are not switched off: by priority, then by cost.

    `operation`: the further create route that asks, such as `music/extend`.
    """
    if not configured:
        return ()
    model_id = sub_model.id
    fitting = [
        offer for offer in offers_for(sub_model, fields, operation, configured) if not standing.is_off(model_id, offer)
    ]
    if len(fitting) <= 1:
        return fitting
    return sorted(fitting, key=lambda one: (standing.priority(model_id, one), cost_of(one.cost_micro_usd, fields)))


def choose(
    mode: Mode, sub_model: SubModel, asked: Asked, reach: Reach, tried: Sequence[Tried] = ()
) -> Route | LaterRoute | None:
    """The way of the next attempt: the one tried least, then the account's own key, then by priority and cost.

    None where nothing configured here serves the request any more.
    """
    if mode == "test":
        return here(sub_model)
    ways = _ways(sub_model, asked, reach, tried)
    if not ways:
        return None
    able = [way for way in ways if way.wait_s <= 0]
    if not able:
        return LaterRoute(min(way.wait_s for way in ways))
    return _route(ways, able[0], len(tried))


def choose_in_turn(mode: Mode, sub_model: SubModel, asked: Asked, reach: Reach, most: int) -> list[Route]:
    """The ways of the first tries, each another one, for calls that go through them at once; none rests for them."""
    if mode == "test":
        return [here(sub_model)]
    ways = _ways(sub_model, asked, reach, ())
    others: dict[Tried, _Way] = {}
    for way in ways:
        others.setdefault((way.offer.provider, way.offer.upstream_model, way.own), way)
    return [_route(ways, way, tries) for tries, way in enumerate(list(others.values())[:most])]


def offer_named(sub_model: SubModel, provider: str | None, upstream_model: str | None, asked: Asked) -> Offer | None:
    """The offer an attempt was planned on; None where the catalogue has lost it since.

    A provider may have several for one upstream model, such as one for words and one for pictures: of those it is the
    one that serves this request.
    """
    fitting = offers_for(sub_model, asked.fields, asked.operation, (provider,))
    return next((offer for offer in fitting if offer.upstream_model == upstream_model), None)


def here(sub_model: SubModel) -> Route:
    """The way of everything in test mode."""
    return Route(LOCAL, sub_model.id, "test mode: the built-in local provider makes everything", None, 0)


def _route(ways: Sequence[_Way], chosen: _Way, tries: int) -> Route:
    offer = chosen.offer
    cost = 0 if chosen.own else chosen.cost  # the account pays its own vendor
    return Route(offer.provider, offer.upstream_model, _reason(ways, chosen, tries), offer, cost, chosen.own)


def _ways(sub_model: SubModel, asked: Asked, reach: Reach, tried: Sequence[Tried]) -> list[_Way]:
    """All that there are, the best first."""
    owners: tuple[tuple[bool, frozenset[str]], ...] = (
        (True, frozenset() if reach.whose == "house" else reach.own),
        (False, frozenset() if reach.whose == "own" else reach.house),
    )
    ways: list[_Way] = []
    for own, providers in owners:
        for offer in usable_offers(sub_model, asked.fields, providers, asked.operation, reach.standing):
            before = tried.count((offer.provider, offer.upstream_model, own))
            cost, priority = cost_of(offer.cost_micro_usd, asked.fields), reach.standing.priority(sub_model.id, offer)
            ways.append(_Way(offer, own, before, cost, reach.wait_s(offer, own), priority))
    return ways if len(ways) <= 1 else sorted(ways, key=lambda way: way.rank)


def _reason(ways: Sequence[_Way], chosen: _Way, tries: int) -> str:
    if len(ways) == 1:
        again = f"try {tries + 1} on the only configured offer, after a certain refusal"
        said = "the only configured offer" if tries == 0 else again
    elif tries == 0:
        said = f"first by priority of {len(ways)} offers"
    else:
        said = f"next of {len(ways)} offers, after a certain refusal"
    out = sum(way.wait_s > 0 and way.rank < chosen.rank for way in ways)
    if out:
        said += f"; {out} before it {'is' if out == 1 else 'are'} out of service for now"
    return f"{said}; with the account's own key" if chosen.own else said


def rests_too_long(later: LaterRoute, most_s: float) -> bool:
    """Whether waiting is no use."""
    return math.isinf(later.wait_s) or later.wait_s > most_s
