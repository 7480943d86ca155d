"""`apiinone accounts`: tenants, opened, listed, suspended."""

import click
from msgspec import Struct

from apiinone.accounts.account_rows import Account
from apiinone.accounts.account_rows import accounts as page_of_accounts
from apiinone.cli.arguments import now
from apiinone.cli.opening import carry_out, reading, settings_now
from apiinone.cli.printing import amount, json_option, moment, print_fields, print_json, print_table
from apiinone.control.account_commands import AccountState, OpenAccount, Suspend
from apiinone.core.clock import iso
from apiinone.core.errors import BadRequest
from apiinone.core.ids import is_id
from apiinone.db import Tx


class ShownAccount(Struct, frozen=True):
    """An account as `--json` prints it."""

    account_id: str
    email: str
    state: str
    created_at: str


@click.group(short_help="Open, list and suspend accounts.")
def accounts() -> None:
    """Accounts own balances, keys and tasks."""


@accounts.command()
@click.option("--email", required=True, help="The address of its owner; one account for each.")
@json_option
def create(email: str, *, as_json: bool) -> None:
    """Open an account, with nothing on its live balance and test credits that are topped up every day."""
    opened = now(carry_out(settings_now(), OpenAccount(email)))
    if as_json:
        print_json({"account_id": opened.account_id, "email": opened.email})
        return
    print_fields((("account", opened.account_id), ("e-mail", opened.email)))
    print_fields((("test credits", f"{amount(opened.test_credits)} a day"),))


@accounts.command("list")
@click.option("--after", default="", help="Go on after the account with this id.")
@json_option
def list_accounts(after: str, *, as_json: bool) -> None:
    """List up to 1,000 accounts, oldest first."""
    found = now(_accounts(after))
    if as_json:
        shown = [ShownAccount(one.id, one.email, one.state, iso(one.created_us)) for one in found]
        print_json({"accounts": shown})
        return
    rows = [(one.id, one.email, one.state, moment(one.created_us)) for one in found]
    print_table(("account", "e-mail", "state", "created"), rows)


@accounts.command()
@click.argument("account_id")
@click.option("--reason", required=True, help="Why; it is written down.")
@json_option
def suspend(account_id: str, reason: str, *, as_json: bool) -> None:
    """Refuse an account's keys from now on. Tasks under way come to their end."""
    _show(now(carry_out(settings_now(), Suspend(account_id, suspended=True, reason=reason))), as_json=as_json)


@accounts.command()
@click.argument("account_id")
@click.option("--reason", required=True, help="Why; it is written down.")
@json_option
def resume(account_id: str, reason: str, *, as_json: bool) -> None:
    """Let a suspended account go on."""
    _show(now(carry_out(settings_now(), Suspend(account_id, suspended=False, reason=reason))), as_json=as_json)


async def _accounts(after: str) -> list[Account]:
    if after and not is_id(after):
        raise BadRequest("this is not the id of an account", param="/after")

    async def look(tx: Tx) -> list[Account]:
        return await page_of_accounts(tx, after=after)

    async with reading(settings_now()) as database:
        return await database.read(look)


def _show(account: AccountState, *, as_json: bool) -> None:
    if as_json:
        print_json(account)
        return
    print_fields((("account", account.account_id), ("e-mail", account.email), ("state", account.state)))
