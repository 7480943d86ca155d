"""Pages: what somebody says of themselves, and their address."""

from collections.abc import Mapping
from typing import assert_never

from msgspec import Struct

from apiinone.api.answer import Header
from apiinone.people.confirm import LinkOver, sent_to
from apiinone.people.email_address import NotAnAddress
from apiinone.people.profile import AddressChanged, Profile, ask_for_new_address, change_address, set_profile
from apiinone.people.sign_up import NAME_CHARACTERS_MAX, LetterSent
from apiinone.people.throttles import Throttled
from apiinone.web.moments import is_time_zone, time_zones
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther, Shown
from apiinone.web.sign_in_pages import later, too_many
from apiinone.web.sign_up_pages import NO_REFERRER, TOKEN_CHARACTERS_MAX
from apiinone.web.step_up_pages import identity_first
from apiinone.web.visitor import SignedInAs

PATH = "/account/profile"


class ProfileForm(Struct, frozen=True):
    """Its fields."""

    name: str = ""
    language: str = ""
    time_zone: str = ""


class AddressForm(Struct, frozen=True):
    """Its field."""

    email: str = ""


class TokenForm(Struct, frozen=True):
    """Its field."""

    token: str = ""


async def show_profile(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """The forms."""
    del call
    return _page(rooms, here)


async def do_profile(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Store what they say."""
    form = call.form(ProfileForm)
    name = form.name.strip()
    errors: dict[str, str] = {}
    if not name or len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
        errors["name"] = call.say("Say what you want to be called, in at most 80 characters.")
    if form.language not in ("", *rooms.languages.names):
        errors["language"] = call.say("There is no such language here.")
    if not is_time_zone(form.time_zone):
        errors["time_zone"] = call.say("There is no such time zone.")
    if errors:
        return _page(rooms, here, form, errors, status=422)
    await set_profile(rooms.office, here.person.id, Profile(name, form.language, form.time_zone))
    chosen = (rooms.cookies.set_language(form.language),) if form.language else ()
    return SeeOther(PATH, "profile_saved", chosen)


async def do_ask_for_new_address(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Send a link to the new address."""
    first = identity_first(call, here, PATH)
    if first is not None:
        return first
    form = call.form(AddressForm)
    try:
        outcome = await ask_for_new_address(rooms.office, here.person, form.email, call.address)
    except NotAnAddress:
        errors = {"email": call.say("This is not an e-mail address.")}
        return _page(rooms, here, None, {**errors, "typed": form.email}, status=422)
    match outcome:
        case LetterSent(email):
            return Shown("letter_sent.html.j2", {"email": email, "about": "address"})
        case Throttled():
            return _page(rooms, here, None, {"email": too_many(call, outcome)}, status=429, headers=(later(outcome),))
        case _:
            assert_never(outcome)


async def show_change_address(rooms: Rooms, call: PageCall) -> PageReply:
    """The button that a letter to the new address leads to."""
    token = call.query.get("token", "")[:TOKEN_CHARACTERS_MAX]
    email = await sent_to(rooms.office, "change_address", token)
    if email is None:
        return Shown("link_over.html.j2", {"about": "address"}, status=410)
    return Shown("change_address.html.j2", {"token": token, "email": email}, headers=(NO_REFERRER,))


async def do_change_address(rooms: Rooms, call: PageCall) -> PageReply:
    """Move to the new address."""
    outcome = await change_address(rooms.office, call.form(TokenForm).token[:TOKEN_CHARACTERS_MAX])
    match outcome:
        case AddressChanged():
            return SeeOther(PATH, "address_changed")
        case LinkOver():
            return Shown("link_over.html.j2", {"about": "address"}, status=410)
        case _:
            assert_never(outcome)


def _page(  # noqa: PLR0913 - what the page shows, by name
    rooms: Rooms,
    here: SignedInAs,
    form: ProfileForm | None = None,
    errors: Mapping[str, str] | None = None,
    *,
    status: int = 200,
    headers: tuple[Header, ...] = (),
) -> Shown:
    person = here.person
    said = form or ProfileForm(person.name, person.language, person.time_zone)
    facts = {
        "here": here,
        "form": said,
        "errors": errors or {},
        "time_zones": time_zones(),
        "own_names": rooms.languages.own_names(),
    }
    return Shown("profile.html.j2", facts, status, headers)
