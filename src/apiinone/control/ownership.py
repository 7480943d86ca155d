"""Who may write an embedded database: one process at a time, told by a lock on a file beside it (hazard 30).

The lock is the system's (`flock`), so it ends with the process, however that ends. The file says who holds it and, for
a server, at which socket it takes commands.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

_BYTES_MAX = 4096


class Owner(Struct, frozen=True):
    """The process that holds a database, and its socket; "" where it takes no commands."""

    pid: int
    socket: str = ""


class Taken(Exception):
    """Another process holds the database."""

    def __init__(self, owner: Owner) -> None:
        """Take who it is."""
        super().__init__(f"process {owner.pid} is using the database")
        self.owner = owner


class Ownership:
    """The lock, held until it is released or the process ends."""

    def __init__(self, descriptor: int) -> None:
        """Take the locked file."""
        self._descriptor = descriptor

    def tell(self, socket: str = "") -> None:
        """Write down who holds it, for those who come later."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, msgspec.json.encode(Owner(os.getpid(), socket)), 0)

    def release(self) -> None:
        """Let others have it."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def take(database: Path) -> Ownership:
    """Hold a database file. Raises Taken at once where another process does."""
    descriptor = os.open(lock_path(database), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = _owner(descriptor)
        os.close(descriptor)
        raise Taken(owner) from None
    ownership = Ownership(descriptor)
    ownership.tell()
    return ownership


def lock_path(database: Path) -> Path:
    """The lock's file."""
    return database.with_name(f"{database.name}.lock")


def _owner(descriptor: int) -> Owner:
    with suppress(msgspec.MsgspecError):
        return msgspec.json.decode(os.pread(descriptor, _BYTES_MAX, 0), type=Owner)
    return Owner(0)  # it has the lock and has not said who it is yet
