"""The site in front of the API: a page where the address is one, else whatever the API answers."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from msgspec.structs import replace
from starlette.types import ASGIApp, Receive, Scope, Send

from apiinone.api.answer import Answer, Header, Streamed
from apiinone.api.call import ClientGone
from apiinone.api.responding import respond
from apiinone.core.errors import Refusal
from apiinone.switchboard.standing import MAINTENANCE_RETRY_S, Board
from apiinone.web.answer_page import Document, answer, document, moved
from apiinone.web.languages import Look
from apiinone.web.own_key_door import WITH_KEY, DoorMaker
from apiinone.web.page_pipeline import PagePipeline
from apiinone.web.pages import PLAIN, Pages, Wanted
from apiinone.web.pictures import Pictures
from apiinone.web.static_files import PREFIX, StaticFiles

OURS: Final = ("/api/", "/healthz", "/readyz", "/metrics", "/openapi.json")
"""What begins so is the API's, found or not."""
OPEN_IN_MAINTENANCE: Final = (
    *("/static/", "/status", "/admin", "/sign-in", "/sign-out", "/confirm-identity", "/account/security"),
    *("/terms", "/privacy", "/acceptable-use"),
)
"""What goes on while the server is worked on: the operators' pages with the way to them, and what is known of it."""
MODELS: Final = ("/models/", "/model/")
DOCS: Final = "/docs/"
PICTURES: Final = "/pictures/"
TEXT_CHARACTERS_MAX: Final = 100
FIELDS_MAX: Final = 12
_LOG: Final = logging.getLogger(__name__)
Page = Callable[[], Document]


@dataclass(frozen=True, slots=True)
class Opened:
    """What pages are made of."""

    static: StaticFiles
    pages_of: Callable[[Look], Pages]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request of a page that everybody sees alike, in their language."""

    path: str
    query: bytes
    headers: Mapping[bytes, bytes]
    look: Look
    pages: Pages


class Site:
    """Answers GET and HEAD of pages that all see alike, and whatever is asked of those that know their visitor."""

    def __init__(
        self,
        api: ASGIApp,
        opened: Callable[[], Opened],
        pictures: Pictures,
        own: tuple[Callable[[], PagePipeline], DoorMaker],
        board: Board,
    ) -> None:
        """Take the API and what pages are made of, opened when the first is asked for; and what is switched."""
        self._board = board
        self._api = api
        self._opened = opened
        self._pictures = pictures
        self._own, self._door = own
        self._made: dict[tuple[str, Look], Document] = {}
        self._state: object = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request; one of the API is handed on as it is."""
        if scope["type"] != "http" or scope["path"].startswith(OURS):
            return self._api(scope, receive, send)
        if scope["path"].startswith(WITH_KEY):
            return self._door()(scope, receive, send)
        return self._show(scope, receive, send)

    async def _show(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            reply = await self._answer(scope, receive)
        except ClientGone:
            return
        if reply is None:
            await self._api(scope, receive, send)
            return
        common: list[Header] = [(b"x-content-type-options", b"nosniff")]
        await respond(reply, common, (scope, receive, send))

    def made_ready(self) -> Iterator[str]:
        """Do what the first page would wait for, step by step; each may be taken in a thread."""
        yield from self._opened().pages_of(Look()).templates.compiled()

    async def _answer(self, scope: Scope, receive: Receive) -> Answer | Streamed | None:
        """A page's answer; None: the address is none of ours."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        try:
            if self._closed() and not scope["path"].startswith(OPEN_IN_MAINTENANCE):
                return self._maintenance(headers, scope["query_string"])
            found = self._own().find(scope["method"], scope["path"])
            if found is not None:
                return await self._own().answer(found, scope, receive)
            if scope["method"] not in ("GET", "HEAD"):
                return None
            look, cookies = self._own().look(headers, scope["query_string"])
            pages = self._opened().pages_of(look)
            asked = _Asked(scope["path"], scope["query_string"], headers, look, pages)
            reply = await self._reply(asked)
            if reply is None and b"text/html" in headers.get(b"accept", b""):
                reply = answer(self._kept("missing", asked, pages.missing), headers, status=404)
        except ClientGone:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the reader gets a page and the log the reason
            _LOG.exception("a page failed", extra={"route": scope["path"]})
            return answer(document("This page cannot be shown now.", PLAIN), headers, status=500)
        return reply if reply is None or not cookies else replace(reply, headers=(*reply.headers, *cookies))

    def _closed(self) -> bool:
        """Whether operators work on the server; nothing is opened to find out."""
        return self._board.now.maintenance

    def _maintenance(self, headers: Mapping[bytes, bytes], query: bytes) -> Answer:
        """503 with a page that says so; it is made anew each time, because its words may change."""
        look, _ = self._own().look(headers, query)
        made = answer(self._opened().pages_of(look).maintenance(), headers, status=503)
        return replace(made, headers=(*made.headers, (b"retry-after", b"%d" % MAINTENANCE_RETRY_S)))

    async def _reply(self, asked: _Asked) -> Answer | None:
        """The answer of a page; None: there is none at this address."""
        path, headers = asked.path, asked.headers
        if path.startswith(PREFIX):
            found = self._opened().static.document(path)
            return None if found is None else answer(found, headers, for_ever=True)
        if path.startswith(PICTURES):
            return await self._picture(path.removeprefix(PICTURES), asked)
        if path == "/models" and asked.query:
            return answer(asked.pages.listing(wanted(asked.query)), headers)
        for prefix in MODELS:
            if path.startswith(prefix):
                return self._model(path.removeprefix(prefix), prefix, asked)
        if path.startswith(DOCS) and path != "/docs/reference":
            return self._docs(path.removeprefix(DOCS), asked)
        make = _fixed(asked.pages).get(path)
        return None if make is None else answer(self._kept(path, asked, make), headers)

    def _model(self, name: str, prefix: str, asked: _Asked) -> Answer | None:
        as_text = name.endswith(".md")
        pages = asked.pages
        entry = pages.catalogue.entry(name.removesuffix(".md"))
        if entry is None:
            return None
        if as_text:
            return answer(self._kept(f"{entry.id}.md", asked, lambda: pages.model_markdown(entry)), asked.headers)
        if name != entry.id and prefix == MODELS[0]:
            return moved(f"{MODELS[0]}{entry.id}")
        return answer(self._kept(entry.id, asked, lambda: pages.model(entry)), asked.headers)

    def _docs(self, name: str, asked: _Asked) -> Answer | None:
        if name.endswith(".md"):
            found = asked.pages.docs_markdown(name.removesuffix(".md"))
        else:
            found = asked.pages.docs_page(name)
        return None if found is None else answer(found, asked.headers)

    async def _picture(self, name: str, asked: _Asked) -> Answer | None:
        entry = asked.pages.catalogue.entry(name.removesuffix(".webp"))
        if entry is None or not name.endswith(".webp"):
            return None
        try:
            return answer(document(await self._pictures.of(entry), b"image/webp"), asked.headers)
        except Refusal:  # the engine is busy or failed: the card goes without
            return None

    def _kept(self, name: str, asked: _Asked, make: Page) -> Document:
        """The page as it was made since the last change of what pages follow from, in this language."""
        state = asked.pages.models.state()
        if self._state != state:
            self._state, self._made = state, {}
        key = (name, asked.look)
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]


def _fixed(pages: Pages) -> Mapping[str, Page]:
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
    }


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
