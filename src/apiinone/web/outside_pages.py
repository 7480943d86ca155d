"""Pages: on the way to whom people may sign in with, and back."""

import logging
from typing import Final, assert_never

from apiinone.core.errors import NotFound
from apiinone.people.ask_outside import OutsideDoor
from apiinone.people.outside import (
    Flight,
    Identity,
    NotProven,
    begin_flight,
    landed,
    sealed_flight,
)
from apiinone.people.session_rows import Found
from apiinone.people.sign_in import SignedIn, SignIn
from apiinone.people.sign_in_outside import (
    Added,
    Dropped,
    KnownOtherwise,
    NoAddress,
    NotJustNow,
    NotOpen,
    SomebodyElses,
    StillNeeded,
    Suspended,
    add_identity,
    drop_identities,
    sign_in_outside,
)
from apiinone.web.forms import local_path
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther, Shown
from apiinone.web.sign_in_pages import HOME, begun
from apiinone.web.step_up_pages import identity_first
from apiinone.web.visitor import SignedInAs

SECURITY: Final = "/account/security"
BACK: Final = "/sign-in/with/back"
CODE_CHARACTERS_MAX: Final = 2048
_LOG: Final = logging.getLogger(__name__)


async def go_outside(rooms: Rooms, call: PageCall) -> PageReply:
    """Go and sign in there."""
    return await _departed(rooms, call, local_path(call.query.get("next", ""), HOME), "")


async def go_outside_to_add(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Go and come back with an identity that is added to who is signed in."""
    return identity_first(call, here, SECURITY) or await _departed(rooms, call, SECURITY, here.session.id)


async def come_back(rooms: Rooms, call: PageCall) -> PageReply:
    """Come back, and be signed in; or have the identity added."""
    door, cookies = _door(rooms), rooms.cookies
    try:
        sealed = call.cookies.get(cookies.flight, "")
        flight = landed(rooms.office.seal, sealed, call.query.get("state", ""), call.now_us)
        code = call.query.get("code", "")
        if not 0 < len(code) <= CODE_CHARACTERS_MAX:
            raise NotProven("the provider sends no code")  # noqa: TRY301 - as the other reasons are raised
        identity = await door.identity(flight, code, f"{rooms.base_url}{BACK}", rooms.house.context.clock.now_us)
    except NotProven as reason:
        _LOG.warning("somebody came back unproven", extra={"reason": str(reason)})
        return _failed(rooms, "not_proven", 400)
    return await (_added if flight.session_id else _signed_in)(rooms, call, flight, identity)


async def do_drop_identities(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Sign in with the password alone from now on."""
    first = identity_first(call, here, SECURITY)
    if first is not None:
        return first
    outcome = await drop_identities(rooms.office, here.person.id)
    match outcome:
        case Dropped():
            return SeeOther(SECURITY, "identity_dropped")
        case StillNeeded():
            return SeeOther(SECURITY, "set_a_password_first")
        case _:
            assert_never(outcome)


async def _departed(rooms: Rooms, call: PageCall, next_path: str, session_id: str) -> PageReply:
    door = _door(rooms)
    if not rooms.cookies.sessions_allowed:
        return SeeOther("/sign-in")
    flight = begin_flight(rooms.office.hashes, call.now_us, next_path, session_id)
    try:
        path = await door.address_to_go_to(flight, f"{rooms.base_url}{BACK}")
    except NotProven as reason:
        _LOG.warning("nobody can go outside", extra={"reason": str(reason)})
        return _failed(rooms, "away", 503)
    return SeeOther(path, headers=(rooms.cookies.set_flight(sealed_flight(rooms.office.seal, flight)),))


async def _signed_in(rooms: Rooms, call: PageCall, flight: Flight, identity: Identity) -> PageReply:
    tried = SignIn("", "", call.address, call.agent, call.session_id)
    outcome = await sign_in_outside(rooms.office, identity, call.visitor.language, tried)
    match outcome:
        case SignedIn():
            went_on = begun(rooms, outcome, local_path(flight.next, HOME), "signed_in")
            return SeeOther(went_on.path, went_on.flash, (*went_on.headers, rooms.cookies.end_flight()))
        case NoAddress():
            return _failed(rooms, "no_address", 403)
        case KnownOtherwise():
            return _failed(rooms, "known_otherwise", 409)
        case NotOpen():
            return _failed(rooms, "not_open", 403)
        case Suspended():
            return _failed(rooms, "suspended", 403)
        case _:
            assert_never(outcome)


async def _added(rooms: Rooms, call: PageCall, flight: Flight, identity: Identity) -> PageReply:
    here = call.visitor.signed_in
    if here is None or here.session.id != flight.session_id:
        return _failed(rooms, "not_proven", 400)
    outcome = await add_identity(rooms.office, Found(here.session, here.person, None), identity)
    match outcome:
        case Added():
            return SeeOther(SECURITY, "identity_added", (rooms.cookies.end_flight(),))
        case SomebodyElses():
            return _failed(rooms, "somebody_elses", 409)
        case NotJustNow():
            return identity_first(call, here, SECURITY) or SeeOther(SECURITY)
        case _:
            assert_never(outcome)


def _door(rooms: Rooms) -> OutsideDoor:
    """Raises NotFound where people sign in with their password alone."""
    if rooms.outside is None:
        raise NotFound("There is nothing under this path.")
    return rooms.outside


def _failed(rooms: Rooms, what: str, status: int) -> Shown:
    facts = {"what": what, "name": _door(rooms).outsider.name}
    return Shown("outside.html.j2", facts, status, (rooms.cookies.end_flight(),))
