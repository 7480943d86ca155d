"""The site in front of the API: a page where the address is one, else whatever the API answers."""

import logging
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from apiinone.api.answer import Answer, Header
from apiinone.api.responding import respond
from apiinone.core.errors import Refusal
from apiinone.web.answer_page import Document, answer, document, moved
from apiinone.web.pages import PLAIN, Pages, Wanted
from apiinone.web.pictures import Pictures
from apiinone.web.static_files import PREFIX, StaticFiles

OURS: Final = ("/api/", "/healthz", "/readyz", "/metrics", "/openapi.json")
"""What begins so is the API's, found or not."""
MODELS: Final = ("/models/", "/model/")
DOCS: Final = "/docs/"
PICTURES: Final = "/pictures/"
TEXT_CHARACTERS_MAX: Final = 100
FIELDS_MAX: Final = 12
_LOG: Final = logging.getLogger(__name__)
DESKS: Final[Mapping[str, str]] = {"/usage": "usage.html.j2", "/billing/credits": "credits.html.j2"}
"""Pages that ask the API with the reader's own key, in the browser."""
Page = Callable[[], Document]


class Site:
    """Answers GET and HEAD of pages."""

    def __init__(self, api: ASGIApp, opened: Callable[[], tuple[Pages, StaticFiles]], pictures: Pictures) -> None:
        """Take the API and what pages are made of, opened when the first is asked for."""
        self._api = api
        self._opened = opened
        self._pictures = pictures
        self._made: dict[str, Document] = {}
        self._state: object = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"].startswith(OURS) or scope["method"] not in ("GET", "HEAD"):
            await self._api(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        try:
            reply = await self._reply(scope["path"], scope["query_string"], headers)
        except Exception:  # noqa: BLE001 - whatever it is, the reader gets a page and the log the reason
            _LOG.exception("a page failed", extra={"path": scope["path"]})
            reply = answer(document("This page cannot be shown now.", PLAIN), headers, status=500)
        if reply is None and b"text/html" in headers.get(b"accept", b""):
            reply = answer(self._kept("missing", self._pages.missing), headers, status=404)
        if reply is None:
            await self._api(scope, receive, send)
            return
        common: list[Header] = [(b"x-content-type-options", b"nosniff")]
        await respond(reply, common, (scope, receive, send))

    async def _reply(self, path: str, query: bytes, headers: Mapping[bytes, bytes]) -> Answer | None:
        """The answer of a page; None: there is none at this address."""
        if path.startswith(PREFIX):
            found = self._opened()[1].document(path)
            return None if found is None else answer(found, headers, for_ever=True)
        if path.startswith(PICTURES):
            return await self._picture(path.removeprefix(PICTURES), headers)
        if path == "/models" and query:
            return answer(self._pages.listing(wanted(query)), headers)
        for prefix in MODELS:
            if path.startswith(prefix):
                return self._model(path.removeprefix(prefix), prefix, headers)
        if path.startswith(DOCS) and path != "/docs/reference":
            return self._docs(path.removeprefix(DOCS), headers)
        make = self._fixed().get(path)
        return None if make is None else answer(self._kept(path, make), headers)

    def _fixed(self) -> Mapping[str, Page]:
        pages = self._pages
        return {
            "/": pages.home,
            "/models": lambda: pages.listing(Wanted()),
            "/pricing": pages.pricing,
            "/docs": lambda: pages.docs_page(pages.docs.pages[0].name) or pages.missing(),
            "/docs/reference": pages.reference,
            "/playground": pages.playground,
            "/llms.txt": pages.llms,
            "/robots.txt": pages.robots,
            "/sitemap.xml": pages.sitemap,
            **{path: (lambda path=path, name=name: pages.desk(path, name)) for path, name in DESKS.items()},
        }

    def _model(self, name: str, prefix: str, headers: Mapping[bytes, bytes]) -> Answer | None:
        as_text = name.endswith(".md")
        entry = self._pages.catalogue.entry(name.removesuffix(".md"))
        if entry is None:
            return None
        if as_text:
            return answer(self._kept(f"{entry.id}.md", lambda: self._pages.model_markdown(entry)), headers)
        if name != entry.id and prefix == MODELS[0]:
            return moved(f"{MODELS[0]}{entry.id}")
        return answer(self._kept(entry.id, lambda: self._pages.model(entry)), headers)

    def _docs(self, name: str, headers: Mapping[bytes, bytes]) -> Answer | None:
        if name.endswith(".md"):
            found = self._pages.docs_markdown(name.removesuffix(".md"))
        else:
            found = self._pages.docs_page(name)
        return None if found is None else answer(found, headers)

    async def _picture(self, name: str, headers: Mapping[bytes, bytes]) -> Answer | None:
        entry = self._pages.catalogue.entry(name.removesuffix(".webp"))
        if entry is None or not name.endswith(".webp"):
            return None
        try:
            return answer(document(await self._pictures.of(entry), b"image/webp"), headers)
        except Refusal:  # the engine is busy or failed: the card goes without
            return None

    @property
    def _pages(self) -> Pages:
        return self._opened()[0]

    def _kept(self, name: str, make: Page) -> Document:
        """The page as it was made since the day or the reachable providers changed."""
        state = self._pages.models.state()
        if self._state != state:
            self._state, self._made = state, {}
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]


def wanted(query: bytes) -> Wanted:
    """What a query of the catalogue asks for; what is not known is ignored, as browsers and links bring all kinds."""
    try:
        pairs = parse_qsl(query.decode("latin-1"), max_num_fields=FIELDS_MAX)
    except ValueError:
        return Wanted()
    given = {name: value[:TEXT_CHARACTERS_MAX] for name, value in pairs}
    return Wanted(
        search=given.get("search", ""),
        endpoint=given.get("endpoint", ""),
        output=given.get("output", ""),
        webhook=given.get("webhook") == "yes",
        live=given.get("live") == "yes",
        sort=given.get("sort", ""),
    )
