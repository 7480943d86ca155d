"""`apiinone credits`: grants and balances."""

from decimal import Decimal

import click
from msgspec import Struct

from apiinone.accounts.account_rows import refuse_unknown_account
from apiinone.accounts.keys import Mode
from apiinone.cli.arguments import MODE, Amount, now
from apiinone.cli.opening import carry_out, reading, settings_now
from apiinone.cli.printing import Cell, amount, exact, json_option, moment, print_fields, print_json, print_table, say
from apiinone.control.adjustment_commands import AdjustCredits, Adjusted, DecideAdjustment
from apiinone.control.desk import Command
from apiinone.control.money_commands import GrantCredits
from apiinone.core.credits import Credits, shown
from apiinone.db import Tx
from apiinone.ledger.lots import Lot
from apiinone.ledger.statements import balance_of


class ShownLot(Struct, frozen=True):
    """A lot as `--json` prints it, in credits."""

    lot_id: str
    source: str
    granted: int | Decimal
    available: int | Decimal
    held: int | Decimal
    expires_at: str | None


class ShownBalance(Struct, frozen=True):
    """A balance as `--json` prints it, in credits."""

    account_id: str
    mode: Mode
    available: int | Decimal
    held: int | Decimal
    lots: list[ShownLot]


@click.group("credits", short_help="Grant credits and see balances.")
def credits_group() -> None:
    """Credits are what tasks cost; one is a US cent. Live and test balances never meet."""


@credits_group.command("grant")
@click.option("--account", "account_id", required=True)
@click.argument("amount_granted", metavar="N", type=Amount())
@click.option("--mode", type=MODE, required=True, help="Which balance.")
@click.option("--reason", required=True, help="Why; it stands in the ledger.")
@click.option("--expires-days", type=click.IntRange(min=1), help="After how many days what is left expires.")
@json_option
def grant(  # noqa: PLR0913 - one parameter for each option
    account_id: str, amount_granted: Credits, *, mode: Mode, reason: str, expires_days: int | None, as_json: bool
) -> None:
    """Give an account N credits.

    Test credits given by hand replace the daily refill of the test balance, what is left of it included.
    """
    command = GrantCredits(account_id, mode, amount_granted, reason, expires_days)
    granted = now(carry_out(settings_now(), command))
    if mode == "test":
        say("the test balance is yours to fill now: the daily refill was taken out and does not come back")
    if as_json:
        numbers = {"granted": shown(granted.granted), "available": shown(granted.available)}
        print_json({"account_id": account_id, "mode": mode, "lot_id": granted.lot_id, **numbers})
        return
    print_fields((("lot", granted.lot_id), ("granted", amount(granted.granted))))
    print_fields((("available", amount(granted.available)),))


@credits_group.command()
@click.option("--account", "account_id", required=True)
@click.argument("amount_taken", metavar="N", type=Amount())
@click.option("--mode", type=MODE, required=True, help="Which balance.")
@click.option("--reason", required=True, help="Why; it stands in the ledger.")
@json_option
def take(account_id: str, amount_taken: Credits, *, mode: Mode, reason: str, as_json: bool) -> None:
    """Take N credits back that are not held. Above a ceiling (APIINONE_ADJUSTED_ALONE_MAX) an operator must agree."""
    _adjusted(AdjustCredits(account_id, mode, -amount_taken, reason), as_json=as_json)


@credits_group.command()
@click.argument("adjustment_id")
@click.option("--reason", required=True, help="Why; it is written down.")
@json_option
def agree(adjustment_id: str, *, reason: str, as_json: bool) -> None:
    """Agree to a change of a balance that waits for a second operator."""
    _adjusted(DecideAdjustment(adjustment_id, agreed=True, reason=reason), as_json=as_json)


@credits_group.command()
@click.argument("adjustment_id")
@click.option("--reason", required=True, help="Why; it is written down.")
@json_option
def refuse(adjustment_id: str, *, reason: str, as_json: bool) -> None:
    """Refuse a change of a balance that waits for a second operator."""
    _adjusted(DecideAdjustment(adjustment_id, agreed=False, reason=reason), as_json=as_json)


@credits_group.command()
@click.option("--account", "account_id", required=True)
@click.option("--mode", type=MODE, help="Only this balance; default: both.")
@json_option
def balance(account_id: str, mode: Mode | None, *, as_json: bool) -> None:
    """Show what an account can spend, what is held, and the lots behind it."""
    modes: tuple[Mode, ...] = ("live", "test") if mode is None else (mode,)
    balances = now(_balances(account_id, modes))
    if as_json:
        print_json({"balances": balances})
        return
    print_table(("mode", "available", "held"), [(one.mode, exact(one.available), exact(one.held)) for one in balances])
    lots = [_line(one.mode, lot) for one in balances for lot in one.lots]
    if lots:
        click.echo()
        columns = ("lot", "mode", "source", "granted", "available", "held", "expires")
        print_table(columns, lots)


def _adjusted(command: Command[Adjusted], *, as_json: bool) -> None:
    made = now(carry_out(settings_now(), command))
    signed = shown(made.amount) if made.amount >= 0 else -shown(-made.amount)
    if as_json:
        print_json({"adjustment_id": made.adjustment_id, "amount": signed, "state": made.state})
        return
    print_fields((("adjustment", made.adjustment_id), ("amount", exact(signed)), ("state", made.state)))


async def _balances(account_id: str, modes: tuple[Mode, ...]) -> list[ShownBalance]:
    async def look(tx: Tx) -> list[ShownBalance]:
        await refuse_unknown_account(tx, account_id)
        return [_balance(account_id, mode, *await balance_of(tx, (account_id, mode))) for mode in modes]

    async with reading(settings_now()) as database:
        return await database.read(look)


def _balance(account_id: str, mode: Mode, available: Credits, held: Credits, lots: list[Lot]) -> ShownBalance:
    return ShownBalance(account_id, mode, shown(available), shown(held), [_lot(lot) for lot in lots])


def _lot(lot: Lot) -> ShownLot:
    amounts = (shown(lot.granted), shown(lot.available), shown(lot.held))
    return ShownLot(lot.id, lot.source, *amounts, moment(lot.expires_us))


def _line(mode: Mode, lot: ShownLot) -> tuple[Cell, ...]:
    amounts = (exact(lot.granted), exact(lot.available), exact(lot.held))
    return (lot.lot_id, mode, lot.source, *amounts, lot.expires_at)
