"""The catalogue as clients read it: what each model is, does and costs, and how it stands among its peers."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import msgspec

from apiinone.api.answer import encode
from apiinone.api.model_forms import (
    Availability,
    ModelPage,
    ModelSummary,
    PanelPage,
    PeerPage,
    Prices,
    Question,
    RoutePage,
    SubModelPage,
)
from apiinone.catalog.entry import Choice, Entry, SubModel
from apiinone.catalog.panel import Panel, Standing, panel, ranking
from apiinone.catalog.price_rules import OfModel
from apiinone.catalog.prices import charged_by, price_ends, price_range, price_text, route_range
from apiinone.catalog.running import RunningCatalogue
from apiinone.catalog.schema import body_schema
from apiinone.core.clock import Clock, date_of
from apiinone.core.credits import Credits, shown, usd
from apiinone.switchboard.standing import Board


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
            prices=Prices(shown(prices.base), shown(prices.low), _most(prices.high), price_text(entry)),
            charged_by=charged_by(entry.default_sub_model),
            sub_models=tuple(self._sub_model(entry, sub) for sub in entry.sub_models),
            aliases=entry.aliases,
        )

    def _sub_model(self, entry: Entry, sub: SubModel) -> SubModelPage:
        low, high = price_ends(Choice(entry, sub))
        return SubModelPage(
            id=sub.id,
            aliases=sub.aliases,
            about=sub.about,
            default=sub is entry.default_sub_model,
            charged_by=charged_by(sub),
            low=shown(low),
            high=_most(high),
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
            routes=tuple(_routes(entry)),
            endpoint_models=len(self._catalogue.on(entry.endpoint_name)),
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


def _most(amount: Credits | None) -> int | Decimal | None:
    return None if amount is None else shown(amount)


def _routes(entry: Entry) -> Iterator[RoutePage]:
    prices, endpoint, by = price_range(entry), entry.endpoint, charged_by(entry.default_sub_model)
    yield RoutePage("POST", endpoint.path, endpoint.about, by, shown(prices.low), _most(prices.high))
    for route in entry.routes:
        low, high = route_range(entry, route)
        follows = by if isinstance(route.price, OfModel) else "output"
        yield RoutePage(route.method, route.path, route.about, follows, shown(low), shown(high))


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
    return PeerPage(
        id=standing.id,
        title=standing.title,
        maker=standing.maker,
        base=shown(standing.base),
        base_usd=usd(standing.base),
        charged_by=standing.charged_by,
        live=standing.live,
    )
