"""Puts the site together from what the API has."""

from collections.abc import Awaitable, Callable
from functools import cache

from starlette.types import ASGIApp

from apiinone.api.house import House
from apiinone.core.errors import Overloaded
from apiinone.providers.local.brief import TARGET, Brief, Drawing
from apiinone.sandbox import Sandbox, SandboxFailed
from apiinone.web.docs_pages import Docs
from apiinone.web.pages import Pages
from apiinone.web.pictures import Motif, Pictures
from apiinone.web.site import Site
from apiinone.web.static_files import StaticFiles
from apiinone.web.templates_of_pages import Templates

DRAWN_WITHIN_S = 30.0


def make_site(api: ASGIApp, house: House, base_url: str, draw: Callable[[Motif], Awaitable[bytes]]) -> Site:
    """The site in front of this API; `base_url` is where clients reach it."""

    @cache
    def opened() -> tuple[Pages, StaticFiles]:
        static = StaticFiles()
        pages = Pages(
            catalogue=house.context.catalogue,
            models=house.pages,
            templates=Templates(static),
            docs=Docs(base_url),
            openapi=house.document,
            base_url=base_url,
        )
        return pages, static

    return Site(api, opened, Pictures(draw))


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
