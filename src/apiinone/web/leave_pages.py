"""Pages: taking along what we hold of somebody, and leaving."""

from collections.abc import Mapping
from typing import assert_never

from msgspec import Struct

from apiinone.api.answer import Answer
from apiinone.db import Tx
from apiinone.people.leave import Erased, NotJustNow, StillNeeded, leave
from apiinone.people.member_rows import Membership, alone_in, memberships_of
from apiinone.people.session_rows import Found
from apiinone.web.export import export_of
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther, Shown
from apiinone.web.step_up_pages import identity_first
from apiinone.web.visitor import SignedInAs

PATH = "/account/leave"


class LeaveForm(Struct, frozen=True):
    """Its field: the address, typed, so that nobody leaves by a slip."""

    email: str = ""


async def show_leave(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """What will be gone, and what stays."""
    del call
    return await _page(rooms, here)


async def do_leave(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Leave."""
    first = identity_first(call, here, PATH)
    if first is not None:
        return first
    if call.form(LeaveForm).email.strip().lower() != here.person.email:
        errors = {"email": call.say("Type your own address to show that you mean it.")}
        return await _page(rooms, here, errors, status=422)
    outcome = await leave(rooms.office, Found(here.session, here.person, None))
    match outcome:
        case Erased():
            return SeeOther("/sign-in", "erased", (rooms.cookies.end_session(),))
        case StillNeeded(title):
            text = call.say("Make somebody else owner of %(account)s first: others still belong to it.")
            return await _page(rooms, here, {"email": text % {"account": title}}, status=409)
        case NotJustNow():
            return identity_first(call, here, PATH) or SeeOther(PATH)
        case _:
            assert_never(outcome)


async def download_export(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Everything that we hold of somebody, in one file."""
    first = identity_first(call, here, PATH)
    if first is not None:
        return first
    data = await export_of(rooms.office.database, here.person)
    disposition = (b"content-disposition", b'attachment; filename="api-in-one-export.zip"')
    return Answer(200, data, (disposition,), b"application/zip")


async def _page(rooms: Rooms, here: SignedInAs, errors: Mapping[str, str] | None = None, *, status: int = 200) -> Shown:
    async def look(tx: Tx) -> tuple[list[Membership], list[str]]:
        return await memberships_of(tx, here.person.id), await alone_in(tx, here.person.id)

    memberships, alone = await rooms.office.database.read(look)
    closing = [one for one in memberships if one.account_id in alone]
    staying = [one for one in memberships if one.account_id not in alone]
    facts = {"here": here, "closing": closing, "staying": staying, "errors": errors or {}}
    return Shown("leave.html.j2", facts, status)
