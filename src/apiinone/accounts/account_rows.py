"""Accounts: opened, listed, suspended; and the record of what operators do by hand."""

from msgspec import Struct

from apiinone.core.clock import day_of
from apiinone.core.credits import Credits
from apiinone.core.errors import BadRequest, Conflict, NotFound
from apiinone.db import Row, Sql, Tx
from apiinone.ledger.grants import refill
from apiinone.ledger.statements import load_books, open_balance, write_books

EMAIL_LENGTH_MAX = 254
_NEW_ACCOUNT = Sql(
    "INSERT INTO accounts (id, email, state, created_us) VALUES ($1, $2, 'active', $3) ON CONFLICT (email) DO NOTHING"
)
_BY_EMAIL = Sql("SELECT id, email, state, created_us FROM accounts WHERE email = $1")
_BY_ID = Sql("SELECT id, email, state, created_us FROM accounts WHERE id = $1")
_PAGE = Sql("SELECT id, email, state, created_us FROM accounts WHERE id > $1 ORDER BY id LIMIT 1000")
_SET_STATE = Sql("UPDATE accounts SET state = $1 WHERE id = $2")
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


class Action(Struct, frozen=True):
    """Something an operator did by hand, and why."""

    id: str
    actor: str
    action: str
    subject: str
    reason: str


async def open_account(tx: Tx, *, account_id: str, email: str, lot_id: str, test_credits: Credits) -> Account:
    """Open an account with two balances: live at nothing, test at its daily level. Raises BadRequest, Conflict."""
    address = _address(email)
    if await tx.run(_NEW_ACCOUNT, account_id, address, tx.now_us) == 0:
        raise Conflict("there is an account with this e-mail address already", param="/email")
    await open_balance(tx, (account_id, "live"), refill_day=None)
    await open_balance(tx, (account_id, "test"), refill_day=day_of(0))
    books = await load_books(tx, [(account_id, "test")])
    refill(books, (account_id, "test"), lot_id=lot_id, level=test_credits)
    await write_books(tx, books)
    return Account(account_id, address, "active", tx.now_us)


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
    row: Row | None = await tx.row(_BY_ID, account_id)
    if row is None:
        raise NotFound("there is no such account")
    await record(tx, action)
    return Account(*row)


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
