"""No network call inside a transaction: a mark that the database sets and the sender checks."""

from contextvars import ContextVar

_transaction_open: ContextVar[bool] = ContextVar("transaction_open", default=False)


class TransactionMark:
    """Marks the code in its `with` block as inside a transaction."""

    __slots__ = ("_token",)

    def __enter__(self) -> None:
        """Set the mark."""
        self._token = _transaction_open.set(True)

    def __exit__(self, *_: object) -> None:
        """Let it be as before."""
        _transaction_open.reset(self._token)


def refuse_inside_transaction() -> None:
    """Raise AssertionError where the caller is inside a transaction: a defect of ours, never of a request."""
    if _transaction_open.get():
        raise AssertionError("a network call inside a database transaction")
