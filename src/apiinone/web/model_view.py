"""A model's page as facts, from the running catalogue. Pure."""

import re
from gettext import NullTranslations

from msgspec import Struct

from apiinone.api.catalogue_pages import CataloguePages
from apiinone.api.model_forms import ModelPage
from apiinone.catalog.entry import Entry, LifecycleState
from apiinone.catalog.panel import Standing
from apiinone.core.credits import shown, usd
from apiinone.web import model_sentences as says
from apiinone.web.code_samples import Sample, create_samples, look_sample
from apiinone.web.live_here import live_words
from apiinone.web.model_sentences import Fact, Point, seconds_text
from apiinone.web.parameter_rows import ParameterRow, parameter_rows
from apiinone.web.price_words import cost_words, price_words

CHAT = "chat"


class Peer(Struct, frozen=True):
    """Another model of the endpoint, as a row of the comparison."""

    id: str
    maker: str
    output: str
    inputs: tuple[str, ...]
    credits: str
    dollars: str
    runtime: str
    seconds: str
    node: str
    live: str
    """Whether live keys can use it here, or how many of its variants."""
    status: LifecycleState
    here: bool
    """Whether it is the model of this page."""


class ModelView(Struct, frozen=True):
    """Everything that the template shows."""

    page: ModelPage
    family: str
    direct: bool
    state: str
    state_note: str
    about_price: str
    price: str
    tiles: tuple[Fact, ...]
    facts: tuple[Fact, ...]
    highlights: tuple[Point, ...]
    contract: tuple[Fact, ...]
    runtime: str
    flow: tuple[str, ...]
    panel: tuple[Fact, ...]
    production: Fact
    capabilities: tuple[Point, ...]
    parameters: tuple[ParameterRow, ...]
    samples: tuple[Sample, ...]
    look: Sample
    peers: tuple[Peer, ...]
    comparison: tuple[Peer, ...]
    steps: tuple[Point, ...]
    related: tuple[Peer, ...]


class Models(Struct, frozen=True):
    """All models, where clients reach this server, and the language that is spoken of them."""

    pages: CataloguePages
    entries: dict[str, Entry]
    """By id."""
    base_url: str
    words: NullTranslations


def model_view(models: Models, entry: Entry) -> ModelView:
    """The view of a model."""
    pages, words, base_url = models.pages, models.words, models.base_url
    page = pages.model(entry)
    direct = not entry.endpoint.asynchronous
    price = price_words(entry, words)
    comparison = tuple(_peer(one, models, entry) for one in pages.standings(entry.endpoint_name))
    others = tuple(peer for peer in comparison if not peer.here)
    return ModelView(
        page=page,
        family=entry.endpoint.family,
        direct=direct,
        state=words.gettext(says.STATES[page.status]),
        state_note=says.state_note(page, entry, words),
        about_price=says.about_price(entry, price, words),
        price=price,
        tiles=says.tiles(page, entry, words),
        facts=says.facts(page, entry, words),
        highlights=says.highlights(page, entry, words),
        contract=says.contract(page, base_url, words, direct=direct),
        runtime=says.runtime(words, direct=direct),
        flow=_flow(page, words, direct=direct),
        panel=says.panel_facts(page, words),
        production=says.production(words, direct=direct),
        capabilities=tuple(_capability(text) for text in page.capabilities),
        parameters=parameter_rows(entry, words.gettext),
        samples=create_samples(base_url, page.path, entry.example, direct=direct),
        look=look_sample(base_url),
        peers=others[: len(page.panel.peers)],
        comparison=comparison,
        steps=says.steps(page, words, direct=direct),
        related=_related(models, entry, others),
    )


def _flow(page: ModelPage, words: NullTranslations, *, direct: bool) -> tuple[str, ...]:
    if direct:
        return (page.path, words.gettext("the answer"))
    return (page.path, "task_id", "/api/v1/tasks/{task_id}", "outputs")


def _capability(text: str) -> Point:
    """The reference's rule: the title is what stands before the first hyphen or comma."""
    title = re.split(r"[-,]", text, maxsplit=1)[0].strip()
    return Point(title, text)


def _related(models: Models, entry: Entry, others: tuple[Peer, ...]) -> tuple[Peer, ...]:
    """Two of the same maker elsewhere and two of the same endpoint, at most four; never itself."""
    makers = [
        _peer(one, models, entry)
        for other in models.entries.values()
        if other.maker == entry.maker and other.id != entry.id
        for one in models.pages.standings(other.endpoint_name)
        if one.id == other.id
    ]
    chosen = {peer.id: peer for peer in (*makers[:2], *others)}
    return tuple(chosen.values())[:4]


def _peer(standing: Standing, models: Models, entry: Entry) -> Peer:
    other, words = models.entries[standing.id], models.words
    summary = models.pages.summary(standing.id)
    return Peer(
        id=standing.id,
        maker=standing.maker,
        output=standing.output,
        inputs=tuple(other.inputs),
        credits=cost_words(shown(standing.base), standing.charged_by, words),
        dollars=f"${usd(standing.base):.2f}",
        runtime=words.gettext("task") if other.endpoint.asynchronous else words.gettext("direct"),
        seconds=seconds_text(standing.seconds),
        node=f"node{standing.node}",
        live=live_words(summary, words.gettext),
        status=summary.status,
        here=standing.id == entry.id,
    )
