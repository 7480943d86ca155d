"""`apiinone vouchers`: codes that are worth credits."""

from decimal import Decimal

import click
from msgspec import Struct

from apiinone.cli.arguments import Amount, now
from apiinone.cli.opening import carry_out, reading, settings_now
from apiinone.cli.printing import json_option, moment, print_fields, print_json, print_table, say
from apiinone.control.payment_commands import MakeVouchers, RevokeVoucher
from apiinone.core.credits import Credits, shown
from apiinone.payments.voucher_rows import VoucherRow, voucher_rows

LIST_MAX = 1000


class ShownVoucher(Struct, frozen=True):
    """A voucher as `--json` prints it; its code is not known here."""

    voucher_id: str
    credits: int | Decimal
    uses: int
    uses_max: int
    per_account_max: int
    expires_at: str | None
    revoked_at: str | None
    created_at: str | None


@click.group(short_help="Make, list and revoke codes that are worth credits.")
def vouchers() -> None:
    """A code is shown once, when it is made; of it only a hash is kept."""


@vouchers.command()
@click.argument("credits_each", metavar="CREDITS", type=Amount())
@click.option("--count", type=click.IntRange(1, 1000), default=1, show_default=True, help="How many codes.")
@click.option("--uses-max", type=click.IntRange(min=1), default=1, show_default=True, help="Redemptions of each code.")
@click.option("--per-account-max", type=click.IntRange(min=1), default=1, show_default=True, help="Of each account.")
@click.option("--expires-days", type=click.IntRange(min=1), help="After how many days it can no longer be redeemed.")
@click.option("--credits-days", type=click.IntRange(min=1), help="After how many days its credits expire.")
@click.option("--reason", required=True, help="Why; it is written down.")
@json_option
def create(  # noqa: PLR0913 - one parameter for each option
    credits_each: Credits,
    *,
    count: int,
    uses_max: int,
    per_account_max: int,
    expires_days: int | None,
    credits_days: int | None,
    reason: str,
    as_json: bool,
) -> None:
    """Make codes of so many credits each, and show them once."""
    wanted = MakeVouchers(count, credits_each, reason, uses_max, per_account_max, expires_days, credits_days)
    made = now(carry_out(settings_now(), wanted))
    if as_json:
        print_json(made)
        return
    print_table(("voucher", "code"), list(zip(made.voucher_ids, made.codes, strict=True)))
    say("keep the codes: they are not shown again")


@vouchers.command("list")
@json_option
def list_vouchers(*, as_json: bool) -> None:
    """List vouchers, newest first (at most 1,000)."""
    found = [_shown(row) for row in now(_rows())]
    if as_json:
        print_json({"vouchers": found})
        return
    columns = ("voucher", "credits", "used", "of", "expires", "revoked")
    rows = [(one.voucher_id, str(one.credits), one.uses, one.uses_max, one.expires_at, one.revoked_at) for one in found]
    print_table(columns, rows)


@vouchers.command()
@click.argument("voucher_id")
@click.option("--reason", required=True, help="Why; it is written down.")
@json_option
def revoke(voucher_id: str, *, reason: str, as_json: bool) -> None:
    """End a voucher; what was redeemed stays."""
    revoked = now(carry_out(settings_now(), RevokeVoucher(voucher_id, reason)))
    if as_json:
        print_json(revoked)
        return
    print_fields((("revoked", revoked.voucher_id),))


async def _rows() -> list[VoucherRow]:
    async with reading(settings_now()) as database:
        return await database.read(lambda tx: voucher_rows(tx, LIST_MAX))


def _shown(row: VoucherRow) -> ShownVoucher:
    uses = (row.uses, row.uses_max, row.per_account_max)
    return ShownVoucher(
        row.id, shown(row.credits), *uses, moment(row.expires_us), moment(row.revoked_us), moment(row.created_us)
    )
