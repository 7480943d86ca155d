"""The documents of the site: one page for each part of `web/docs/api.md`, with this server's own address in it."""

import re
from functools import cached_property
from pathlib import Path
from typing import Final

from msgspec import Struct

from apiinone.web.markdown import slug, to_html

SOURCE: Final = Path(__file__).parent / "docs" / "api.md"
_HEADING: Final = re.compile(r"^## (.+)$", re.MULTILINE)
_ANCHOR: Final = re.compile(r"\]\(#([a-z0-9-]+)\)")


class DocsPage(Struct, frozen=True):
    """One page: its name in the address, its title, its text in Markdown and in HTML."""

    name: str
    title: str
    markdown: str
    html: str


class Docs:
    """All pages, made from the source when the first is asked for."""

    def __init__(self, base_url: str) -> None:
        """Take the address that clients use."""
        self._base_url = base_url

    @cached_property
    def pages(self) -> tuple[DocsPage, ...]:
        """The pages in their order; the first is the introduction."""
        text = SOURCE.read_text(encoding="utf-8").replace("API=http://127.0.0.1:8400", f"API={self._base_url}")
        head, *parts = _HEADING.split(text)
        title, _, introduction = head.removeprefix("# ").partition("\n")
        chapters = [("Quick start", introduction.strip()), *zip(parts[::2], map(str.strip, parts[1::2]), strict=True)]
        chapters[0] = ("Quick start", f"{title.strip()}.\n\n{introduction.strip()}")
        names = {slug(name) for name, _ in chapters}
        return tuple(_page(name, body, names) for name, body in chapters)

    def page(self, name: str) -> DocsPage | None:
        """The page of this name; None: there is none."""
        return next((page for page in self.pages if page.name == name), None)


def _page(title: str, body: str, names: set[str]) -> DocsPage:
    """Links to another part of the source become links to its page."""

    def lead(found: re.Match[str]) -> str:
        return f"](/docs/{found[1]})" if found[1] in names else found[0]

    text = _ANCHOR.sub(lead, body)
    return DocsPage(slug(title), title, f"# {title}\n\n{text}\n", to_html(text))
