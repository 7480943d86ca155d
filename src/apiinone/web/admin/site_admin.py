"""/admin/site: who may sign up, draining, maintenance, and the texts that the site shows."""

from typing import Final, cast, get_args

from msgspec import Struct

from apiinone.control.switch_commands import TEXT_CHARACTERS_MAX, SetText, SwitchHouse
from apiinone.core.errors import BadRequest, Conflict, NotFound
from apiinone.switchboard.standing import HouseSwitch, TextName
from apiinone.web.admin.admin_page import Problem, admin_page, carried_out, problem_of
from apiinone.web.languages import marked
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther
from apiinone.web.visitor import SignedInAs

TEXTS: Final[tuple[tuple[TextName, str, str], ...]] = (
    ("terms", marked("Terms"), marked("At /terms, and named at the foot of every page.")),
    ("privacy", marked("Privacy"), marked("At /privacy, and named at the foot of every page.")),
    (
        "acceptable-use",
        marked("Acceptable use"),
        marked("At /acceptable-use, and named at the foot of every page."),
    ),
    ("incident", marked("Open incident"), marked("Shown on the public status page until it is taken away.")),
    ("maintenance", marked("Maintenance"), marked("Shown on every page of the site while maintenance is on.")),
)


class SwitchForm(Struct, frozen=True):
    """Turn a switch."""

    name: str = ""
    value: str = ""
    reason: str = ""

    def command(self) -> SwitchHouse:
        """What is to be done. Raises BadRequest naming the field."""
        if self.name not in get_args(HouseSwitch):
            raise BadRequest("There is no such switch.", param="name")
        return SwitchHouse(cast("HouseSwitch", self.name), self.value, self.reason)


class TextForm(Struct, frozen=True):
    """A text's new words."""

    markdown: str = ""
    reason: str = ""


async def show_site(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """The switches and the texts."""
    del call, here
    return _site(rooms)


async def do_switch_site(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Turn one of the switches."""
    form = call.form(SwitchForm)
    try:
        await carried_out(rooms, here, form.command())
    except (BadRequest, Conflict) as refusal:
        return _site(rooms, problem_of(refusal, call, form.name))
    return SeeOther("/admin/site", "switched_everywhere")


async def show_text(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """One text, to be written anew."""
    del here
    return _text(rooms, call)


async def do_set_text(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Put it in place; an empty one takes it away."""
    form, name = call.form(TextForm), _name(call)
    try:
        await carried_out(rooms, here, SetText(name, form.markdown, form.reason))
    except (BadRequest, Conflict) as refusal:
        return _text(rooms, call, problem_of(refusal, call, "text"))
    return SeeOther("/admin/site", "switched_everywhere")


def _site(rooms: Rooms, problem: Problem | None = None) -> PageReply:
    return admin_page(rooms, "site", {"texts": TEXTS, "setting": rooms.office.sign_up}, problem)


def _text(rooms: Rooms, call: PageCall, problem: Problem | None = None) -> PageReply:
    name = _name(call)
    title, about = next((title, about) for one, title, about in TEXTS if one == name)
    words = rooms.house.context.board.now.texts.get(name, "")
    facts = {"name": name, "title": title, "about": about, "words": words, "characters_max": TEXT_CHARACTERS_MAX}
    return admin_page(rooms, "text", facts, problem)


def _name(call: PageCall) -> TextName:
    if call.ids["text"] not in get_args(TextName):
        raise NotFound("There is no such text.")
    return cast("TextName", call.ids["text"])
