"""`apiinone documents`: what was issued to an account, and its books for bookkeeping."""

from typing import Final

import click
from msgspec import Struct

from apiinone.cli.arguments import now
from apiinone.cli.opening import reading, settings_now
from apiinone.cli.printing import json_option, moment, print_json, print_table
from apiinone.db import Tx
from apiinone.payments.documents import Document, documents_of
from apiinone.payments.exports import ExportOf, Format, rows_of, written

LIST_MAX: Final = 1000
FIRST_DAY: Final = "2000-01-01"
LAST_DAY: Final = "9998-12-31"


class ShownDocument(Struct, frozen=True):
    """A document as `--json` prints it; amounts are in the currency's smallest unit."""

    document_id: str
    number: str
    kind: str
    order_number: int
    currency: str
    total_minor: int
    issued_at: str | None


@click.group(short_help="List receipts, invoices and credit notes; export books.")
def documents() -> None:
    """A document never changes once it is issued; its text is on the pages and in the API."""


@documents.command("list")
@click.argument("account_id")
@json_option
def list_documents(account_id: str, *, as_json: bool) -> None:
    """List an account's documents, newest first (at most 1,000)."""
    found = [_shown(one) for one in now(_documents(account_id))]
    if as_json:
        print_json({"documents": found})
        return
    columns = ("number", "document", "kind", "order", "total", "issued")
    rows = [
        (one.number, one.document_id, one.kind, one.order_number, f"{one.total_minor} {one.currency}", one.issued_at)
        for one in found
    ]
    print_table(columns, rows)


@documents.command()
@click.argument("account_id")
@click.option("--what", type=click.Choice(("orders", "ledger")), default="orders", show_default=True)
@click.option("--first-day", default=FIRST_DAY, show_default=True, help="UTC day, included.")
@click.option("--last-day", default=LAST_DAY, show_default=True, help="UTC day, included.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of CSV.")
def export(account_id: str, *, what: ExportOf, first_day: str, last_day: str, as_json: bool) -> None:
    """Print an account's orders, or its ledger of live credits."""
    form: Format = "json" if as_json else "csv"
    click.echo(now(_export(account_id, what, (first_day, last_day), form)), nl=as_json)


async def _documents(account_id: str) -> list[Document]:
    async with reading(settings_now()) as database:
        return await database.read(lambda tx: documents_of(tx, account_id, before=None, limit=LIST_MAX))


async def _export(account_id: str, what: ExportOf, days: tuple[str, str], form: Format) -> bytes:
    async def look(tx: Tx) -> bytes:
        return written(what, await rows_of(tx, account_id, what, days), form)

    async with reading(settings_now()) as database:
        return await database.read_long(look)


def _shown(one: Document) -> ShownDocument:
    content = one.content
    names = (one.id, content.number, content.kind, content.order_number)
    return ShownDocument(*names, content.currency, content.total_minor, moment(one.created_us))
