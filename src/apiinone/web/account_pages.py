"""Pages: where one arrives after signing in, and the two switches in the head of every page."""

from msgspec import Struct

from apiinone.core.errors import BadRequest, NotFound
from apiinone.db import Tx
from apiinone.people.member_rows import Membership, memberships_of
from apiinone.people.session_rows import go_to_account, set_mode
from apiinone.web.forms import local_path
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther, Shown
from apiinone.web.sign_in_pages import HOME
from apiinone.web.visitor import SignedInAs


class SwitchForm(Struct, frozen=True):
    """What is chosen, and where to go on."""

    chosen: str = ""
    next: str = ""


async def show_account(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """The account, what one is there, and where to go from here."""

    async def look(tx: Tx) -> list[Membership]:
        return await memberships_of(tx, here.person.id)

    found = await rooms.office.database.read(look)
    return Shown("account.html.j2", {"memberships": found, "member": call.visitor.member})


async def do_go_to_account(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Look at another account that one belongs to. Raises NotFound for any other."""
    form = call.form(SwitchForm)

    async def work(tx: Tx) -> None:
        own = {membership.account_id for membership in await memberships_of(tx, here.person.id)}
        if form.chosen not in own:
            raise NotFound("You belong to no such account.")
        await go_to_account(tx, here.session.id, form.chosen)

    await rooms.office.database.transact(work)
    return SeeOther(HOME)


async def do_set_mode(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Turn the switch between test and live."""
    form = call.form(SwitchForm)

    async def work(tx: Tx) -> None:
        match form.chosen:
            case "test" | "live":
                await set_mode(tx, here.session.id, form.chosen)
            case _:
                raise BadRequest("The switch says test or live.", param="chosen")

    await rooms.office.database.transact(work)
    return SeeOther(local_path(form.next, HOME))
