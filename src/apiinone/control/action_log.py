"""What operators did by hand, newest first, page by page; the key of a page is the id of its last action."""

from msgspec import Struct

from apiinone.accounts.account_rows import Action
from apiinone.db import Sql, Tx
from apiinone.tasks.history import NO_ID_AFTER

_PAGE = Sql(
    "SELECT id, actor, action, subject, reason, created_us FROM operator_actions WHERE id < $1"
    " AND ($2::text IS NULL OR actor = $2) AND ($3::text IS NULL OR subject = $3) ORDER BY id DESC LIMIT $4"
)


class ActionDone(Struct, frozen=True):
    """An action and when it was done."""

    action: Action
    created_us: int


class WantedActions(Struct, frozen=True):
    """Which actions, and how many at most. None: no such filter."""

    limit: int
    before_id: str = NO_ID_AFTER
    actor: str | None = None
    subject: str | None = None


async def read_actions(tx: Tx, wanted: WantedActions) -> list[ActionDone]:
    """The actions that keep every filter, newest first."""
    rows = await tx.rows(_PAGE, wanted.before_id, wanted.actor, wanted.subject, wanted.limit)
    return [ActionDone(Action(*row[:5]), row[5]) for row in rows]
