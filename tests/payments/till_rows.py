"""What tests look at behind the product's back: orders, balances, suspense."""

from apiinone.db import Sql
from apiinone.payments.order_rows import Order, order_by_id
from apiinone.payments.suspense import SuspenseRow, suspense_rows
from later import LaterDatabase
from workshop import Workshop

MONEY = Sql(
    "SELECT available_micro, held_micro, frozen_micro, debt_micro FROM balances WHERE account_id = $1 AND mode = 'live'"
)
CREDITS = Sql("SELECT count(*) FROM entries WHERE account_id = $1 AND kind = 'grant' AND key LIKE 'order:%'")


async def order_now(database: LaterDatabase, order_id: str) -> Order:
    order = await database.read(lambda tx: order_by_id(tx, order_id))
    assert order is not None
    return order


async def strays(database: LaterDatabase) -> list[SuspenseRow]:
    return await database.read(lambda tx: suspense_rows(tx, resolved=True, limit=100))


async def money(workshop: Workshop, account_id: str) -> tuple[int, int, int, int]:
    """Whole credits that are available, held, frozen and owed."""
    available, held, frozen, debt = await workshop.row(MONEY, account_id)
    return (available // 10**6, held // 10**6, frozen // 10**6, debt // 10**6)


async def times_credited(workshop: Workshop, account_id: str) -> int:
    (count,) = await workshop.row(CREDITS, account_id)
    return int(count)
