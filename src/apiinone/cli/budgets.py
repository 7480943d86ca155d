"""`apiinone budgets`: what accounts and their members may spend in a day and a month."""

from decimal import Decimal

import click
from msgspec import Struct

from apiinone.accounts.account_rows import refuse_unknown_account
from apiinone.cli.arguments import Amount, now
from apiinone.cli.opening import carry_out, reading, settings_now
from apiinone.cli.printing import json_option, print_fields, print_json, print_table
from apiinone.control.budget_commands import SetBudgets
from apiinone.core.credits import Credits, shown
from apiinone.db import Tx
from apiinone.ledger.budgets import Budget, OwnBudgets, of_account, own_budgets
from apiinone.people.member_budgets import members_with_budgets


class ShownBudget(Struct, frozen=True):
    """Budgets as `--json` prints them, in credits; `member_id` is null for the account's own."""

    member_id: str | None
    email: str | None
    day: int | Decimal | None
    day_used: int | Decimal | None
    month: int | Decimal | None
    month_used: int | Decimal | None


@click.group(short_help="See and set what accounts and members may spend.")
def budgets() -> None:
    """Budgets count what live keys hold from now on, in UTC days and months; beyond them tasks are refused."""


@budgets.command()
@click.argument("account_id")
@json_option
def show(account_id: str, *, as_json: bool) -> None:
    """Show the budgets of an account and of its members."""
    found = now(_found(account_id))
    if as_json:
        print_json({"budgets": found})
        return
    columns = ("member", "e-mail", "a day", "used", "a month", "used")
    rows = [
        (one.member_id or "all", one.email, *map(_text, (one.day, one.day_used, one.month, one.month_used)))
        for one in found
    ]
    print_table(columns, rows)


@budgets.command("set")
@click.argument("account_id")
@click.option("--member", "member_id", help="Of this member, by id; without it: of the whole account.")
@click.option("--day", type=Amount(), help="Credits in a UTC day; without it: no such limit.")
@click.option("--month", type=Amount(), help="Credits in a UTC month; without it: no such limit.")
@click.option("--reason", required=True, help="Why; it is written down.")
@json_option
def set_budgets(  # noqa: PLR0913 - one parameter for each option
    account_id: str,
    *,
    member_id: str | None,
    day: Credits | None,
    month: Credits | None,
    reason: str,
    as_json: bool,
) -> None:
    """Replace both budgets of an account, or of one of its members."""
    done = now(carry_out(settings_now(), SetBudgets(account_id, reason, member_id, day, month)))
    limits = (_credits(done.day), _credits(done.month))
    if as_json:
        print_json({"account_id": done.account_id, "member_id": done.member_id, "day": limits[0], "month": limits[1]})
        return
    print_fields(
        (("of", done.member_id or done.account_id), ("a day", _text(limits[0])), ("a month", _text(limits[1])))
    )


async def _found(account_id: str) -> list[ShownBudget]:
    async def look(tx: Tx) -> list[ShownBudget]:
        await refuse_unknown_account(tx, account_id)
        whose = of_account(account_id)
        own = (await own_budgets(tx, [whose]))[whose]
        members = await members_with_budgets(tx, account_id)
        return [_shown(None, None, own), *(_shown(one.person_id, one.email, theirs) for one, theirs in members)]

    async with reading(settings_now()) as database:
        return await database.read(look)


def _shown(member_id: str | None, email: str | None, own: OwnBudgets) -> ShownBudget:
    return ShownBudget(member_id, email, *_amounts(own.day), *_amounts(own.month))


def _amounts(budget: Budget | None) -> tuple[int | Decimal | None, int | Decimal | None]:
    return (None, None) if budget is None else (shown(budget.limit), shown(budget.used))


def _credits(amount: Credits | None) -> int | Decimal | None:
    return None if amount is None else shown(amount)


def _text(amount: int | Decimal | None) -> str | None:
    return None if amount is None else str(amount)
