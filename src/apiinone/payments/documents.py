"""Documents: frozen when they are issued, in the transaction that moves the money, numbered without gaps.

What a document says is one JSON description, stored with its hash and never changed. HTML and PDF are drawn from it
whenever somebody asks, always the same.
"""

import hashlib
from typing import Final, Literal

import msgspec
from msgspec import Struct

from apiinone.core.clock import day_of
from apiinone.core.credits import MICRO_PER_CREDIT
from apiinone.core.ids import Ids
from apiinone.db import Row, Sql, Tx
from apiinone.payments.order_rows import Order, next_number
from apiinone.payments.packs import Billing, Seller, Tax

DocumentKind = Literal["receipt", "invoice", "credit_note"]
TITLES: Final[dict[DocumentKind, str]] = {
    "receipt": "Receipt",
    "invoice": "Invoice",
    "credit_note": "Credit note",
}
_LAST: Final = "~"
_ADD = Sql(
    "INSERT INTO documents (id, series, number, account_id, order_id, refund_id, content, content_hash, created_us)"
    " VALUES ($1, $2, $3, $4, $5, NULL, $6, $7, $8)"
)
_COLUMNS = "id, account_id, content, content_hash, created_us FROM documents"
_PAGE = Sql("SELECT " + _COLUMNS + " WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3")
_ONE = Sql("SELECT " + _COLUMNS + " WHERE id = $1 AND account_id = $2")
_FIRST = Sql("SELECT " + _COLUMNS + " WHERE order_id = $1 AND series <> 'credit_note' ORDER BY id LIMIT 1")
_OF_ORDER = Sql("SELECT " + _COLUMNS + " WHERE order_id = $1 AND account_id = $2 ORDER BY id")
_EMAIL = Sql("SELECT email FROM accounts WHERE id = $1")
_encode = msgspec.json.Encoder(order="deterministic").encode


class TaxLine(Struct, frozen=True):
    """A tax that the total includes."""

    name: str
    hundredths: int
    amount_minor: int


class Content(Struct, frozen=True):
    """Everything that a document says. Amounts are in the currency's smallest unit."""

    kind: DocumentKind
    number: str
    day: str
    seller: Seller
    buyer: str
    account_id: str
    order_number: int
    words: str
    currency: str
    net_minor: int
    taxes: tuple[TaxLine, ...]
    total_minor: int
    paid_by: str
    payment_ref: str
    refers_to: str = ""


class Document(Struct, frozen=True):
    """A document with its content."""

    id: str
    account_id: str
    content: Content
    content_hash: bytes
    created_us: int


async def issue(tx: Tx, ids: Ids, billing: Billing, order: Order) -> None:
    """Issue the receipt of an order that was just paid; an invoice where the seller's tax number is set."""
    kind: DocumentKind = "invoice" if billing.seller.tax_number else "receipt"
    words = f"{order.granted // MICRO_PER_CREDIT:,} API credits"
    await _issue(tx, ids, billing, order, _Issued(kind, words, order.amount_minor))


async def issue_credit_note(tx: Tx, ids: Ids, billing: Billing, order: Order, amount_minor: int) -> None:
    """Issue the note of a part that went back."""
    first = await tx.row(_FIRST, order.id)
    refers_to = "" if first is None else _document(first).content.number
    await _issue(tx, ids, billing, order, _Issued("credit_note", "Refund", amount_minor, refers_to))


async def documents_of(tx: Tx, account_id: str, *, before: str | None, limit: int) -> list[Document]:
    """An account's documents, newest first."""
    return [_document(row) for row in await tx.rows(_PAGE, account_id, before or _LAST, limit)]


async def documents_of_order(tx: Tx, account_id: str, order_id: str) -> list[Document]:
    """What was issued about one of its orders, the oldest first."""
    return [_document(row) for row in await tx.rows(_OF_ORDER, order_id, account_id)]


async def own_document(tx: Tx, account_id: str, document_id: str) -> Document | None:
    """One of them."""
    row = await tx.row(_ONE, document_id, account_id)
    return None if row is None else _document(row)


def taxed(total_minor: int, taxes: tuple[Tax, ...]) -> tuple[int, tuple[TaxLine, ...]]:
    """What is net, and the taxes within a total: rounded half up, and together always the total."""
    rate = sum(tax.hundredths for tax in taxes)
    lines = tuple(
        TaxLine(tax.name, tax.hundredths, (2 * total_minor * tax.hundredths + 10_000 + rate) // (2 * (10_000 + rate)))
        for tax in taxes
    )
    return total_minor - sum(line.amount_minor for line in lines), lines


class _Issued(Struct, frozen=True):
    kind: DocumentKind
    words: str
    total_minor: int
    refers_to: str = ""


async def _issue(tx: Tx, ids: Ids, billing: Billing, order: Order, issued: _Issued) -> None:
    email = await tx.row(_EMAIL, order.account_id)
    net_minor, taxes = taxed(issued.total_minor, billing.taxes)
    number = await next_number(tx, issued.kind)
    content = Content(
        kind=issued.kind,
        number=f"{_PREFIXES[issued.kind]}-{number:06}",
        day=day_of(tx.now_us),
        seller=billing.seller,
        buyer="" if email is None else str(email[0]),
        account_id=order.account_id,
        order_number=order.number,
        words=issued.words,
        currency=order.currency,
        net_minor=net_minor,
        taxes=taxes,
        total_minor=issued.total_minor,
        paid_by=order.method,
        payment_ref=order.payment_ref or "",
        refers_to=issued.refers_to,
    )
    written = _encode(content)
    digest = hashlib.sha256(written).digest()
    names = (ids.new(), issued.kind, number, order.account_id, order.id)
    await tx.run(_ADD, *names, written.decode(), digest, tx.now_us)


_PREFIXES: Final[dict[DocumentKind, str]] = {"receipt": "R", "invoice": "I", "credit_note": "C"}


def _document(row: Row) -> Document:
    return Document(row[0], row[1], msgspec.json.decode(row[2], type=Content), bytes(row[3]), row[4])
