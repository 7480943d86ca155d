"""Accounts: opened, listed, suspended; and the record of what operators do by hand."""

from msgspec import Struct

from apiinone.core.credits import Credits
from apiinone.core.errors import BadRequest, Conflict, NotFound
from apiinone.db import Sql, Tx
from apiinone.ledger.grants import begin_refills
from apiinone.ledger.statements import drop_unused_balances, open_balance

EMAIL_LENGTH_MAX = 254
_NEW_ACCOUNT = Sql(
    "INSERT INTO accounts (id, email, state, created_us, name) VALUES ($1, $2, 'active', $3, $4)"
    " ON CONFLICT (email) DO NOTHING"
)
_COLUMNS = "SELECT id, email, state, created_us, name, closed_us FROM accounts"
_BY_EMAIL = Sql(_COLUMNS + " WHERE email = $1")
_BY_ID = Sql(_COLUMNS + " WHERE id = $1")
_PAGE = Sql(_COLUMNS + " WHERE id > $1 ORDER BY id LIMIT 1000")
_SET_STATE = Sql("UPDATE accounts SET state = $1 WHERE id = $2 AND closed_us IS NULL")
_CLOSE = Sql(
    "UPDATE accounts SET state = 'suspended', closed_us = $1, email = 'closed-' || id || '@account.invalid', name = ''"
    " WHERE id = $2 AND closed_us IS NULL"
)
_MOVE = Sql("UPDATE accounts SET email = $1 WHERE id = $2 AND NOT EXISTS (SELECT 1 FROM accounts o WHERE o.email = $1)")
_LET_GO = Sql("UPDATE accounts SET email = 'account-' || id || '@account.invalid' WHERE email = $1")
_RENAME = Sql("UPDATE accounts SET name = $1 WHERE id = $2 AND closed_us IS NULL")
_HAS_KEY = Sql("SELECT 1 FROM keys WHERE account_id = $1 LIMIT 1")
_DROP = Sql("DELETE FROM accounts WHERE id = $1")
_NEW_ACTION = Sql(
    "INSERT INTO operator_actions (id, actor, action, subject, reason, created_us) VALUES ($1, $2, $3, $4, $5, $6)"
)
_FACT = Sql("SELECT value FROM facts WHERE name = $1")
_NEW_FACT = Sql("INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")


class Account(Struct, frozen=True):
    """A tenant."""

    id: str
    email: str
    state: str
    created_us: int
    name: str = ""
    closed_us: int | None = None


class Action(Struct, frozen=True):
    """Something an operator did by hand, and why."""

    id: str
    actor: str
    action: str
    subject: str
    reason: str


async def open_account(  # noqa: PLR0913 - what an account is made of, by name
    tx: Tx, *, account_id: str, email: str, lot_id: str, test_credits: Credits | None, name: str = ""
) -> Account:
    """Open an account with two balances: live at nothing, test at its daily level. Raises BadRequest, Conflict.

    `test_credits` None: the test balance stays at nothing until `begin_test_credits`, because whoever opened the
    account has not shown yet that the address is theirs.
    """
    address = _address(email)
    if await tx.run(_NEW_ACCOUNT, account_id, address, tx.now_us, name) == 0:
        raise Conflict("there is an account with this e-mail address already", param="/email")
    await open_balance(tx, (account_id, "live"), refill_day=None)
    await open_balance(tx, (account_id, "test"), refill_day=None)
    if test_credits is not None:
        await begin_test_credits(tx, account_id, lot_id=lot_id, test_credits=test_credits)
    return Account(account_id, address, "active", tx.now_us, name)


async def begin_test_credits(tx: Tx, account_id: str, *, lot_id: str, test_credits: Credits) -> None:
    """Have the test balance raised to its daily level from today on; one that moved before is left as it is."""
    await begin_refills(tx, (account_id, "test"), lot_id=lot_id, level=test_credits)


async def account_by_id(tx: Tx, account_id: str) -> Account | None:
    """The account, if there is one of this id."""
    row = await tx.row(_BY_ID, account_id)
    return None if row is None else Account(*row)


async def refuse_unknown_account(tx: Tx, account_id: str) -> None:
    """Raise NotFound where there is no such account."""
    if await account_by_id(tx, account_id) is None:
        raise NotFound("there is no such account")


async def account_by_email(tx: Tx, email: str) -> Account | None:
    """The account with this address, if there is one."""
    row = await tx.row(_BY_EMAIL, _address(email))
    return None if row is None else Account(*row)


async def accounts(tx: Tx, *, after: str = "") -> list[Account]:
    """Up to 1,000 accounts, oldest first, after the given id."""
    return [Account(*row) for row in await tx.rows(_PAGE, after)]


async def set_suspended(tx: Tx, account_id: str, action: Action, *, suspended: bool) -> Account:
    """Suspend an account or let it go on; its keys are refused meanwhile. Raises NotFound."""
    await tx.run(_SET_STATE, "suspended" if suspended else "active", account_id)
    account = await account_by_id(tx, account_id)
    if account is None or account.closed_us is not None:
        raise NotFound("there is no such account")
    await record(tx, action)
    return account


async def close_account(tx: Tx, account_id: str) -> None:
    """End an account for good: its keys are refused, address and name give way to a pseudonym, its money rows stay."""
    await tx.run(_CLOSE, tx.now_us, account_id)


async def move_account_address(tx: Tx, account_id: str, email: str) -> None:
    """Give an account its owner's new address, unless another account has that."""
    await tx.run(_MOVE, email, account_id)


async def let_go_of_address(tx: Tx, email: str) -> None:
    """Take an address from whichever account has it: the person whose it was is gone."""
    await tx.run(_LET_GO, email)


async def rename_account(tx: Tx, account_id: str, name: str) -> None:
    """Call an account otherwise."""
    await tx.run(_RENAME, name, account_id)


async def drop_unused_account(tx: Tx, account_id: str) -> bool:
    """Remove an account that never had a key nor an entry in its ledger; False where it had, and stays."""
    if await tx.row(_HAS_KEY, account_id) is not None or not await drop_unused_balances(tx, account_id):
        return False
    return await tx.run(_DROP, account_id) > 0


async def record(tx: Tx, action: Action) -> None:
    """Write down what an operator does, in the transaction that does it. Raises BadRequest without a reason."""
    if not action.reason.strip():
        raise BadRequest("say why: a reason is written down with every change by hand", param="/reason")
    await tx.run(_NEW_ACTION, action.id, action.actor, action.action, action.subject, action.reason, tx.now_us)


async def agree(tx: Tx, name: str, value: str) -> str:
    """Store a fact of the installation if it is new, and return what is stored."""
    await tx.run(_NEW_FACT, name, value)
    row = await tx.row(_FACT, name)
    return value if row is None else str(row[0])


def _address(email: str) -> str:
    address = email.strip().lower()
    local, at, domain = address.rpartition("@")
    plain = address.isprintable() and not any(character.isspace() for character in address)
    if not (local and at and "." in domain.strip(".") and plain and len(address) <= EMAIL_LENGTH_MAX):
        raise BadRequest("this is not an e-mail address", param="/email")
    return address
