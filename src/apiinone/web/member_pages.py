"""Pages: who belongs to the account; invited, given another role, removed; and the account's name."""

from collections.abc import Mapping
from typing import assert_never

from msgspec import Struct

from apiinone.accounts.account_rows import rename_account
from apiinone.api.answer import Header
from apiinone.core.errors import BadRequest, Conflict, PermissionDenied
from apiinone.db import Tx
from apiinone.ledger.budgets import OwnBudgets
from apiinone.people.email_address import NotAnAddress
from apiinone.people.mail_links import MailLink
from apiinone.people.member_budgets import member_budgets, set_member_budgets
from apiinone.people.member_rows import MemberRow
from apiinone.people.members import (
    Acting,
    Done,
    Full,
    IsMember,
    LastOwner,
    NotYours,
    change_role,
    invite,
    members_and_invitations,
    remove,
    withdraw_invitation,
)
from apiinone.people.roles import ADMINS, ROLES, Role, at_most, sets_budget
from apiinone.people.sign_up import NAME_CHARACTERS_MAX, LetterSent
from apiinone.people.throttles import Throttled
from apiinone.web.billing.budget_form import BudgetsForm, budgets_form, limits_of
from apiinone.web.console.shell import amount
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther, Shown
from apiinone.web.sign_in_pages import HOME, later, too_many
from apiinone.web.visitor import MemberHere

PATH = "/account/members"


class InviteForm(Struct, frozen=True):
    """Its fields."""

    email: str = ""
    role: str = "developer"


class RoleForm(Struct, frozen=True):
    """Its field."""

    role: str = ""


class NameForm(Struct, frozen=True):
    """Its field."""

    name: str = ""


class Wrong(Struct, frozen=True):
    """A form of a member's budgets that was not right."""

    person_id: str
    form: BudgetsForm
    errors: Mapping[str, str]


async def show_members(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Everybody who belongs to the account."""
    del call
    return await _page(rooms, here)


async def do_invite(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Invite an address."""
    form = call.form(InviteForm)
    errors: dict[str, str] = {}
    headers: tuple[Header, ...] = ()
    status = 422
    try:
        outcome = await invite(rooms.office, _acting(here), form.email, _role(form.role))
    except NotAnAddress:
        return await _page(rooms, here, form, {"email": call.say("This is not an e-mail address.")}, status=422)
    match outcome:
        case LetterSent():
            return SeeOther(PATH, "invited")
        case NotYours():
            errors = {"role": call.say("You can give no role above your own.")}
        case IsMember():
            errors = {"email": call.say("Whoever has this address belongs to the account already.")}
        case Full():
            errors = {"email": call.say("The account has as many members and invitations as it may.")}
        case Throttled():
            errors, headers, status = {"email": too_many(call, outcome)}, (later(outcome),), 429
        case _:
            assert_never(outcome)
    return await _page(rooms, here, form, errors, status=status, headers=headers)


async def do_withdraw(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Have an open invitation open nothing."""
    await withdraw_invitation(rooms.office, _acting(here), call.form(InviteForm).email)
    return SeeOther(PATH, "withdrawn")


async def do_change_role(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Give a member another role."""
    role = _role(call.form(RoleForm).role)
    return _changed(await change_role(rooms.office, _acting(here), call.ids["person_id"], role), "role_changed")


async def do_set_member_budgets(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Replace what a member may spend. Raises NotFound."""
    form, person_id = call.form(BudgetsForm), call.ids["person_id"]
    errors: dict[str, str] = {}
    limits = limits_of(form, errors, call.say)
    if errors:
        return await _page(rooms, here, status=422, wrong=Wrong(person_id, form, errors))

    async def work(tx: Tx) -> Done | NotYours:
        return await set_member_budgets(tx, here.account_id, here.person.id, person_id, limits)

    return _changed(await rooms.office.database.transact(work), "budgets_set")


async def do_remove(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Take a member out."""
    return _changed(await remove(rooms.office, _acting(here), call.ids["person_id"]), "removed")


async def do_leave_account(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Take oneself out; the session ends with it."""
    del call
    outcome = await remove(rooms.office, _acting(here), here.person.id)
    _changed(outcome, "")
    return SeeOther("/sign-in", "left", (rooms.cookies.end_session(),))


async def do_rename_account(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Call the account otherwise."""
    name = call.form(NameForm).name.strip()
    if not name or len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
        errors = {"name": call.say("A name has one to 80 characters.")}
        return await _page(rooms, here, None, errors, status=422)

    async def work(tx: Tx) -> None:
        await rename_account(tx, here.account_id, name)

    await rooms.office.database.transact(work)
    return SeeOther(PATH, "account_renamed")


def _changed(outcome: Done | NotYours | LastOwner, flash: str) -> SeeOther:
    match outcome:
        case Done():
            return SeeOther(PATH if flash else HOME, flash)
        case NotYours():
            raise PermissionDenied("Your role does not cover members with this role.")
        case LastOwner():
            raise Conflict("Somebody has to own the account. Make somebody else its owner first.")
        case _:
            assert_never(outcome)


def _role(text: str) -> Role:
    for role in ROLES:
        if role == text:
            return role
    raise BadRequest("There is no such role.", param="role")


def _acting(here: MemberHere) -> Acting:
    return Acting(here.account_id, here.membership.title, here.person, here.role)


async def _page(  # noqa: PLR0913 - what the page shows, by name
    rooms: Rooms,
    here: MemberHere,
    form: InviteForm | None = None,
    errors: Mapping[str, str] | None = None,
    *,
    status: int = 200,
    headers: tuple[Header, ...] = (),
    wrong: Wrong | None = None,
) -> Shown:
    async def look(tx: Tx) -> tuple[list[MemberRow], list[MailLink], dict[str, OwnBudgets]]:
        members, invitations = await members_and_invitations(tx, here.account_id)
        seen = [one for one in members if here.role in ADMINS or one.person_id == here.person.id]
        return members, invitations, await member_budgets(tx, here.account_id, seen)

    members, invitations, budgets = await rooms.office.database.read(look)
    forms = {one.person_id: budgets_form(budgets[one.person_id]) for one in members if sets_budget(one.role, here.role)}
    facts = {
        "here": here,
        "members": members,
        "invitations": invitations if here.role in ADMINS else [],
        "manages": here.role in ADMINS,
        "may_change": {one.person_id for one in members if here.role in ADMINS and at_most(one.role, here.role)},
        "roles_to_give": [role for role in ROLES if at_most(role, here.role)],
        "budgets": budgets,
        "amount": amount,
        "budget_forms": forms if wrong is None else {**forms, wrong.person_id: wrong.form},
        "wrong": wrong,
        "form": form or InviteForm(),
        "errors": errors or {},
    }
    return Shown("members.html.j2", facts, status, headers)
