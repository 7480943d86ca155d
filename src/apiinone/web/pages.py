"""Every public page: which address it has, what it shows, and as which kind of text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from msgspec import Struct

from apiinone.api.catalogue_pages import CataloguePages
from apiinone.api.model_forms import ModelSummary
from apiinone.catalog.endpoints import ENDPOINTS, Endpoint
from apiinone.catalog.entry import Entry
from apiinone.catalog.load import Catalogue
from apiinone.catalog.running import RunningCatalogue
from apiinone.switchboard.standing import Board
from apiinone.web.answer_page import Document, document
from apiinone.web.code_samples import create_samples
from apiinone.web.docs_pages import Docs
from apiinone.web.languages import ENGLISH, Languages, Look, kept_query, marked
from apiinone.web.markdown import to_html
from apiinone.web.model_sentences import seconds_text
from apiinone.web.model_view import Models, ModelView, model_view
from apiinone.web.price_words import price_words
from apiinone.web.reference_view import reference_view
from apiinone.web.templates_of_pages import Templates
from apiinone.web.visitor import Visitor

HTML: Final = b"text/html; charset=utf-8"
MARKDOWN: Final = b"text/markdown; charset=utf-8"
PLAIN: Final = b"text/plain; charset=utf-8"
XML: Final = b"application/xml; charset=utf-8"
HOME_MODELS_MAX: Final = 4
MODALITIES: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    (marked("Pictures"), marked("From words and pictures, as pixels or as drawings."), ("images",)),
    (marked("Films"), marked("Clips from words or from a still."), ("videos",)),
    (marked("Music and speech"), marked("Songs, and voices in dialogue."), ("music", "speech")),
    (marked("Tools"), marked("Cut out, enlarge, trace and swap."), ("remove-bg", "upscale", "vectorize", "face-swap")),
    (marked("Chat"), marked("OpenAI's own form, whole or streamed."), ("chat",)),
)
"""How the home page groups endpoints."""
FIXED: Final = ("/", "/models", "/pricing", "/docs", "/docs/reference", "/playground", "/status")
"""Pages that are there whatever the catalogue holds, and say the same to everybody."""
NOT_FOR_ROBOTS: Final = ("/api/", "/account", "/admin", "/billing/", "/console", "/usage")
"""What begins so needs a key or somebody who is signed in."""
NOBODY: Final = Visitor(language="", csrf="")
"""On pages that are kept: whoever looks, they say the same."""


class Modality(Struct, frozen=True):
    """A kind of media on the home page: some of its models, and how many there are."""

    title: str
    about: str
    link: str
    models: tuple[ModelSummary, ...]
    count: int


class Shelf(Struct, frozen=True):
    """The models of one endpoint."""

    endpoint: Endpoint
    models: tuple[ModelSummary, ...]


@dataclass(slots=True)
class Pages:
    """Makes pages; `site.py` keeps what it can until something changes that they follow from."""

    running: RunningCatalogue
    models: CataloguePages
    templates: Templates
    docs: Docs
    openapi: Callable[[], bytes]
    base_url: str
    board: Board
    """What operators have switched, and their texts."""
    languages: Languages
    look: Look
    admin_url: str
    """Where operators reach `/admin`; empty: here."""

    @property
    def catalogue(self) -> Catalogue:
        """The models and prices of this moment."""
        return self.running.now

    def home(self) -> Document:
        """What this is, one live request, the families, and how billing works."""
        default = self.catalogue.resolve(ENDPOINTS[0].default_model)
        example = default.entry if default else self.catalogue.entries[0]
        samples = create_samples(
            self.base_url, example.endpoint.path, example.example, direct=not example.endpoint.asynchronous
        )
        facts = {"modalities": self._modalities(), "samples": samples, "example": example}
        return self._html("home.html.j2", "/", facts)

    def listing(self, chosen: "Wanted") -> Document:
        """The catalogue, filtered and sorted."""
        shown = [model for model in self.models.summaries() if chosen.keeps(model)]
        ordered = sorted(shown, key=lambda model: model.prices.base) if chosen.sort == "price" else shown
        outputs = sorted({model.output for model in self.models.summaries()})
        facts = {"wanted": chosen, "shown": ordered, "outputs": outputs, "endpoints": ENDPOINTS}
        facts |= {"kept_query": kept_query(chosen.query())}
        return self._html("models.html.j2", "/models", facts)

    def model(self, entry: Entry) -> Document:
        """A model's page."""
        return self._html("model.html.j2", f"/models/{entry.id}", {"view": self._view(entry, self.look.language)})

    def model_markdown(self, entry: Entry) -> Document:
        """The same for machines and readers of plain text, in English whoever asks."""
        return document(self._filled("model.md.j2", {"view": self._view(entry, ENGLISH)}, ENGLISH), MARKDOWN)

    def pricing(self) -> Document:
        """Every price of every model."""
        words = self.languages.words(self.look.language)
        prices = {entry.id: price_words(entry, words) for entry in self.catalogue.entries}
        return self._html("pricing.html.j2", "/pricing", {"shelves": self.shelves(), "prices": prices})

    def docs_page(self, name: str) -> Document | None:
        """A part of the documents; None: there is none of this name."""
        page = self.docs.page(name)
        if page is None:
            return None
        return self._html("docs.html.j2", f"/docs/{name}", {"page": page, "docs": self.docs.pages})

    def docs_markdown(self, name: str) -> Document | None:
        """The same as Markdown."""
        page = self.docs.page(name)
        return None if page is None else document(page.markdown, MARKDOWN)

    def reference(self) -> Document:
        """Every route."""
        groups = reference_view(self.openapi())
        return self._html("reference.html.j2", "/docs/reference", {"groups": groups, "docs": self.docs.pages})

    def playground(self) -> Document:
        """A form for every model."""
        return self._html("playground.html.j2", "/playground", {"shelves": self.shelves()})

    def own(self, template: str, path: str, visitor: Visitor, facts: Mapping[str, object]) -> str:
        """A page that knows its visitor."""
        return self._filled(template, {"path": path, **facts, "visitor": visitor})

    def maintenance(self) -> Document:
        """What every page says while operators work on the server."""
        words = self.board.now.texts.get("maintenance", "")
        return self._html("maintenance.html.j2", "", {"words": to_html(words) if words else ""})

    def missing(self) -> Document:
        """There is nothing at this address."""
        return self._html("missing.html.j2", "", {})

    def llms(self) -> Document:
        """What a language model should read first."""
        return document(self._filled("llms.txt.j2", {"shelves": self.shelves(), "docs": self.docs.pages}), PLAIN)

    def robots(self) -> Document:
        """Everything may be read except what needs a key."""
        refused = "".join(f"Disallow: {path}\n" for path in NOT_FOR_ROBOTS)
        return document(f"User-agent: *\n{refused}Sitemap: {self.base_url}/sitemap.xml\n", PLAIN)

    def sitemap(self) -> Document:
        """The addresses of all pages."""
        paths = [*FIXED, *(f"/models/{entry.id}" for entry in self.catalogue.entries)]
        paths += [f"/docs/{page.name}" for page in self.docs.pages[1:]]
        places = "".join(f"<url><loc>{self.base_url}{path}</loc></url>" for path in paths)
        return document(
            f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
            f"{places}</urlset>",
            XML,
        )

    def shelves(self) -> tuple[Shelf, ...]:
        """The endpoints that have models, with them."""
        by_name: dict[str, list[ModelSummary]] = {}
        for model in self.models.summaries():
            by_name.setdefault(model.endpoint, []).append(model)
        return tuple(Shelf(one, tuple(by_name[one.name])) for one in ENDPOINTS if one.name in by_name)

    def _modalities(self) -> tuple[Modality, ...]:
        found: list[Modality] = []
        for title, about, endpoints in MODALITIES:
            models = [model for model in self.models.summaries() if model.endpoint in endpoints]
            link = f"/models?endpoint={endpoints[0]}" if len(endpoints) == 1 else "/models"
            shown = sorted(models, key=lambda model: model.status == "retired")[:HOME_MODELS_MAX]
            found += [Modality(title, about, link, tuple(shown), len(models))] if models else []
        return tuple(found)

    def _view(self, entry: Entry, language: str) -> ModelView:
        entries = {other.id: other for other in self.catalogue.entries}
        return model_view(Models(self.models, entries, self.base_url, self.languages.words(language)), entry)

    def _html(self, template: str, path: str, facts: Mapping[str, object]) -> Document:
        return document(self._filled(template, {"path": path, **facts}), HTML)

    def _filled(self, template: str, facts: Mapping[str, object], language: str = "") -> str:
        """The text of a template, in this language, else the reader's."""
        common = {
            "base_url": self.base_url,
            "admin_url": self.admin_url,
            "models_count": len(self.catalogue.entries),
            "seconds_text": seconds_text,
            "look": self.look,
            "own_texts": self.board.now.texts.keys(),
            "visitor": NOBODY,
            "kept_query": "",
        }
        return self.templates.filled(template, {**common, **facts}, language or self.look.language)


class Wanted(Struct, frozen=True):
    """Which models a reader of the catalogue wants to see; empty: all."""

    search: str = ""
    endpoint: str = ""
    output: str = ""
    webhook: bool = False
    live: bool = False
    sort: str = ""

    def query(self) -> Mapping[str, str]:
        """How an address says it."""
        fields = {
            "search": self.search,
            "endpoint": self.endpoint,
            "output": self.output,
            "webhook": "yes" if self.webhook else "",
            "live": "yes" if self.live else "",
            "sort": self.sort,
        }
        return {name: value for name, value in fields.items() if value}

    def keeps(self, model: ModelSummary) -> bool:
        """Whether a model is one of them."""
        text = f"{model.id} {model.title} {model.maker} {model.summary} {' '.join(model.aliases)}".lower()
        return (
            self.endpoint in ("", model.endpoint)
            and self.output in ("", model.output)
            and (model.webhook or not self.webhook)
            and (model.availability == "live" or not self.live)
            and all(word in text for word in self.search.lower().split())
        )
