"""Pages: sign up, and confirm one's address."""

from collections.abc import Mapping
from typing import Final, assert_never

from msgspec import Struct

from apiinone.api.answer import Header
from apiinone.people.confirm import LinkOver, confirm_address, sent_to
from apiinone.people.email_address import NotAnAddress
from apiinone.people.passwords import CHARACTERS_MIN, WeakPassword
from apiinone.people.sign_in import SignedIn, SignIn, WrongPair
from apiinone.people.sign_up import LetterSent, NotOpen, SignUp, sign_up
from apiinone.people.throttles import Throttled
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther, Shown
from apiinone.web.sign_in_pages import HOME, begun, later, outside_name, too_many

NAME_CHARACTERS_MAX = 80
TOKEN_CHARACTERS_MAX = 100
NO_REFERRER: Final[Header] = (b"referrer-policy", b"no-referrer")
"""On pages whose address opens something."""
CONFIRM_OVER: Final = Shown("link_over.html.j2", {"about": "confirm"}, status=410)


class SignUpForm(Struct, frozen=True):
    """Its fields."""

    name: str = ""
    email: str = ""
    password: str = ""


class ConfirmForm(Struct, frozen=True):
    """Its fields."""

    token: str = ""
    password: str = ""


async def show_sign_up(rooms: Rooms, call: PageCall) -> PageReply:
    """The form; who is signed in goes on at once."""
    return SeeOther(HOME) if call.visitor.signed_in is not None else _sign_up_form(rooms, SignUpForm())


async def do_sign_up(rooms: Rooms, call: PageCall) -> PageReply:
    """Have a letter sent that shows whose address it is."""
    form = call.form(SignUpForm)
    errors = _wrong_name(call, form)
    if errors:
        return _sign_up_form(rooms, form, errors, status=422)
    wanted = SignUp(form.name, form.email, form.password, call.visitor.language, call.address)
    try:
        outcome = await sign_up(rooms.office, wanted)
    except NotAnAddress:
        errors = {"email": call.say("This is not an e-mail address.")}
        return _sign_up_form(rooms, form, errors, status=422)
    except WeakPassword as weak:
        return _sign_up_form(rooms, form, {"password": why_weak(call, weak)}, status=422)
    match outcome:
        case LetterSent(email):
            return Shown("letter_sent.html.j2", {"email": email, "about": "confirm"})
        case NotOpen():
            return _sign_up_form(rooms, form, status=403)
        case Throttled():
            errors = {"email": too_many(call, outcome)}
            return _sign_up_form(rooms, form, errors, status=429, headers=(later(outcome),))
        case _:
            assert_never(outcome)


async def show_confirm(rooms: Rooms, call: PageCall) -> PageReply:
    """The form that a letter leads to. Opening it changes nothing: programs open letters before people do."""
    return await _confirm_form(rooms, ConfirmForm(token=call.query.get("token", "")))


async def do_confirm(rooms: Rooms, call: PageCall) -> PageReply:
    """Confirm the address and sign its owner in."""
    form = call.form(ConfirmForm)
    tried = SignIn("", form.password, call.address, call.agent, call.session_id)
    outcome = await confirm_address(rooms.office, form.token[:TOKEN_CHARACTERS_MAX], tried)
    match outcome:
        case SignedIn():
            return begun(rooms, outcome, HOME, "confirmed")
        case WrongPair():
            errors = {"password": call.say("This is not the password that was chosen for this address.")}
            return await _confirm_form(rooms, form, errors, status=422)
        case LinkOver():
            return CONFIRM_OVER
        case Throttled():
            return await _confirm_form(
                rooms, form, {"password": too_many(call, outcome)}, status=429, headers=(later(outcome),)
            )
        case _:
            assert_never(outcome)


def why_weak(call: PageCall, weak: WeakPassword) -> str:
    """What is wrong with a password, in the visitor's language."""
    match weak.why:
        case "short":
            return call.say("Use at least %(count)s characters.") % {"count": CHARACTERS_MIN}
        case "long":
            return call.say("This is longer than a password may be.")
        case "guessable":
            return call.say("This is easy to guess. Choose something that is not your address.")
        case _:
            assert_never(weak.why)


def _wrong_name(call: PageCall, form: SignUpForm) -> dict[str, str]:
    if not form.name.strip():
        return {"name": call.say("Say what you want to be called.")}
    if len(form.name) > NAME_CHARACTERS_MAX or not form.name.isprintable():
        return {"name": call.say("This is longer than a name may be.")}
    return {}


def _sign_up_form(
    rooms: Rooms,
    form: SignUpForm,
    errors: Mapping[str, str] | None = None,
    *,
    status: int = 200,
    headers: tuple[Header, ...] = (),
) -> Shown:
    facts = {
        "form": SignUpForm(form.name, form.email),
        "errors": errors or {},
        "sign_up": rooms.office.sign_up_now,
        "sessions_allowed": rooms.cookies.sessions_allowed,
        "characters_min": CHARACTERS_MIN,
        "outside": outside_name(rooms),
    }
    return Shown("sign_up.html.j2", facts, status, headers)


async def _confirm_form(
    rooms: Rooms,
    form: ConfirmForm,
    errors: Mapping[str, str] | None = None,
    *,
    status: int = 200,
    headers: tuple[Header, ...] = (),
) -> Shown:
    """The form, with the address for password managers; or that its link is over."""
    email = await sent_to(rooms.office, "verify", form.token[:TOKEN_CHARACTERS_MAX])
    if email is None:
        return CONFIRM_OVER
    facts = {"form": ConfirmForm(form.token), "errors": errors or {}, "email": email}
    return Shown("confirm.html.j2", facts, status, (*headers, NO_REFERRER))
