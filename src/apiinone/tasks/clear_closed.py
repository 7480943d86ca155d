"""What a closed account held is cleared, bite by bite: prompts, files, addresses, names, secrets, cards. Money stays.

Tasks that were under way when the account was closed are cleared once they have ended.
"""

from apiinone.db import Sql, Tx
from apiinone.tasks.delete import make_unreachable
from apiinone.tasks.sweep import BITE_MAX

_ACCOUNT = Sql(
    "SELECT id FROM accounts WHERE closed_us IS NOT NULL AND cleared_us IS NULL ORDER BY closed_us LIMIT 1 FOR UPDATE"
)
_ENDED = Sql(
    "SELECT id, mode FROM tasks WHERE account_id = $1 AND mode = ANY($2::text[]) AND deleted_us IS NULL"
    " AND finished_us IS NOT NULL ORDER BY id LIMIT $3"
)
_OPEN = Sql("SELECT 1 FROM tasks WHERE account_id = $1 AND mode = ANY($2::text[]) AND finished_us IS NULL LIMIT 1")
_LATER = Sql("UPDATE accounts SET closed_us = $1 WHERE id = $2")
_CLEARED = Sql("UPDATE accounts SET cleared_us = $1 WHERE id = $2")
_CLEAR = (
    Sql("UPDATE keys SET name = '', revoked_us = coalesce(revoked_us, $1) WHERE account_id = $2"),
    Sql(
        "UPDATE provider_credentials SET sealed = NULL, name = '', revoked_us = coalesce(revoked_us, $1),"
        " changed_us = $1 WHERE account_id = $2"
    ),
    Sql("DELETE FROM idempotency WHERE account_id = $2 AND $1::bigint > 0"),
    Sql("DELETE FROM quotes WHERE account_id = $2 AND $1::bigint > 0"),
    Sql("DELETE FROM account_prices WHERE account_id = $2 AND $1::bigint > 0"),
    Sql("DELETE FROM webhook_secrets WHERE account_id = $2 AND $1::bigint > 0"),
    Sql("DELETE FROM webhook_endpoints WHERE account_id = $2 AND $1::bigint > 0"),
    Sql("DELETE FROM top_up_rules WHERE account_id = $2 AND $1::bigint > 0"),
    Sql("DELETE FROM alert_rules WHERE account_id = $2 AND $1::bigint > 0"),
    Sql("DELETE FROM alert_addresses WHERE account_id = $2 AND $1::bigint > 0"),
    # What is not removed is still to be taken away at its vendor (`payments/forget_closed.py`).
    Sql("UPDATE saved_methods SET label = '' WHERE account_id = $2 AND $1::bigint > 0"),
)
_MODES = ("live", "test")


async def clear_closed(tx: Tx) -> int:
    """Clear a bite of the account that was closed first; how many tasks that were."""
    row = await tx.row(_ACCOUNT)
    if row is None:
        return 0
    account_id: str = row[0]
    ended = await tx.rows(_ENDED, account_id, _MODES, BITE_MAX)
    for task_id, mode in ended:
        await make_unreachable(tx, (account_id, mode), task_id)
    for statement in _CLEAR:
        await tx.run(statement, tx.now_us, account_id)
    if len(ended) < BITE_MAX:
        still_open = await tx.row(_OPEN, account_id, _MODES) is not None
        await tx.run(_LATER if still_open else _CLEARED, tx.now_us, account_id)  # behind the others, if it has to wait
    return len(ended)
