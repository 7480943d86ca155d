"""What an account has in writing: documents, and exports for bookkeeping."""

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from apiinone.accounts.callers import Caller
from apiinone.api.answer import Answer, encode, page
from apiinone.api.call import Call
from apiinone.api.cursors import read_cursor, write_cursor
from apiinone.api.house import House
from apiinone.api.money_routes import Day
from apiinone.api.orders import AmountMinor, Currency, OrderId
from apiinone.api.queries import Cursor, Limit, read_query
from apiinone.api.task_page import Moment
from apiinone.core.clock import US_PER_S, day_of, iso
from apiinone.core.errors import NotFound
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.payments.document_drawing import as_html, as_pdf
from apiinone.payments.documents import Document, DocumentKind, documents_of, own_document
from apiinone.payments.exports import Cell, ExportOf, Format, rows_of, written

DOCUMENTS_ROWS: Final = 20
EXPORT_DAYS: Final = 30
PDF: Final = b"application/pdf"
HTML: Final = b"text/html; charset=utf-8"
CSV: Final = b"text/csv; charset=utf-8"
_ALONE: Final = (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox")


class DocumentPage(Struct, frozen=True):
    """A document; its text is asked for by its id."""

    document_id: OrderId
    kind: DocumentKind
    number: str
    currency: Currency
    total_minor: AmountMinor
    sha256: Annotated[str, Meta(description="Of what was frozen when it was issued.")]
    created_at: Moment


class DocumentsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page."""

    limit: Limit = DOCUMENTS_ROWS
    cursor: Cursor | UnsetType = UNSET


class FormQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """In which form."""

    format: Literal["pdf", "html", "json"] = "pdf"


class ExportQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """What, of which days, in which form."""

    what: ExportOf = "orders"
    format: Format = "csv"
    first_day: Annotated[Day, Meta(description="The first UTC day; 30 days back where not given.")] | UnsetType = UNSET
    last_day: Annotated[Day, Meta(description="The last UTC day; today where not given.")] | UnsetType = UNSET


async def list_documents(house: House, call: Call, caller: Caller) -> Answer:
    """The account's documents, newest first."""
    query = read_query(call.query_string, DocumentsQuery)
    before = None if query.cursor is UNSET else read_cursor("documents", query.cursor, 1)[0]
    if caller.mode == "test":
        return page([], None)

    async def look(tx: Tx) -> list[Document]:
        return await documents_of(tx, caller.account_id, before=before, limit=query.limit + 1)

    found = await house.context.database.read(look)
    rows = found[: query.limit]
    next_cursor = write_cursor("documents", rows[-1].id) if len(found) > query.limit else None
    return page([_page(document) for document in rows], next_cursor)


async def show_document(house: House, call: Call, caller: Caller) -> Answer:
    """One of the account's documents, as PDF, HTML or JSON."""
    query = read_query(call.query_string, FormQuery)
    document_id = call.ids["document_id"]
    found = None
    if caller.mode == "live" and is_id(document_id):
        found = await house.context.database.read(lambda tx: own_document(tx, caller.account_id, document_id))
    if found is None:
        raise NotFound("There is no such document.", param="document_id")
    match query.format:
        case "pdf":
            return Answer(200, as_pdf(found.content, house.context.cashier.billing.font), (), PDF)
        case "html":
            return Answer(200, as_html(found.content), (_ALONE,), HTML)
        case "json":
            return Answer(200, encode(found.content))


async def export_rows(house: House, call: Call, caller: Caller) -> Answer:
    """Orders or ledger entries of some days, for bookkeeping."""
    query = read_query(call.query_string, ExportQuery)
    now_us = house.context.clock.now_us()
    first_day = query.first_day or day_of(now_us - EXPORT_DAYS * 86_400 * US_PER_S)
    last_day = query.last_day or day_of(now_us)
    rows: list[tuple[Cell, ...]] = []
    if caller.mode == "live":

        async def look(tx: Tx) -> list[tuple[Cell, ...]]:
            return await rows_of(tx, caller.account_id, query.what, (first_day, last_day))

        rows = await house.context.database.read_long(look)
    body = written(query.what, rows, query.format)
    return Answer(200, body) if query.format == "json" else Answer(200, body, (), CSV)


def _page(document: Document) -> DocumentPage:
    content = document.content
    names = (document.id, content.kind, content.number, content.currency, content.total_minor)
    return DocumentPage(*names, document.content_hash.hex(), iso(document.created_us))
