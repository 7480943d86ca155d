"""Pages: a forgotten password."""

from collections.abc import Mapping
from typing import Final, assert_never

from msgspec import Struct

from apiinone.api.answer import Header
from apiinone.people.confirm import LinkOver, sent_to
from apiinone.people.email_address import NotAnAddress
from apiinone.people.passwords import CHARACTERS_MIN, WeakPassword
from apiinone.people.reset_password import PasswordSet, ask_for_reset, set_forgotten_password
from apiinone.people.sign_up import LetterSent
from apiinone.people.throttles import Throttled
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther, Shown
from apiinone.web.sign_in_pages import later, too_many
from apiinone.web.sign_up_pages import NO_REFERRER, TOKEN_CHARACTERS_MAX, why_weak

RESET_OVER: Final = Shown("link_over.html.j2", {"about": "reset"}, status=410)


class ForgottenForm(Struct, frozen=True):
    """Its field."""

    email: str = ""


class NewPasswordForm(Struct, frozen=True):
    """Its fields."""

    token: str = ""
    password: str = ""


async def show_forgotten(rooms: Rooms, call: PageCall) -> PageReply:
    """Ask for a link."""
    del rooms, call
    return _forgotten(ForgottenForm())


async def do_forgotten(rooms: Rooms, call: PageCall) -> PageReply:
    """Have it sent, if the address is known; the page says the same where it is not."""
    form = call.form(ForgottenForm)
    try:
        outcome = await ask_for_reset(rooms.office, form.email, call.address)
    except NotAnAddress:
        return _forgotten(form, {"email": call.say("This is not an e-mail address.")}, status=422)
    match outcome:
        case LetterSent(email):
            return Shown("letter_sent.html.j2", {"email": email, "about": "reset"})
        case Throttled():
            return _forgotten(form, {"email": too_many(call, outcome)}, status=429, headers=(later(outcome),))
        case _:
            assert_never(outcome)


async def show_new_password(rooms: Rooms, call: PageCall) -> PageReply:
    """The form that a letter leads to."""
    return await _new_password(rooms, NewPasswordForm(call.query.get("token", "")))


async def do_new_password(rooms: Rooms, call: PageCall) -> PageReply:
    """Put a new password in force; every session ends."""
    form = call.form(NewPasswordForm)
    try:
        outcome = await set_forgotten_password(rooms.office, form.token[:TOKEN_CHARACTERS_MAX], form.password)
    except WeakPassword as weak:
        return await _new_password(rooms, form, {"password": why_weak(call, weak)}, status=422)
    match outcome:
        case PasswordSet():
            return SeeOther("/sign-in", "password_set", (rooms.cookies.end_session(),))
        case LinkOver():
            return RESET_OVER
        case _:
            assert_never(outcome)


def _forgotten(
    form: ForgottenForm,
    errors: Mapping[str, str] | None = None,
    *,
    status: int = 200,
    headers: tuple[Header, ...] = (),
) -> Shown:
    return Shown("forgotten.html.j2", {"form": form, "errors": errors or {}}, status, headers)


async def _new_password(
    rooms: Rooms, form: NewPasswordForm, errors: Mapping[str, str] | None = None, *, status: int = 200
) -> Shown:
    """The form, with the address for password managers; or that its link is over."""
    email = await sent_to(rooms.office, "reset", form.token[:TOKEN_CHARACTERS_MAX])
    if email is None:
        return RESET_OVER
    facts = {"form": NewPasswordForm(form.token), "errors": errors or {}, "email": email}
    return Shown("new_password.html.j2", {**facts, "characters_min": CHARACTERS_MIN}, status, (NO_REFERRER,))
