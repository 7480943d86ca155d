"""`apiinone packs`: what is sold, as the files in force say."""

from pathlib import Path

import click

from apiinone.cli.opening import settings_now
from apiinone.cli.printing import json_option, print_fields, print_json, print_table
from apiinone.payments.packs import Billing, BillingInvalid, load_billing
from apiinone.settings import SettingsError


@click.group(short_help="See what is sold, and by whom.")
def packs() -> None:
    """Packs are data: the packaged file, with the fields of APIINONE_BILLING_FILE in place of its."""


@packs.command()
@json_option
def show(*, as_json: bool) -> None:
    """Show packs, bounds and seller."""
    billing = _billing()
    if as_json:
        print_json(billing)
        return
    columns = ("pack", "title", "amount", "credits", "bonus", "expire after")
    rows = [
        (
            pack.id,
            pack.title,
            f"{pack.amount_minor} {pack.currency}",
            pack.credits,
            pack.bonus,
            None if pack.credits_days is None else f"{pack.credits_days} days",
        )
        for pack in billing.packs
    ]
    print_table(columns, rows)
    custom = billing.custom
    bounds = None if custom is None else f"{custom.amount_minor_min} to {custom.amount_minor_max} {custom.currency}"
    taxes = ", ".join(f"{tax.name} {tax.hundredths // 100}.{tax.hundredths % 100:02} %" for tax in billing.taxes)
    click.echo()
    print_fields((("own amounts", bounds), ("seller", billing.seller.name or None), ("taxes", taxes or None)))


def _billing() -> Billing:
    own = settings_now().billing_file
    try:
        return load_billing(Path(own) if own else None)
    except BillingInvalid as error:
        raise SettingsError(str(error)) from error
