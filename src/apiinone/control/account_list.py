"""Accounts as an operator looks for them, newest first, and one of them with all that belongs to it."""

from typing import Final

from msgspec import Struct

from apiinone.accounts.account_rows import Account
from apiinone.accounts.adjustment_rows import Adjustment, adjustments_of
from apiinone.accounts.key_rows import keys_of
from apiinone.accounts.keys import Key, Mode
from apiinone.control.task_list import ListedTask, WantedTasks, list_tasks
from apiinone.core.credits import Credits
from apiinone.db import Sql, Tx
from apiinone.ledger.history import EntryRow, read_entries
from apiinone.ledger.lots import Lot
from apiinone.ledger.statements import balance_of
from apiinone.tasks.history import NO_ID_AFTER

SHOWN: Final = 20
"""Of an account's tasks, entries and adjustments."""
NEWEST_ENTRY: Final = 2**62
MODES: Final[tuple[Mode, Mode]] = ("live", "test")

_PAGE = Sql(
    "SELECT id, email, state, created_us FROM accounts WHERE id < $1"
    " AND ($2::text IS NULL OR id = $2 OR email LIKE $3 ESCAPE '!')"
    " AND ($4::text IS NULL OR state = $4) ORDER BY id DESC LIMIT $5"
)
_ONE = Sql("SELECT id, email, state, created_us FROM accounts WHERE id = $1")


class WantedAccounts(Struct, frozen=True):
    """Which accounts: with this id, or this text in their address; empty: all."""

    limit: int
    search: str = ""
    state: str | None = None
    before_id: str = NO_ID_AFTER


class BalanceSeen(Struct, frozen=True):
    """One of an account's two balances."""

    mode: Mode
    available: Credits
    held: Credits
    lots: tuple[Lot, ...]
    entries: tuple[EntryRow, ...]
    """The newest."""


class AccountSeen(Struct, frozen=True):
    """An account with its balances, keys and the newest of what it did and what was done to it."""

    account: Account
    balances: tuple[BalanceSeen, ...]
    keys: tuple[Key, ...]
    tasks: tuple[ListedTask, ...]
    adjustments: tuple[Adjustment, ...]


async def list_accounts(tx: Tx, wanted: WantedAccounts) -> list[Account]:
    """The accounts that keep every filter, newest first."""
    search = wanted.search.strip().lower()
    pattern = search.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    values = (wanted.before_id, search or None, f"%{pattern}%", wanted.state, wanted.limit)
    return [Account(*row) for row in await tx.rows(_PAGE, *values)]


async def read_account(tx: Tx, account_id: str) -> AccountSeen | None:
    """One account, whole; None where there is none."""
    row = await tx.row(_ONE, account_id)
    if row is None:
        return None
    balances: list[BalanceSeen] = []
    for mode in MODES:
        available, held, lots = await balance_of(tx, (account_id, mode))
        entries = await read_entries(tx, (account_id, mode), before_no=NEWEST_ENTRY, limit=SHOWN)
        balances.append(BalanceSeen(mode, available, held, tuple(lots), tuple(entries)))
    return AccountSeen(
        Account(*row),
        tuple(balances),
        tuple(await keys_of(tx, account_id)),
        tuple(await list_tasks(tx, WantedTasks(SHOWN, account_id))),
        tuple(await adjustments_of(tx, account_id, SHOWN)),
    )
