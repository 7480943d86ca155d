"""Rows of automatic top-up: an account's rule, and each time that its balance fell below the threshold.

A crossing is written down once: the rule is disarmed in the transaction that writes it with its order, under the
balance's lock, and (account, crossing) is unique. It is armed again when its order is paid, or when the balance is
above the threshold again; a payment that comes to nothing pauses the rule until its owner sets it anew.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from apiinone.core.clock import US_PER_S, month_of
from apiinone.core.credits import Credits
from apiinone.core.ids import Ids
from apiinone.db import Sql, Tx
from apiinone.ledger.statements import load_books
from apiinone.payments.method import SavedSeen
from apiinone.payments.notices import notify
from apiinone.payments.order_rows import Order
from apiinone.payments.packs import Terms
from apiinone.payments.place_order import NewOrder, place

VALID_S: Final = 3600
"""A charge without its owner is decided at once; if nobody knows of it so long after, it was never made."""
DECLINED: Final = "declined"
CEILING: Final = "ceiling:"
"""Before the month in which no more may be bought."""
_SET = Sql(
    "INSERT INTO top_up_rules (account_id, threshold_micro, pack, saved_method_id, month_max_minor, armed, crossing_no,"
    " changed_us) VALUES ($1, $2, $3, $4, $5, 1, 0, $6) ON CONFLICT (account_id) DO UPDATE SET"
    " threshold_micro = excluded.threshold_micro, pack = excluded.pack, saved_method_id = excluded.saved_method_id,"
    " month_max_minor = excluded.month_max_minor, paused = NULL, changed_us = excluded.changed_us"
)
_DROP = Sql("DELETE FROM top_up_rules WHERE account_id = $1")
_COLUMNS = (
    "account_id, threshold_micro, pack, saved_method_id, month_max_minor, armed, paused, crossing_no FROM top_up_rules"
)
_RULE = Sql("SELECT " + _COLUMNS + " WHERE account_id = $1")
_LOCKED = Sql("SELECT " + _COLUMNS + " WHERE account_id = $1 FOR UPDATE")
_BELOW = Sql(
    "SELECT r.account_id FROM top_up_rules r JOIN balances b ON b.account_id = r.account_id AND b.mode = 'live'"
    " WHERE r.armed = 1 AND (r.paused IS NULL OR r.paused < $1) AND b.available_micro < r.threshold_micro"
    " ORDER BY r.account_id LIMIT $2"
)
_ABOVE = Sql(
    "UPDATE top_up_rules SET armed = 1 WHERE armed = 0 AND threshold_micro <="
    " (SELECT b.available_micro FROM balances b WHERE b.account_id = top_up_rules.account_id AND b.mode = 'live')"
    " AND NOT EXISTS (SELECT 1 FROM top_up_crossings c JOIN orders o ON o.id = c.order_id"
    " WHERE c.account_id = top_up_rules.account_id AND o.state = 'created')"
)
_DISARM = Sql("UPDATE top_up_rules SET armed = 0, paused = NULL, crossing_no = $1 WHERE account_id = $2")
_ARM = Sql("UPDATE top_up_rules SET armed = 1 WHERE account_id = $1")
_PAUSE = Sql("UPDATE top_up_rules SET paused = $1 WHERE account_id = $2")
_SPENT = Sql(
    "SELECT CAST(coalesce(sum(c.amount_minor), 0) AS bigint) FROM top_up_crossings c JOIN orders o ON o.id = c.order_id"
    " WHERE c.account_id = $1 AND c.month = $2 AND o.state NOT IN ('failed', 'expired')"
)
_CROSS = Sql(
    "INSERT INTO top_up_crossings (account_id, crossing_no, month, order_id, amount_minor, created_us, due_us)"
    " VALUES ($1, $2, $3, $4, $5, $6, $6)"
)
_DUE = Sql("SELECT order_id FROM top_up_crossings WHERE due_us <= $1 ORDER BY due_us LIMIT $2")
_SEND = Sql("UPDATE top_up_crossings SET due_us = NULL WHERE order_id = $1 AND due_us IS NOT NULL")
_AGAIN = Sql("UPDATE top_up_crossings SET due_us = $1 WHERE order_id = $2")
_SAVED = Sql(
    "SELECT id, method, customer_ref, vendor_ref, label FROM saved_methods WHERE account_id = $1"
    " AND removed_us IS NULL ORDER BY created_us DESC LIMIT 20"
)


_REMOVE = Sql("UPDATE saved_methods SET removed_us = $1 WHERE id = $2 AND account_id = $3 AND removed_us IS NULL")
_DROP_WITH = Sql("DELETE FROM top_up_rules WHERE account_id = $1 AND saved_method_id = $2")


class SavedRow(Struct, frozen=True):
    """A way to pay that an account left with a vendor."""

    id: str
    method: str
    customer_ref: str
    vendor_ref: str
    label: str

    @property
    def seen(self) -> SavedSeen:
        """As its method knows it."""
        return SavedSeen(self.customer_ref, self.vendor_ref, self.label)


class TopUpRule(Struct, frozen=True):
    """When to buy what, by which saved way to pay, and for how much in a month at most."""

    account_id: str
    threshold: Credits
    pack: str
    saved_method_id: str
    month_max_minor: int
    armed: int = 1
    paused: str | None = None
    crossing_no: int = 0


async def set_rule(tx: Tx, rule: TopUpRule) -> None:
    """Set an account's rule; whatever paused it is forgiven."""
    what = (rule.threshold, rule.pack, rule.saved_method_id, rule.month_max_minor)
    await tx.run(_SET, rule.account_id, *what, tx.now_us)


async def drop_rule(tx: Tx, account_id: str) -> None:
    """Buy nothing without being asked."""
    await tx.run(_DROP, account_id)


async def rule_of(tx: Tx, account_id: str) -> TopUpRule | None:
    """An account's rule."""
    row = await tx.row(_RULE, account_id)
    return None if row is None else TopUpRule(*row)


async def saved_of(tx: Tx, account_id: str) -> list[SavedRow]:
    """An account's saved ways to pay, the newest first."""
    return [SavedRow(*row) for row in await tx.rows(_SAVED, account_id)]


async def remove_saved(tx: Tx, account_id: str, saved_id: str) -> bool:
    """Charge it never again, and drop the rule that would; False where the account has no such."""
    if await tx.run(_REMOVE, tx.now_us, saved_id, account_id) == 0:
        return False
    await tx.run(_DROP_WITH, account_id, saved_id)
    return True


async def accounts_below(tx: Tx, limit: int) -> list[str]:
    """Accounts whose balance is below their threshold; those above it again are armed."""
    await tx.run(_ABOVE)
    return [row[0] for row in await tx.rows(_BELOW, f"{CEILING}{month_of(tx.now_us)}", limit)]


async def cross(tx: Tx, account_id: str, terms: Terms, ids: Ids, *, livemode_of: Callable[[str], bool]) -> Order | None:
    """Write a crossing down with its order; None where it is none, or the month's ceiling is reached."""
    books = await load_books(tx, [(account_id, "live")])
    row = await tx.row(_LOCKED, account_id)
    rule = None if row is None else TopUpRule(*row)
    if rule is None or not rule.armed or books.available((account_id, "live")) >= rule.threshold:
        return None
    month = month_of(tx.now_us)
    if rule.paused is not None and rule.paused >= f"{CEILING}{month}":
        return None
    spent = await tx.row(_SPENT, account_id, month)
    if (0 if spent is None else spent[0]) + terms.amount_minor > rule.month_max_minor:
        await tx.run(_PAUSE, f"{CEILING}{month}", account_id)
        await notify(tx, ids, account_id, "top_up.ceiling", {"month_max_minor": rule.month_max_minor})
        return None
    saved = next((one for one in await saved_of(tx, account_id) if one.id == rule.saved_method_id), None)
    if saved is None:
        await tx.run(_PAUSE, DECLINED, account_id)
        return None
    livemode = livemode_of(saved.method)
    new = NewOrder(ids.new(), account_id, saved.method, "auto", terms, livemode, VALID_S, actor="top-up")
    order, _ = await place(tx, new)
    number = rule.crossing_no + 1
    await tx.run(_CROSS, account_id, number, month, order.id, terms.amount_minor, tx.now_us)
    await tx.run(_DISARM, number, account_id)
    return order


async def due_charges(tx: Tx, limit: int) -> list[str]:
    """Orders of crossings that were certainly not sent yet."""
    return [row[0] for row in await tx.rows(_DUE, tx.now_us, limit)]


async def begin_charge(tx: Tx, order_id: str) -> bool:
    """It is about to be sent, once, by whoever gets True."""
    return await tx.run(_SEND, order_id) == 1


async def charge_again(tx: Tx, order_id: str, again_s: int) -> None:
    """Certainly nothing left this machine: it may be sent later."""
    await tx.run(_AGAIN, tx.now_us + again_s * US_PER_S, order_id)


async def top_up_ended(tx: Tx, order: Order, ids: Ids) -> None:
    """A crossing's order came to its end: the next crossing may come, or the rule pauses and its owner is told."""
    if order.state == "paid":
        await tx.run(_ARM, order.account_id)
        return
    await tx.run(_PAUSE, DECLINED, order.account_id)
    await notify(tx, ids, order.account_id, "top_up.failed", {"order_id": order.id, "amount_minor": order.amount_minor})
