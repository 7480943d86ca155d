"""/admin/accounts/…/view: an operator looks at an account's console as its viewers see it, and stops (hazard 46)."""

from msgspec import Struct

from apiinone.core.errors import BadRequest
from apiinone.people.viewing import stop_viewing, view_account
from apiinone.web.admin.account_admin import account_id_of, account_page
from apiinone.web.admin.admin_page import problem_of
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther
from apiinone.web.visitor import SignedInAs


class ViewForm(Struct, frozen=True):
    """Why."""

    reason: str = ""


async def do_view(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Look at it from now on. Raises NotFound."""
    form, account_id = call.form(ViewForm), account_id_of(call)
    try:
        await view_account(rooms.office, here.session, account_id, form.reason)
    except BadRequest as refusal:
        return await account_page(rooms, call, here, problem_of(refusal, call, "view"))
    return SeeOther("/console")


async def do_stop_viewing(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Look at one's own again."""
    viewed = call.visitor.viewed
    if viewed is None:  # its time was over
        return SeeOther("/admin")
    await stop_viewing(rooms.office, here.session, viewed)
    return SeeOther(f"/admin/accounts/{viewed.membership.account_id}")
