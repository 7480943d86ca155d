"""No network call inside a transaction: a mark that the database sets and the sender checks."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_transaction_open: ContextVar[bool] = ContextVar("transaction_open", default=False)


@contextmanager
def transaction_mark() -> Generator[None]:
    """Mark the running code as inside a transaction."""
    token = _transaction_open.set(True)
    try:
        yield
    finally:
        _transaction_open.reset(token)


def refuse_inside_transaction() -> None:
    """Raise AssertionError where the caller is inside a transaction: a defect of ours, never of a request."""
    if _transaction_open.get():
        raise AssertionError("a network call inside a database transaction")
