"""Pages: an invitation, followed by who is signed in, who has to sign in, or who is new here."""

from collections.abc import Mapping
from typing import assert_never

from msgspec import Struct

from apiinone.accounts.account_rows import account_by_id
from apiinone.db import Tx
from apiinone.people.confirm import LinkOver
from apiinone.people.mail_links import MailLink
from apiinone.people.members import Done, Full, OtherAddress, accept, invitation
from apiinone.people.passwords import CHARACTERS_MIN, WeakPassword
from apiinone.people.person_rows import person_by_email
from apiinone.people.sign_in import SignedIn, SignIn
from apiinone.people.sign_up import NAME_CHARACTERS_MAX, NotOpen
from apiinone.people.sign_up_invited import sign_up_invited
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther, Shown
from apiinone.web.sign_in_pages import HOME, begun
from apiinone.web.sign_up_pages import NO_REFERRER, TOKEN_CHARACTERS_MAX, why_weak
from apiinone.web.visitor import SignedInAs

OVER = Shown("link_over.html.j2", {"about": "invitation"}, status=410)


class InvitedForm(Struct, frozen=True):
    """Its fields."""

    token: str = ""
    name: str = ""
    password: str = ""


class AcceptForm(Struct, frozen=True):
    """Its field."""

    token: str = ""


async def show_invitation(rooms: Rooms, call: PageCall) -> PageReply:
    """What one is invited to, and what to do to accept."""
    return await _page(rooms, call, InvitedForm(call.query.get("token", "")[:TOKEN_CHARACTERS_MAX]))


async def do_sign_up_invited(rooms: Rooms, call: PageCall) -> PageReply:
    """Make a person of who is new here."""
    form = call.form(InvitedForm)
    if not form.name.strip() or len(form.name) > NAME_CHARACTERS_MAX or not form.name.isprintable():
        return await _page(rooms, call, form, {"name": call.say("Say what you want to be called.")})
    tried = SignIn("", form.password, call.address, call.agent, call.session_id)
    token = form.token[:TOKEN_CHARACTERS_MAX]
    try:
        outcome = await sign_up_invited(rooms.office, token, form.name, call.visitor.language, tried)
    except WeakPassword as weak:
        return await _page(rooms, call, form, {"password": why_weak(call, weak)})
    match outcome:
        case SignedIn():
            return begun(rooms, outcome, HOME, "joined")
        case LinkOver() | Full() | NotOpen():
            return OVER
        case _:
            assert_never(outcome)


async def do_accept(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Join the account, for who is signed in."""
    token = call.form(AcceptForm).token[:TOKEN_CHARACTERS_MAX]
    outcome = await accept(rooms.office, here.person, here.session.id, token)
    match outcome:
        case Done():
            return SeeOther(HOME, "joined")
        case OtherAddress():
            return await _page(rooms, call, InvitedForm(token))
        case LinkOver() | Full():
            return OVER
        case _:
            assert_never(outcome)


async def _page(rooms: Rooms, call: PageCall, form: InvitedForm, errors: Mapping[str, str] | None = None) -> Shown:
    token = form.token[:TOKEN_CHARACTERS_MAX]
    link = await invitation(rooms.office, token)
    if link is None or link.account_id is None:
        return OVER

    async def look(tx: Tx) -> tuple[str, bool]:
        account = await account_by_id(tx, link.account_id or "")
        person = await person_by_email(tx, link.email)
        title = "" if account is None else account.name or account.email
        return title, person is not None and person.verified_us is not None

    title, known = await rooms.office.database.read(look)
    facts = {
        "form": InvitedForm(token, form.name),
        "errors": errors or {},
        "link": link,
        "title": title,
        "what": _what(call, link, known=known),
        "sign_up": rooms.office.sign_up_now,
        "characters_min": CHARACTERS_MIN,
    }
    return Shown("invitation.html.j2", facts, 422 if errors else 200, (NO_REFERRER,))


def _what(call: PageCall, link: MailLink, *, known: bool) -> str:
    """What there is to do: `accept`, `other` (signed in as somebody else), `sign_in`, or `sign_up`."""
    here = call.visitor.signed_in
    if here is not None:
        return "accept" if here.person.email == link.email else "other"
    return "sign_in" if known else "sign_up"
