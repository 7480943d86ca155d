"""Pages: the code that is due at sign-in, and showing once more who one is."""

from collections.abc import Mapping
from typing import assert_never

from msgspec import Struct

from apiinone.api.answer import Header
from apiinone.people.codes import WrongCode
from apiinone.people.session_rows import Found
from apiinone.people.sign_in import SignIn, WrongPair
from apiinone.people.step_up import Outcome, Renewed, enter_code, enter_password
from apiinone.people.throttles import Throttled
from apiinone.web.forms import local_path
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther, Shown
from apiinone.web.sign_in_pages import CODE_PAGE, HOME, later, too_many
from apiinone.web.visitor import SignedInAs

STEP_UP = "/confirm-identity"


class IdentityForm(Struct, frozen=True):
    """Its fields; `proof` is a code, or the password of who has none."""

    proof: str = ""
    next: str = ""


async def show_code(rooms: Rooms, call: PageCall) -> PageReply:
    """The form of the code that is due."""
    del rooms
    next_path = local_path(call.query.get("next", ""), HOME)
    if _due(call) is None:
        return SeeOther(next_path if call.visitor.signed_in is not None else "/sign-in")
    return _form(IdentityForm(next=next_path), CODE_PAGE, by_code=True)


async def do_code(rooms: Rooms, call: PageCall) -> PageReply:
    """Sign in with the code."""
    found = _due(call)
    if found is None:
        return SeeOther("/sign-in")
    form = call.form(IdentityForm)
    return _answered(rooms, call, form, await enter_code(rooms.office, found, form.proof))


async def show_identity(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """The form to step up with."""
    del rooms
    return _form(
        IdentityForm(next=local_path(call.query.get("next", ""), HOME)), STEP_UP, by_code=here.person.has_codes
    )


async def do_identity(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Step up, and go on where one came from."""
    form, found = call.form(IdentityForm), Found(here.session, here.person, None)
    if here.person.has_codes:
        return _answered(rooms, call, form, await enter_code(rooms.office, found, form.proof))
    tried = SignIn("", form.proof, call.address, call.agent)
    return _answered(rooms, call, form, await enter_password(rooms.office, found, tried))


def identity_first(call: PageCall, here: SignedInAs, back_to: str) -> SeeOther | None:
    """Where somebody has to go before something that matters; None: nowhere, they have just shown who they are."""
    return None if here.session.stepped_up(call.now_us) else SeeOther(f"{STEP_UP}?next={back_to}")


def _due(call: PageCall) -> Found | None:
    found = call.visitor.found
    return found if found is not None and found.session.totp_due else None


def _answered(rooms: Rooms, call: PageCall, form: IdentityForm, outcome: Outcome) -> PageReply:
    here = call.visitor.signed_in
    by_code = here is None or here.person.has_codes
    match outcome:
        case Renewed(token):
            headers = (rooms.cookies.begin_session(token),)
            return SeeOther(local_path(form.next, HOME), "signed_in" if here is None else "", headers)
        case WrongCode():
            errors = {"proof": call.say("This code is not right, or it was used. Wait for the next one.")}
            return _form(form, call.path, errors, by_code=by_code, status=422)
        case WrongPair():
            return _form(
                form, call.path, {"proof": call.say("This is not your password.")}, by_code=by_code, status=422
            )
        case Throttled():
            errors = {"proof": too_many(call, outcome)}
            return _form(form, call.path, errors, by_code=by_code, status=429, headers=(later(outcome),))
        case _:
            assert_never(outcome)


def _form(  # noqa: PLR0913 - what the form shows, by name
    form: IdentityForm,
    action: str,
    errors: Mapping[str, str] | None = None,
    *,
    by_code: bool,
    status: int = 200,
    headers: tuple[Header, ...] = (),
) -> Shown:
    facts = {"form": form, "action": action, "errors": errors or {}, "by_code": by_code}
    return Shown("identity.html.j2", facts, status, headers)
