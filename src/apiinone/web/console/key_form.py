"""The form of a new key: from what was typed to the command that an operator would give, or an error for each field."""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from apiinone.accounts.keys import SCOPES, KeyRules, Mode, Scope
from apiinone.control.key_commands import MakeKey
from apiinone.core.credits import Credits, parse
from apiinone.core.errors import BadRequest
from apiinone.ledger.budgets import Period
from apiinone.web.languages import marked

SCOPE_WORDS: Final[Mapping[str, str]] = {
    "generate": marked("Run models"),
    "tasks.read": marked("Look at tasks and their results"),
    "tasks.write": marked("Cancel and delete tasks, look after callbacks"),
    "billing.read": marked("Read the balance, the ledger and the use"),
    "billing.write": marked("Buy credits and set top-up, alerts and budgets"),
}
PERIODS: Final[Mapping[Period, str]] = {
    "day": marked("a day"),
    "month": marked("a month"),
    "total": marked("in all"),
}
DIGITS_MAX: Final = 12


class KeyForm(Struct, frozen=True):
    """Its fields, as they were typed."""

    mode: str = "test"
    name: str = ""
    scopes: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    ip_ranges: str = ""
    requests_per_minute: str = ""
    open_tasks: str = ""
    budget: str = ""
    budget_period: str = "month"
    expires_days: str = ""


class NotYet(Exception):
    """Something in the form is not right."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        """Take the sentence for each field."""
        super().__init__("; ".join(errors))
        self.errors = errors


def command_of(form: KeyForm, owner: tuple[str, str], say: Callable[[str], str]) -> MakeKey:
    """The command; `owner`: the account and the member who makes it. Raises NotYet."""
    errors: dict[str, str] = {}
    mode: Mode = "live" if form.mode == "live" else "test"
    if form.mode not in ("live", "test"):
        errors["mode"] = say("A key is for test or for live.")
    scopes: tuple[Scope, ...] = tuple(scope for scope in SCOPES if form.scopes.count(scope))
    if not scopes or set(form.scopes) - set(SCOPES):
        errors["scopes"] = say("Choose at least one thing that the key may do.")
    account_id, maker_id = owner
    made = MakeKey(
        account_id,
        mode,
        form.name.strip(),
        _rules(form, scopes, errors, say),
        expires_days=_whole(form, "expires_days", errors, say),
        budget=_budget(form, errors, say),
        budget_period=_period(form, errors, say),
        made_by=maker_id,
    )
    if errors:
        raise NotYet(errors)
    return made


def field_of(refusal: BadRequest) -> str:
    """The field that a refusal of the command is about."""
    return (refusal.param or "").removeprefix("/") or "name"


def _rules(form: KeyForm, scopes: tuple[Scope, ...], errors: dict[str, str], say: Callable[[str], str]) -> KeyRules:
    ranges = tuple(form.ip_ranges.replace(",", " ").split())
    return KeyRules(
        scopes=scopes,
        models=form.models or None,
        endpoints=form.endpoints or None,
        ip_ranges=ranges or None,
        requests_per_minute_max=_whole(form, "requests_per_minute", errors, say),
        open_tasks_max=_whole(form, "open_tasks", errors, say),
    )


def _whole(form: KeyForm, field: str, errors: dict[str, str], say: Callable[[str], str]) -> int | None:
    text = str(getattr(form, field)).strip()
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX:
        return int(text)
    errors[field] = say("This is a whole number, or empty for no limit.")
    return None


def _budget(form: KeyForm, errors: dict[str, str], say: Callable[[str], str]) -> Credits | None:
    text = form.budget.strip()
    if not text:
        return None
    try:
        return parse(text)
    except ValueError:
        errors["budget"] = say("This is an amount of credits such as 500 or 12.5, or empty for no budget.")
        return None


def _period(form: KeyForm, errors: dict[str, str], say: Callable[[str], str]) -> Period:
    for period in PERIODS:
        if form.budget_period == period:
            return period
    errors["budget"] = say("A budget is for a day, a month or in all.")
    return "month"
