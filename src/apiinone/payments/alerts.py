"""Alerts: an account says when it wants to be told; each is told once, until it is so no more or a period begins."""

from typing import Final, Literal

from msgspec import Struct

from apiinone.core.clock import day_of, month_of
from apiinone.core.credits import Credits, shown
from apiinone.core.ids import Ids
from apiinone.db import Sql, Tx
from apiinone.payments.notices import NoticeKind, notify

AlertKind = Literal["low_balance", "spend_day", "spend_month"]
BITE_MAX: Final = 100
LOW: Final = "low"
_SET = Sql(
    "INSERT INTO alert_rules (account_id, kind, threshold_micro) VALUES ($1, $2, $3) ON CONFLICT (account_id, kind)"
    " DO UPDATE SET threshold_micro = excluded.threshold_micro, told = NULL"
)
_UNSET = Sql("DELETE FROM alert_rules WHERE account_id = $1 AND kind = $2")
_RULES = Sql("SELECT kind, threshold_micro FROM alert_rules WHERE account_id = $1 ORDER BY kind")
_ADDRESS = Sql("SELECT url FROM alert_addresses WHERE account_id = $1")
_SET_ADDRESS = Sql(
    "INSERT INTO alert_addresses (account_id, url) VALUES ($1, $2)"
    " ON CONFLICT (account_id) DO UPDATE SET url = excluded.url"
)
_UNSET_ADDRESS = Sql("DELETE FROM alert_addresses WHERE account_id = $1")
_LOW = Sql(
    "SELECT a.account_id, a.threshold_micro, b.available_micro FROM alert_rules a JOIN balances b"
    " ON b.account_id = a.account_id AND b.mode = 'live' WHERE a.kind = 'low_balance' AND a.told IS NULL"
    " AND b.available_micro < a.threshold_micro ORDER BY a.account_id LIMIT $1"
)
_RECOVERED = Sql(
    "UPDATE alert_rules SET told = NULL WHERE kind = 'low_balance' AND told IS NOT NULL AND threshold_micro <="
    " (SELECT b.available_micro FROM balances b WHERE b.account_id = alert_rules.account_id AND b.mode = 'live')"
)
_SPENT = Sql(
    "SELECT a.account_id, a.threshold_micro, CAST(sum(u.captured_micro) AS bigint) FROM alert_rules a"
    " JOIN usage_days u ON u.account_id = a.account_id AND u.mode = 'live' AND u.day >= $2 AND u.day <= $3"
    " WHERE a.kind = $1 AND (a.told IS NULL OR a.told <> $4) GROUP BY a.account_id, a.threshold_micro"
    " HAVING sum(u.captured_micro) >= a.threshold_micro ORDER BY a.account_id LIMIT $5"
)
_TOLD = Sql("UPDATE alert_rules SET told = $1 WHERE account_id = $2 AND kind = $3 AND (told IS NULL OR told <> $1)")


class Alerts(Struct, frozen=True):
    """What an account wants to be told, and where to."""

    low_balance: Credits | None
    spend_day: Credits | None
    spend_month: Credits | None
    url: str | None


async def set_alerts(tx: Tx, account_id: str, alerts: Alerts) -> None:
    """Replace what an account wants to be told."""
    wanted: tuple[tuple[AlertKind, Credits | None], ...] = (
        ("low_balance", alerts.low_balance),
        ("spend_day", alerts.spend_day),
        ("spend_month", alerts.spend_month),
    )
    for kind, threshold in wanted:
        if threshold is None:
            await tx.run(_UNSET, account_id, kind)
        else:
            await tx.run(_SET, account_id, kind, threshold)
    if alerts.url is None:
        await tx.run(_UNSET_ADDRESS, account_id)
    else:
        await tx.run(_SET_ADDRESS, account_id, alerts.url)


async def alerts_of(tx: Tx, account_id: str) -> Alerts:
    """What an account wants to be told."""
    found = {row[0]: Credits(row[1]) for row in await tx.rows(_RULES, account_id)}
    address = await tx.row(_ADDRESS, account_id)
    url = None if address is None else str(address[0])
    return Alerts(found.get("low_balance"), found.get("spend_day"), found.get("spend_month"), url)


async def raise_alerts(tx: Tx, ids: Ids) -> int:
    """Tell what has become so; how many."""
    await tx.run(_RECOVERED)
    day, month = day_of(tx.now_us), month_of(tx.now_us)
    count = 0
    for row in await tx.rows(_LOW, BITE_MAX):
        count += await _tell(tx, ids, ("low_balance", "balance.low", LOW), row)
    for row in await tx.rows(_SPENT, "spend_day", day, day, day, BITE_MAX):
        count += await _tell(tx, ids, ("spend_day", "spending.day", day), row)
    for row in await tx.rows(_SPENT, "spend_month", f"{month}-01", day, month, BITE_MAX):
        count += await _tell(tx, ids, ("spend_month", "spending.month", month), row)
    return count


async def _tell(tx: Tx, ids: Ids, what: tuple[AlertKind, NoticeKind, str], row: tuple[str, int, int]) -> int:
    """Tell it, unless another process was faster."""
    (rule, kind, mark), (account_id, threshold, now) = what, row
    if await tx.run(_TOLD, mark, account_id, rule) == 0:
        return 0
    await notify(tx, ids, account_id, kind, {"threshold": str(shown(threshold)), "credits": str(shown(now))})
    return 1
