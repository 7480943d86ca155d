"""Puts the site together from what the API has."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import cache

from starlette.types import ASGIApp

from apiinone.addresses import read_networks
from apiinone.core.errors import Overloaded
from apiinone.providers.local.brief import TARGET, Brief, Drawing
from apiinone.sandbox import Sandbox, SandboxFailed
from apiinone.web.docs_pages import Docs
from apiinone.web.forms import FormGuard
from apiinone.web.languages import Languages, Look
from apiinone.web.own_key_door import OwnKeyDoor
from apiinone.web.page_pipeline import PagePipeline
from apiinone.web.page_route import Rooms
from apiinone.web.page_routes import ROUTES
from apiinone.web.page_table import PageTable
from apiinone.web.pages import Pages
from apiinone.web.pictures import Motif, Pictures
from apiinone.web.recognise import Recogniser
from apiinone.web.site import Opened, Site
from apiinone.web.static_files import StaticFiles
from apiinone.web.templates_of_pages import Templates

DRAWN_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class SiteParts:
    """What pages are drawn with."""

    static: Callable[[], StaticFiles]
    templates: Callable[[], Templates]
    languages: Languages
    draw: Callable[[Motif], Awaitable[bytes]]
    form_key: bytes
    """What binds forms to who was shown them."""
    admin_url: str
    """Where operators reach `/admin`; empty: at the address of the site."""


def site_parts(
    languages: Languages, draw: Callable[[Motif], Awaitable[bytes]], form_key: bytes, admin_url: str
) -> SiteParts:
    """Nothing is read before the first page or letter is asked for."""
    static = cache(StaticFiles)
    return SiteParts(static, cache(lambda: Templates(static(), languages)), languages, draw, form_key, admin_url)


def make_site(api: ASGIApp, rooms: Rooms, site: SiteParts) -> Site:
    """The site in front of this API."""
    house, base_url = rooms.house, rooms.base_url

    @cache
    def opened() -> Opened:
        pages = Pages(
            running=house.context.running,
            models=house.pages,
            templates=site.templates(),
            docs=Docs(base_url),
            openapi=house.document,
            base_url=base_url,
            board=house.context.board,
            languages=site.languages,
            look=Look(),
            admin_url=site.admin_url,
        )

        @cache
        def pages_of(look: Look) -> Pages:
            return replace(pages, look=look)

        return Opened(site.static(), pages_of)

    guard = FormGuard(site.form_key, base_url)

    @cache
    def own() -> PagePipeline:
        trusted = read_networks(house.context.rules.trusted_proxies)
        return PagePipeline(rooms, PageTable(ROUTES), guard, (trusted, opened().pages_of))

    @cache
    def door() -> OwnKeyDoor:
        return OwnKeyDoor(api, Recogniser(rooms, guard), guard)

    return Site(api, opened, Pictures(site.draw), (own, door), house.context.board)


def drawing_with(sandbox: Sandbox) -> Callable[[Motif], Awaitable[bytes]]:
    """Draws in the child process that also makes test pictures. Raises Overloaded where it cannot now."""

    async def draw(motif: Motif) -> bytes:
        brief = Brief(motif.words, motif.width, motif.height, "webp", motif.seed)
        try:
            drawing = await sandbox.call(TARGET, brief, Drawing, timeout_s=DRAWN_WITHIN_S)
        except SandboxFailed as error:
            raise Overloaded("the picture cannot be drawn now") from error
        return drawing.data

    return draw
