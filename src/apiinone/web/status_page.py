"""/status: what anybody may know of how the installation is doing. No node, provider or host is named."""

from typing import Final, Literal

from msgspec import Struct

from apiinone.api.house import House
from apiinone.api.model_forms import ModelSummary
from apiinone.catalog.endpoints import ENDPOINTS
from apiinone.catalog.entry import Entry, SubModel
from apiinone.control.fleet import read_workers
from apiinone.db import Tx
from apiinone.tasks.keyring import OfferAsked
from apiinone.web.languages import marked
from apiinone.web.markdown import to_html
from apiinone.web.page_route import PageCall, PageReply, Rooms, Shown

Health = Literal["good", "partly", "bad"]
OVERALL: Final[dict[Health, str]] = {
    "good": marked("Everything works"),
    "partly": marked("Some things do not work as they should"),
    "bad": marked("New tasks are not worked on now"),
}
CLOSED: Final = marked("No new tasks are accepted now")


class FamilyState(Struct, frozen=True):
    """The models of one endpoint as live keys find them."""

    name: str
    models: int
    live: int
    resting: tuple[str, ...]
    """Titles of live models whose every provider is left alone for a moment."""

    @property
    def health(self) -> Health:
        """Whether what is there for live keys can be used."""
        if not self.resting:
            return "good"
        return "bad" if len(self.resting) == self.live else "partly"


class StatusSeen(Struct, frozen=True):
    """Everything that the page says."""

    api: Health
    workers: Health
    families: tuple[FamilyState, ...]
    incident: str
    """HTML of what an operator wrote; empty: nothing is open."""

    @property
    def overall(self) -> Health:
        """The worst of what concerns everybody."""
        if "bad" in (self.api, self.workers):
            return "bad"
        parts = {self.api, self.workers, *(family.health for family in self.families)}
        return "good" if parts == {"good"} and not self.incident else "partly"

    @property
    def headline(self) -> str:
        """The same in words; where nothing is accepted, what was accepted before may well be worked on."""
        return CLOSED if self.api == "bad" else OVERALL[self.overall]


async def show_status(rooms: Rooms, call: PageCall) -> PageReply:
    """The page."""
    del call
    seen = await read_status(rooms.house)
    return Shown("status.html.j2", {"seen": seen})


async def read_status(house: House) -> StatusSeen:
    """How it stands now. Raises DatabaseUnavailable."""
    context, standing = house.context, house.context.board.now
    needed = {entry.node for entry in context.catalogue.entries}

    async def look(tx: Tx) -> set[int]:
        return {node for worker in await read_workers(tx, {}) if worker.alive for node in worker.nodes}

    served = await context.database.read(look)
    workers: Health = "good" if needed <= served else "partly" if needed & served else "bad"
    incident = standing.texts.get("incident", "")
    families = tuple(_family(house, name) for name in (endpoint.name for endpoint in ENDPOINTS) if _models(house, name))
    return StatusSeen(
        "good" if standing.closed is None else "bad", workers, families, to_html(incident) if incident else ""
    )


def _family(house: House, name: str) -> FamilyState:
    models = _models(house, name)
    live = [model for model in models if model.availability == "live"]
    resting = tuple(model.title for model in live if _rests(house, model))
    return FamilyState(name, len(models), len(live), resting)


def _models(house: House, endpoint: str) -> list[ModelSummary]:
    return [model for model in house.pages.summaries() if model.endpoint == endpoint]


def _rests(house: House, model: ModelSummary) -> bool:
    """Whether this process would have every order for the model wait."""
    entry = house.context.catalogue.entry(model.id)
    return entry is not None and all(_all_rest(house, entry, sub) for sub in entry.sub_models)


def _all_rest(house: House, entry: Entry, sub: SubModel) -> bool:
    context, standing = house.context, house.context.board.now
    if sub.id in standing.models_off:
        return True
    ways = [offer for offer in sub.offers if not standing.is_off(sub.id, offer)]
    if any(offer.provider in context.calls.chat_providers for offer in ways):
        return False  # chats keep no record of rests
    set_here = context.keyring.providers(None, entry.node)
    asked = [OfferAsked(offer.provider, offer.upstream_model, None) for offer in ways if offer.provider in set_here]
    return all(context.keyring.wait_s(one, entry.node) > 0 for one in asked)
