"""Rows of orders. The owner's balance is locked before an order is (one lock order everywhere)."""

from typing import Final, Literal

import msgspec
from msgspec import Struct

from apiinone.core.credits import Credits
from apiinone.db import Row, Sql, Tx
from apiinone.ledger.ledger import Owner
from apiinone.payments.lifecycle import OrderState
from apiinone.payments.method import Known

Origin = Literal["buyer", "operator", "auto", "voucher"]
PAGE_MAX: Final = 1000
ASKED_SOON_MAX: Final = 30
"""How often a vendor was asked about an order that nobody hurries any more."""

_COLUMNS = (
    "id, number, account_id, method, origin, pack, state, currency, amount_minor, credits_micro, bonus_micro,"
    " credits_days, livemode, saves_method, vendor_ref, payment_ref, pay_url, refunded_minor, owed_micro, actor,"
    " request_mark, request_hash, created_us, expires_us, paid_us, ask_us, asked"
)
_NEW = Sql(
    "INSERT INTO orders (" + _COLUMNS + ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,"  # noqa: S608
    " $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)"
)
_BY_ID = Sql("SELECT " + _COLUMNS + " FROM orders WHERE id = $1")  # noqa: S608
_LOCKED = Sql("SELECT " + _COLUMNS + " FROM orders WHERE id = $1 FOR UPDATE")  # noqa: S608
_BY_VENDOR_REF = Sql("SELECT " + _COLUMNS + " FROM orders WHERE method = $1 AND vendor_ref = $2")  # noqa: S608
_BY_PAYMENT_REF = Sql("SELECT " + _COLUMNS + " FROM orders WHERE method = $1 AND payment_ref = $2")  # noqa: S608
_BY_REQUEST = Sql("SELECT " + _COLUMNS + " FROM orders WHERE account_id = $1 AND request_mark = $2")  # noqa: S608
_OF_ACCOUNT = Sql("SELECT " + _COLUMNS + " FROM orders WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3")  # noqa: S608
_ALL = Sql(
    "SELECT " + _COLUMNS + " FROM orders WHERE id < $1 AND ($2::text IS NULL OR account_id = $2)"  # noqa: S608
    " AND ($3::text IS NULL OR state = $3) ORDER BY id DESC LIMIT $4"
)
_DUE = Sql("SELECT id FROM orders WHERE ask_us <= $1 ORDER BY ask_us LIMIT $2")
_UPDATE = Sql(
    "UPDATE orders SET state = $1, vendor_ref = $2, payment_ref = $3, pay_url = $4, refunded_minor = $5,"
    " owed_micro = $6, paid_us = $7, ask_us = $8, asked = $9 WHERE id = $10"
)
_NEXT_NUMBER = Sql(
    "INSERT INTO number_series (name, last_no) VALUES ($1, 1)"
    " ON CONFLICT (name) DO UPDATE SET last_no = number_series.last_no + 1 RETURNING last_no"
)
_SOON = Sql(
    "UPDATE orders SET ask_us = $1 WHERE id = $2 AND state = 'created' AND vendor_ref IS NOT NULL AND ask_us > $1"
    " AND asked < $3"
)
_OWED = Sql("SELECT " + _COLUMNS + " FROM orders WHERE account_id = $1 AND owed_micro > 0 ORDER BY id DESC LIMIT $2")  # noqa: S608
_LAST: Final = "~"
"""After every id."""


class Order(Struct, frozen=True):
    """A row, whole."""

    id: str
    number: int
    account_id: str
    method: str
    origin: Origin
    pack: str | None
    state: OrderState
    currency: str
    amount_minor: int
    credits: Credits
    bonus: Credits
    credits_days: int | None
    livemode: int
    saves_method: int
    vendor_ref: str | None
    payment_ref: str | None
    pay_url: str | None
    refunded_minor: int
    owed: Credits
    actor: str
    request_mark: bytes | None
    request_hash: bytes | None
    created_us: int
    expires_us: int
    paid_us: int | None
    ask_us: int | None
    asked: int

    @property
    def owner(self) -> Owner:
        """Whose balance it fills: orders are always about live credits."""
        return (self.account_id, "live")

    @property
    def granted(self) -> Credits:
        """All that it brings."""
        return Credits(self.credits + self.bonus)

    @property
    def known(self) -> Known:
        """By what it can be asked about."""
        return Known(self.id, self.vendor_ref, self.payment_ref)


async def add_order(tx: Tx, order: Order) -> None:
    """Store a new order."""
    await tx.run(_NEW, *msgspec.structs.astuple(order))


async def order_by_id(tx: Tx, order_id: str) -> Order | None:
    """The order, as it stands."""
    return _order(await tx.row(_BY_ID, order_id))


async def locked_order(tx: Tx, order_id: str) -> Order | None:
    """The same, locked; its owner's balance is locked already."""
    return _order(await tx.row(_LOCKED, order_id))


async def order_by_ref(tx: Tx, method: str, *, vendor_ref: str | None, payment_ref: str | None) -> Order | None:
    """The order that the vendor knows by one of these names."""
    found = None if vendor_ref is None else await tx.row(_BY_VENDOR_REF, method, vendor_ref)
    if found is None and payment_ref is not None:
        found = await tx.row(_BY_PAYMENT_REF, method, payment_ref)
    return _order(found)


async def order_by_request(tx: Tx, account_id: str, mark: bytes) -> Order | None:
    """The order that this request made before."""
    return _order(await tx.row(_BY_REQUEST, account_id, mark))


async def orders_of(tx: Tx, account_id: str, *, before: str | None, limit: int) -> list[Order]:
    """An account's orders, newest first."""
    return [Order(*row) for row in await tx.rows(_OF_ACCOUNT, account_id, before or _LAST, limit)]


async def all_orders(
    tx: Tx, *, account_id: str | None, state: str | None, limit: int, before: str | None = None
) -> list[Order]:
    """Orders of all accounts or of one, in all states or in one, newest first."""
    return [Order(*row) for row in await tx.rows(_ALL, before or _LAST, account_id, state, limit)]


async def due_orders(tx: Tx, limit: int) -> list[str]:
    """Orders that the vendor is to be asked about."""
    return [row[0] for row in await tx.rows(_DUE, tx.now_us, limit)]


async def ask_soon(tx: Tx, order_id: str) -> None:
    """Somebody looks at it and waits: its vendor is asked in the next round, once however often they look."""
    await tx.run(_SOON, tx.now_us, order_id, ASKED_SOON_MAX)


def may_ask_soon(order: Order) -> bool:
    """Whether that would do anything: not for ever, lest a page left open has a vendor asked all day."""
    return order.state == "created" and order.vendor_ref is not None and order.asked < ASKED_SOON_MAX


async def orders_that_owe(tx: Tx, account_id: str, limit: int) -> list[Order]:
    """Orders whose money went back after their credits were spent, newest first."""
    return [Order(*row) for row in await tx.rows(_OWED, account_id, limit)]


async def write_order(tx: Tx, order: Order) -> None:
    """Store what may change."""
    refs = (order.vendor_ref, order.payment_ref, order.pay_url)
    money = (order.refunded_minor, order.owed, order.paid_us)
    await tx.run(_UPDATE, order.state, *refs, *money, order.ask_us, order.asked, order.id)


async def next_number(tx: Tx, series: str) -> int:
    """The next number of a series without gaps: the last lock that a transaction takes."""
    row = await tx.row(_NEXT_NUMBER, series)
    if row is None:
        raise AssertionError("a series that gives no number")
    return int(row[0])


def _order(row: Row | None) -> Order | None:
    return None if row is None else Order(*row)
