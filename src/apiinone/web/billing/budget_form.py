"""The form of budgets of a day and a month: an account's own, or a member's."""

from collections.abc import Callable

from msgspec import Struct

from apiinone.core.credits import Credits
from apiinone.ledger.budgets import OwnBudgets
from apiinone.web.billing.sums import credits_or_none, plain_credits


class BudgetsForm(Struct, frozen=True):
    """What may be spent with live keys; empty: no such limit."""

    day: str = ""
    month: str = ""


def limits_of(
    form: BudgetsForm, errors: dict[str, str], say: Callable[[str], str]
) -> tuple[Credits | None, Credits | None]:
    """What the form says, of a day and of a month; what is wrong with it is put to the errors."""
    return credits_or_none(form, "day", errors, say), credits_or_none(form, "month", errors, say)


def budgets_form(budgets: OwnBudgets) -> BudgetsForm:
    """The form with what there is."""
    limits = [None if one is None else one.limit for one in (budgets.day, budgets.month)]
    return BudgetsForm(*map(plain_credits, limits))
