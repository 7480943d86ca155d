"""Pages: sign in, sign out, sign out everywhere."""

from collections.abc import Mapping
from typing import assert_never

from msgspec import Struct

from apiinone.api.answer import Header
from apiinone.people.sign_in import (
    SignedIn,
    SignIn,
    Unconfirmed,
    WrongPair,
    sign_in,
    sign_out,
    sign_out_everywhere,
)
from apiinone.people.throttles import Throttled
from apiinone.web.forms import local_path
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther, Shown
from apiinone.web.visitor import SignedInAs

HOME = "/console"
CODE_PAGE = "/sign-in/code"


class SignInForm(Struct, frozen=True):
    """Its fields."""

    email: str = ""
    password: str = ""
    next: str = ""


async def show_sign_in(rooms: Rooms, call: PageCall) -> PageReply:
    """The form; who is signed in goes on at once."""
    next_path = local_path(call.query.get("next", ""), "")
    if call.visitor.signed_in is not None:
        return SeeOther(next_path or HOME)
    return _form(rooms, SignInForm(next=next_path))


async def do_sign_in(rooms: Rooms, call: PageCall) -> PageReply:
    """Sign in and go on where one came from."""
    form = call.form(SignInForm)
    if not rooms.cookies.sessions_allowed:
        return _form(rooms, form)
    tried = SignIn(form.email, form.password, call.address, call.agent, call.session_id)
    outcome = await sign_in(rooms.office, tried)
    match outcome:
        case SignedIn():
            return begun(rooms, outcome, local_path(form.next, HOME), "signed_in")
        case WrongPair():
            errors = {"password": call.say("This address and this password do not belong together.")}
            return _form(rooms, form, errors, status=422)
        case Unconfirmed():
            return Shown("letter_sent.html.j2", {"email": form.email.strip(), "about": "confirm"})
        case Throttled():
            return _form(rooms, form, {"password": too_many(call, outcome)}, status=429, headers=(later(outcome),))
        case _:
            assert_never(outcome)


async def do_sign_out(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """End this session."""
    del call
    await sign_out(rooms.office, here.session.id)
    return SeeOther("/sign-in", "signed_out", (rooms.cookies.end_session(),))


async def do_sign_out_everywhere(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """End all sessions."""
    del call
    await sign_out_everywhere(rooms.office, here.person.id)
    return SeeOther("/sign-in", "signed_out_everywhere", (rooms.cookies.end_session(),))


def begun(rooms: Rooms, signed_in: SignedIn, path: str, flash: str) -> SeeOther:
    """Where somebody goes on whose session has begun: to the code first, if they have one."""
    language = signed_in.person.language
    chosen = (rooms.cookies.set_language(language),) if language in rooms.languages.names else ()
    headers = (rooms.cookies.begin_session(signed_in.token), *chosen)
    if signed_in.code_due:
        return SeeOther(f"{CODE_PAGE}?next={path}", headers=headers)
    return SeeOther(path, flash, headers)


def too_many(call: PageCall, throttled: Throttled) -> str:
    """What to say to who tried too often."""
    minutes = -(-throttled.retry_after_s // 60)
    return call.say("Too many tries. Wait %(minutes)s min, then try again.") % {"minutes": minutes}


def later(throttled: Throttled) -> Header:
    """The same for programs."""
    return (b"retry-after", b"%d" % throttled.retry_after_s)


def _form(
    rooms: Rooms,
    form: SignInForm,
    errors: Mapping[str, str] | None = None,
    *,
    status: int = 200,
    headers: tuple[Header, ...] = (),
) -> Shown:
    """The form with what was typed, but for the password."""
    facts = {
        "form": SignInForm(email=form.email, next=form.next),
        "errors": errors or {},
        "sessions_allowed": rooms.cookies.sessions_allowed,
        "sign_up": rooms.office.sign_up_now,
    }
    return Shown("sign_in.html.j2", facts, status, headers)
