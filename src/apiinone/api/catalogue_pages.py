"""The catalogue as clients read it: what each model is, does and costs, and how it stands among its peers."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from apiinone.api.answer import encode
from apiinone.catalog.entry import Choice, Entry, LifecycleState, SubModel
from apiinone.catalog.panel import Panel, Standing, panel, ranking
from apiinone.catalog.prices import every_price, price_range, price_text, route_range
from apiinone.catalog.running import RunningCatalogue
from apiinone.catalog.schema import body_schema
from apiinone.core.clock import Clock, date_of
from apiinone.core.credits import shown, usd
from apiinone.switchboard.standing import Board

Amount = Annotated[int | Decimal, Meta(description="Exact credits; 1 credit is $0.01.")]
Percent = Annotated[int, Meta(description="What this account pays of the list's price, in percent: 100 is the list.")]
Availability = Literal["live", "test_only"]
"""`live`: a provider is configured here. `test_only`: test keys can use it."""


class Prices(Struct, frozen=True):
    """What one output costs in credits: with every default, at least, and at most; and the same in words."""

    base: Amount
    low: Amount
    high: Amount
    text: str


class SubModelPage(Struct, frozen=True):
    """A priced variant; `model` takes its id or an alias."""

    id: str
    aliases: tuple[str, ...]
    about: str
    default: bool
    low: Amount
    high: Amount
    status: LifecycleState
    availability: Availability


class ModelSummary(Struct, frozen=True):
    """A model as lists show it."""

    id: str
    title: str
    maker: str
    summary: str
    endpoint: str
    path: str
    inputs: tuple[str, ...]
    output: str
    status: LifecycleState
    availability: Availability
    webhook: bool
    seconds: Annotated[tuple[int, int], Meta(description="How long a task usually takes: from, to.")]
    prices: Prices
    sub_models: tuple[SubModelPage, ...]
    aliases: tuple[str, ...]


class RoutePage(Struct, frozen=True):
    """A route that belongs to the model, and what one request to it costs."""

    method: str
    path: str
    about: str
    low: Amount
    high: Amount


class PeerPage(Struct, frozen=True):
    """Another model of the endpoint."""

    id: str
    title: str
    maker: str
    base: Amount
    base_usd: Annotated[Decimal, Meta(description="The base cost in US dollars.")]
    live: bool


class PanelPage(Struct, frozen=True):
    """The endpoint as seen from this model; costs are base credits, positions count from 1."""

    models: int
    makers: int
    lowest: Amount
    highest: Amount
    webhook_models: int
    live_models: int
    position: int
    cheapest: PeerPage
    peers: tuple[PeerPage, ...]


class Question(Struct, frozen=True):
    """A question that people ask, and its answer."""

    question: str
    answer: str


class ModelPage(ModelSummary, frozen=True, kw_only=True):
    """A model with all that is known of it, and its panel. The body's schema is at `schema_path`."""

    version: str
    icon: str
    node: int
    capabilities: tuple[str, ...]
    use_cases: tuple[str, ...]
    example: Annotated[msgspec.Raw, Meta(extra_json_schema={"type": "object"})]
    faq: tuple[Question, ...]
    schema_path: str
    routes: Annotated[tuple[RoutePage, ...], Meta(description="The endpoint's own route first.")]
    panel: PanelPage


class CataloguePages:
    """Makes the pages when they are first asked for and keeps them for the day: lifecycles have last days.

    They are made anew when another provider can be reached, or an operator has switched something or set a price.
    """

    def __init__(
        self,
        running: RunningCatalogue,
        configured: Callable[[], frozenset[str]],
        clock: Clock,
        board: Board | None = None,
    ) -> None:
        """Take the running catalogue, what names the providers configured here now, the clock, what is switched."""
        self._running = running
        self._catalogue = running.now
        self._configured = configured
        self._vendors = configured()
        self._board = board or Board()
        self._standing = self._board.now
        self._clock = clock
        self._day = self._today()
        self._summaries: tuple[ModelSummary, ...] = ()
        self._pages: dict[str, bytes] = {}
        self._schemas: dict[str, bytes] = {}

    def summaries(self) -> tuple[ModelSummary, ...]:
        """All models, in catalogue order."""
        self._forget_old()
        if not self._summaries:
            self._summaries = tuple(self._summary(entry) for entry in self._catalogue.entries)
        return self._summaries

    def summary(self, model_id: str) -> ModelSummary:
        """The one of this id. Raises StopIteration where there is none."""
        return next(one for one in self.summaries() if one.id == model_id)

    def page(self, name: str) -> bytes | None:
        """The page of the model that any of its names means, as JSON; None where none does."""
        self._forget_old()
        entry = self._catalogue.entry(name)
        if entry is None:
            return None
        if entry.id not in self._pages:
            self._pages[entry.id] = encode(self._page(entry))
        return self._pages[entry.id]

    def model(self, entry: Entry) -> ModelPage:
        """The same page of a model of this catalogue, unwritten."""
        self._forget_old()
        return self._page(entry)

    def standings(self, endpoint_name: str) -> tuple[Standing, ...]:
        """The models of one endpoint by base credits ascending."""
        self._forget_old()
        return ranking(self._catalogue, endpoint_name, lambda entry: self._live(*entry.sub_models))

    def state(self) -> tuple[str, date, frozenset[str], str]:
        """What pages follow from: the catalogue, the day, which providers can be reached, what is switched."""
        self._forget_old()
        return self._catalogue.version, self._day, self._vendors, self._standing.version

    def schema(self, name: str) -> bytes | None:
        """The JSON Schema of the model's bodies; None as for `page`."""
        self._forget_old()
        entry = self._catalogue.entry(name)
        if entry is None:
            return None
        if entry.id not in self._schemas:
            self._schemas[entry.id] = encode(body_schema(entry))
        return self._schemas[entry.id]

    def _summary(self, entry: Entry) -> ModelSummary:
        prices = price_range(entry)
        return ModelSummary(
            id=entry.id,
            title=entry.title,
            maker=entry.maker,
            summary=entry.summary,
            endpoint=entry.endpoint_name,
            path=entry.endpoint.path,
            inputs=entry.inputs,
            output=entry.output,
            status=entry.default_sub_model.lifecycle.state_on(self._day),
            availability=self._availability(*entry.sub_models),
            webhook=entry.webhook,
            seconds=entry.seconds,
            prices=Prices(shown(prices.base), shown(prices.low), shown(prices.high), price_text(entry)),
            sub_models=tuple(self._sub_model(entry, sub) for sub in entry.sub_models),
            aliases=entry.aliases,
        )

    def _sub_model(self, entry: Entry, sub: SubModel) -> SubModelPage:
        units = [price.unit for _, price in every_price(Choice(entry, sub))]
        return SubModelPage(
            id=sub.id,
            aliases=sub.aliases,
            about=sub.about,
            default=sub is entry.default_sub_model,
            low=shown(min(units)),
            high=shown(max(units)),
            status=sub.lifecycle.state_on(self._day),
            availability=self._availability(sub),
        )

    def _page(self, entry: Entry) -> ModelPage:
        summary = msgspec.structs.asdict(self._summary(entry))
        return ModelPage(
            **summary,
            version=entry.version_text,
            icon=entry.icon,
            node=entry.node,
            capabilities=entry.capabilities,
            use_cases=entry.use_cases,
            example=msgspec.Raw(encode(entry.example)),
            faq=tuple(Question(faq.question, faq.answer) for faq in entry.faq),
            schema_path=f"/api/v1/models/{entry.id}/schema",
            routes=_routes(entry),
            panel=_panel(panel(self._catalogue, entry, lambda other: self._live(*other.sub_models))),
        )

    def _availability(self, *sub_models: SubModel) -> Availability:
        return "live" if self._live(*sub_models) else "test_only"

    def _live(self, *sub_models: SubModel) -> bool:
        """Whether live keys can use one of them here: what its maker has ended runs in test mode only."""
        running = [sub for sub in sub_models if sub.lifecycle.state_on(self._day) != "retired"]
        on = [sub for sub in running if sub.id not in self._standing.models_off]
        ways = [(sub.id, offer) for sub in on for offer in sub.offers if offer.provider in self._vendors]
        return any(not self._standing.is_off(sub_model, offer) for sub_model, offer in ways)

    def _forget_old(self) -> None:
        if self._catalogue is not self._running.now:
            self._catalogue = self._running.now
            self._summaries, self._pages, self._schemas = (), {}, {}
        now = (self._today(), self._configured(), self._board.now)
        if (self._day, self._vendors, self._standing) != now:
            self._day, self._vendors, self._standing = now
            self._summaries, self._pages = (), {}

    def _today(self) -> date:
        return date_of(self._clock.now_us())


def _routes(entry: Entry) -> tuple[RoutePage, ...]:
    prices, endpoint = price_range(entry), entry.endpoint
    own = RoutePage("POST", endpoint.path, endpoint.about, shown(prices.low), shown(prices.high))
    further = [(route, route_range(entry, route)) for route in entry.routes]
    return (own, *(RoutePage(r.method, r.path, r.about, shown(low), shown(high)) for r, (low, high) in further))


def _panel(found: Panel) -> PanelPage:
    return PanelPage(
        models=found.models,
        makers=found.makers,
        lowest=shown(found.lowest),
        highest=shown(found.highest),
        webhook_models=found.webhook_models,
        live_models=found.live_models,
        position=found.position,
        cheapest=_peer(found.cheapest),
        peers=tuple(map(_peer, found.peers)),
    )


def _peer(standing: Standing) -> PeerPage:
    base = standing.base
    return PeerPage(standing.id, standing.title, standing.maker, shown(base), usd(base), standing.live)
