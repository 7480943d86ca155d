"""The decision panel of a model: how it stands among the listed models of its endpoint. Pure; all is counted anew."""

from collections.abc import Callable

from msgspec import Struct

from apiinone.catalog.entry import Entry
from apiinone.catalog.load import Catalogue
from apiinone.catalog.prices import ChargedBy, charged_by, price_range
from apiinone.core.credits import Credits

PEERS_MAX = 6
"""How many other models the reference lists."""


class Standing(Struct, frozen=True):
    """One model as a row of the panel."""

    id: str
    title: str
    icon: str
    maker: str
    output: str
    base: Credits
    """With every default; `core.credits.usd` gives it in dollars."""
    charged_by: ChargedBy
    seconds: tuple[int, int]
    node: int
    live: bool
    """Whether a live key can use it here."""


class Panel(Struct, frozen=True):
    """The endpoint as seen from one of its models. Amounts are base credits."""

    models: int
    makers: int
    """Different makers as shown; the reference calls them providers."""
    lowest: Credits
    highest: Credits
    webhook_models: int
    live_models: int
    position: int | None
    """This model's place by base credits, from 1; ties stand in catalogue order. None: the panel does not count it, and
    the place it would have is another's."""
    cheapest: Standing
    peers: tuple[Standing, ...]
    """The six cheapest other models, ascending."""


def panel(catalogue: Catalogue, entry: Entry, live: Callable[[Entry], bool]) -> Panel:
    """The panel of a model of this catalogue; `live` tells which models have a configured offer here."""
    listed = _listed(catalogue, entry.endpoint_name)
    standings = ranking(catalogue, entry.endpoint_name, live) or (_standing(entry, is_live=live(entry)),)
    return Panel(
        models=len(standings),
        makers=len({standing.maker for standing in standings}),
        lowest=standings[0].base,
        highest=standings[-1].base,
        webhook_models=sum(other.webhook for other in listed),
        live_models=sum(standing.live for standing in standings),
        position=next((place for place, one in enumerate(standings, start=1) if one.id == entry.id), None),
        cheapest=standings[0],
        peers=tuple(standing for standing in standings if standing.id != entry.id)[:PEERS_MAX],
    )


def ranking(catalogue: Catalogue, endpoint_name: str, live: Callable[[Entry], bool]) -> tuple[Standing, ...]:
    """The listed models of one endpoint by base credits ascending, ties in catalogue order."""
    standings = (_standing(entry, is_live=live(entry)) for entry in _listed(catalogue, endpoint_name))
    return tuple(sorted(standings, key=lambda standing: standing.base))


def _listed(catalogue: Catalogue, endpoint_name: str) -> list[Entry]:
    return [entry for entry in catalogue.on(endpoint_name) if entry.listed_on_panel]


def _standing(entry: Entry, *, is_live: bool) -> Standing:
    return Standing(
        id=entry.id,
        title=entry.title,
        icon=entry.icon,
        maker=entry.maker,
        output=entry.output,
        base=price_range(entry).base,
        charged_by=charged_by(entry.default_sub_model),
        seconds=entry.seconds,
        node=entry.node,
        live=is_live,
    )
