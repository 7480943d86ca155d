"""Pages: password, codes, and where one is signed in."""

from collections.abc import Mapping
from typing import assert_never

from msgspec import Struct

from apiinone.api.answer import Header
from apiinone.db import Tx
from apiinone.people.change_password import NotJustNow, change_password
from apiinone.people.codes import WrongCode, recovery_codes_left
from apiinone.people.passwords import CHARACTERS_MIN, WeakPassword
from apiinone.people.session_rows import Found, Session, end_session, sessions_of
from apiinone.people.sign_in import SignIn, WrongPair
from apiinone.people.sign_in_outside import IdentityRow, identities_of
from apiinone.people.step_up import (
    Renewed,
    begin_codes,
    codes_to_set_up,
    confirm_codes,
    end_codes,
    remake_recovery_codes,
)
from apiinone.people.throttles import Throttled
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther, Shown
from apiinone.web.qr_code import qr_code
from apiinone.web.sign_in_pages import later, outside_name, too_many
from apiinone.web.sign_up_pages import why_weak
from apiinone.web.step_up_pages import identity_first
from apiinone.web.visitor import SignedInAs

PATH = "/account/security"


class PasswordForm(Struct, frozen=True):
    """Its fields."""

    old_password: str = ""
    new_password: str = ""


class CodeForm(Struct, frozen=True):
    """Its field."""

    code: str = ""


class EndSessionForm(Struct, frozen=True):
    """Its field."""

    session: str = ""


async def show_security(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Everything about how one signs in."""
    del call
    return await _page(rooms, here)


async def do_change_password(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Put a new password in force."""
    form = call.form(PasswordForm)
    tried = SignIn("", form.old_password, call.address, call.agent)
    try:
        outcome = await change_password(rooms.office, _found(here), tried, form.new_password)
    except WeakPassword as weak:
        return await _page(rooms, here, {"new_password": why_weak(call, weak)}, status=422)
    match outcome:
        case Renewed(token):
            return SeeOther(PATH, "password_changed", (rooms.cookies.begin_session(token),))
        case WrongPair():
            return await _page(rooms, here, {"old_password": call.say("This is not your password.")}, status=422)
        case NotJustNow():
            return identity_first(call, here, PATH) or SeeOther(PATH)
        case Throttled():
            errors = {"old_password": too_many(call, outcome)}
            return await _page(rooms, here, errors, status=429, headers=(later(outcome),))
        case _:
            assert_never(outcome)


async def do_begin_codes(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Make a secret for an app; it is not in force yet."""
    first = identity_first(call, here, PATH)
    if first is not None:
        return first
    await begin_codes(rooms.office, here.person)
    return SeeOther(f"{PATH}#codes")


async def do_confirm_codes(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Put codes in force, and show the recovery codes once."""
    first = identity_first(call, here, PATH)
    if first is not None:
        return first
    outcome = await confirm_codes(rooms.office, _found(here), call.form(CodeForm).code)
    match outcome:
        case Renewed(token, codes):
            return Shown("recovery_codes.html.j2", {"codes": codes}, headers=(rooms.cookies.begin_session(token),))
        case WrongCode() | WrongPair():
            errors = {"code": call.say("This code is not right. Does the clock of your phone go right?")}
            return await _page(rooms, here, errors, status=422)
        case Throttled():
            return await _page(rooms, here, {"code": too_many(call, outcome)}, status=429, headers=(later(outcome),))
        case _:
            assert_never(outcome)


async def do_new_recovery_codes(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """New recovery codes in place of the old ones, shown once."""
    first = identity_first(call, here, PATH)
    if first is not None:
        return first
    codes = await remake_recovery_codes(rooms.office, _found(here))
    return Shown("recovery_codes.html.j2", {"codes": codes}) if codes else SeeOther(PATH)


async def do_end_codes(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Sign in without codes from now on."""
    first = identity_first(call, here, PATH)
    if first is not None:
        return first
    renewed = await end_codes(rooms.office, _found(here))
    return SeeOther(PATH, "codes_ended", (rooms.cookies.begin_session(renewed.token),))


async def do_end_session(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """End one of one's own sessions; one of somebody else's is none."""
    wanted = call.form(EndSessionForm).session

    async def work(tx: Tx) -> bool:
        own = {session.id for session in await sessions_of(tx, here.person.id)}
        return wanted in own and await end_session(tx, wanted)

    ended = await rooms.office.database.transact(work)
    return SeeOther(PATH, "session_ended" if ended else "")


async def _page(
    rooms: Rooms,
    here: SignedInAs,
    errors: Mapping[str, str] | None = None,
    *,
    status: int = 200,
    headers: tuple[Header, ...] = (),
) -> Shown:
    async def look(tx: Tx) -> tuple[list[Session], int, list[IdentityRow]]:
        left = await recovery_codes_left(tx, here.person.id)
        return await sessions_of(tx, here.person.id), left, await identities_of(tx, here.person.id)

    sessions, left, identities = await rooms.office.database.read(look)
    setup = codes_to_set_up(rooms.office, here.person)
    facts = {
        "here": here,
        "errors": errors or {},
        "sessions": sessions,
        "codes_left": left,
        "setup": setup,
        "qr": None if setup is None else qr_code(setup.link),
        "characters_min": CHARACTERS_MIN,
        "outside": outside_name(rooms),
        "identities": identities,
    }
    return Shown("security.html.j2", facts, status, headers)


def _found(here: SignedInAs) -> Found:
    return Found(here.session, here.person, None)
