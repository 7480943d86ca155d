"""`apiinone suspense`: money that fits nothing, and what is decided about it."""

from typing import get_args

import click
from msgspec import Struct

from apiinone.cli.arguments import Amount, now
from apiinone.cli.opening import carry_out, reading, settings_now
from apiinone.cli.printing import json_option, moment, print_fields, print_json, print_table
from apiinone.control.payment_commands import ResolveSuspense
from apiinone.core.credits import Credits
from apiinone.payments.suspense import Resolution, SuspenseRow, suspense_rows
from apiinone.web.code_names import SUSPENSE_REASONS

LIST_MAX = 1000


class ShownSuspense(Struct, frozen=True):
    """A row as `--json` prints it."""

    suspense_id: str
    method: str
    reason: str
    means: str
    subject: str
    order_id: str | None
    currency: str | None
    amount_minor: int | None
    seen_at: str | None
    resolved_at: str | None
    resolved_as: str | None


@click.group(short_help="See money that fits nothing, and decide about it.")
def suspense() -> None:
    """Payments, and news of payments, that match no order: nothing is credited, and nothing is dropped."""


@suspense.command("list")
@click.option("--all", "resolved", is_flag=True, help="With what was decided already.")
@json_option
def list_suspense(*, resolved: bool, as_json: bool) -> None:
    """List what waits for a decision, newest first (at most 1,000)."""
    found = [_shown(row) for row in now(_rows(resolved=resolved))]
    if as_json:
        print_json({"suspense": found})
        return
    columns = ("id", "method", "payment", "amount", "seen", "because", "decided")
    rows = [
        (
            one.suspense_id,
            one.method,
            one.subject,
            None if one.amount_minor is None else f"{one.amount_minor} {one.currency or ''}".strip(),
            one.seen_at,
            one.means,
            one.resolved_as,
        )
        for one in found
    ]
    print_table(columns, rows)


@suspense.command()
@click.argument("suspense_id")
@click.option("--as", "how", type=click.Choice(get_args(Resolution)), required=True, help="What you did about it.")
@click.option("--account", "account_id", help="Whom to credit.")
@click.option("--credits", "amount_credited", type=Amount(), help="With how many credits.")
@click.option("--reason", required=True, help="Why; it is written down.")
@json_option
def resolve(  # noqa: PLR0913 - one parameter for each option
    suspense_id: str,
    how: Resolution,
    *,
    account_id: str | None,
    amount_credited: Credits | None,
    reason: str,
    as_json: bool,
) -> None:
    """Decide about a row: credited to an account, returned by hand, or dismissed."""
    command = ResolveSuspense(suspense_id, how, reason, account_id, amount_credited)
    done = now(carry_out(settings_now(), command))
    if as_json:
        print_json(done)
        return
    print_fields((("suspense", done.suspense_id), ("decided", done.resolved_as), ("lot", done.lot_id)))


async def _rows(*, resolved: bool) -> list[SuspenseRow]:
    async with reading(settings_now()) as database:
        return await database.read(lambda tx: suspense_rows(tx, resolved=resolved, limit=LIST_MAX))


def _shown(row: SuspenseRow) -> ShownSuspense:
    money = (row.order_id, row.currency, row.amount_minor)
    times = (moment(row.seen_us), moment(row.resolved_us), row.resolved_as)
    return ShownSuspense(row.id, row.method, row.reason, SUSPENSE_REASONS[row.reason], row.subject, *money, *times)
