"""Pages: receipts, invoices and credit notes, to read, to print and to keep as PDF."""

from typing import Final

from apiinone.api.answer import Answer
from apiinone.core.errors import NotFound
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.payments.document_drawing import as_pdf, money
from apiinone.payments.documents import Document, documents_of, own_document
from apiinone.payments.exports import rows_of, written
from apiinone.web.billing.shop import DOCUMENT_NAMES
from apiinone.web.code_names import METHODS
from apiinone.web.console.shell import in_console
from apiinone.web.page_route import PageCall, PageReply, Rooms
from apiinone.web.visitor import MemberHere

DOCUMENTS: Final = "/billing/documents"
ROWS: Final = 30
PDF: Final = b"application/pdf"
CSV: Final = b"text/csv; charset=utf-8"
FIRST_DAY: Final = "2000-01-01"
LAST_DAY: Final = "9998-12-31"


async def show_documents(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """All of them, newest first."""
    before = call.query.get("before", "")

    async def look(tx: Tx) -> list[Document]:
        return await documents_of(tx, here.account_id, before=before if is_id(before) else None, limit=ROWS + 1)

    found = await rooms.office.database.read(look)
    facts = {
        "documents": found[:ROWS],
        "titles": DOCUMENT_NAMES,
        "money": money,
        "older": f"{DOCUMENTS}?before={found[ROWS - 1].id}" if len(found) > ROWS else "",
        "newest": DOCUMENTS if is_id(before) else "",
    }
    return await in_console(rooms, here, "documents.html.j2", facts)


async def show_document(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """One of them, as it was issued. Raises NotFound."""
    document = await _own_document(rooms, call, here)
    facts = {"document": document, "content": document.content, "titles": DOCUMENT_NAMES, "money": money}
    return await in_console(rooms, here, "document.html.j2", {**facts, "methods": METHODS})


async def keep_document(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """The same as PDF. Raises NotFound."""
    document = await _own_document(rooms, call, here)
    name = f'attachment; filename="{document.content.number}.pdf"'.encode()
    pdf = as_pdf(document.content, rooms.house.context.cashier.billing.font)
    return Answer(200, pdf, ((b"content-disposition", name),), PDF)


async def export_orders(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """The account's orders, for bookkeeping. Raises BadRequest for more than fit into one file."""
    del call

    async def look(tx: Tx) -> bytes:
        return written("orders", await rows_of(tx, here.account_id, "orders", (FIRST_DAY, LAST_DAY)), "csv")

    body = await rooms.office.database.read_long(look)
    return Answer(200, body, ((b"content-disposition", b'attachment; filename="orders.csv"'),), CSV)


async def _own_document(rooms: Rooms, call: PageCall, here: MemberHere) -> Document:
    document_id = call.ids["document_id"]
    found = None
    if is_id(document_id):
        found = await rooms.office.database.read(lambda tx: own_document(tx, here.account_id, document_id))
    if found is None:
        raise NotFound("There is no such document.", param="document_id")
    return found
