"""Pages that are an operator's words: terms, privacy, acceptable use. Each is there once its text is set."""

from collections.abc import Awaitable, Callable
from typing import Final

from apiinone.core.errors import NotFound
from apiinone.switchboard.standing import TextName
from apiinone.web.languages import marked
from apiinone.web.markdown import to_html
from apiinone.web.page_route import PageCall, PageReply, PageRoute, Public, Rooms, Shown, get
from apiinone.web.status_page import show_status

SHOWN: Final[tuple[tuple[TextName, str], ...]] = (
    ("terms", marked("Terms")),
    ("privacy", marked("Privacy")),
    ("acceptable-use", marked("Acceptable use")),
)
"""Which texts have a page of their own, and what its title is; the address is the name."""

HEADING: Final = "# "


def _showing(name: TextName, title: str) -> Callable[[Rooms, PageCall], Awaitable[PageReply]]:
    async def show(rooms: Rooms, call: PageCall) -> PageReply:
        words = rooms.house.context.board.now.texts.get(name, "")
        if not words:
            raise NotFound("There is nothing under this path.")
        first, _, rest = words.partition("\n")
        if first.startswith(HEADING):  # the text brings a title of its own
            return Shown("text_page.html.j2", {"title": first.removeprefix(HEADING).strip(), "body": to_html(rest)})
        return Shown("text_page.html.j2", {"title": call.say(title), "body": to_html(words)})

    return show


WORDS: Final[tuple[PageRoute, ...]] = (
    get("/status", Public(show_status)),
    *(
        PageRoute(method="GET", path=f"/{name}", name=f"show_{name}", authority=Public(_showing(name, title)), ids=())
        for name, title in SHOWN
    ),
)
