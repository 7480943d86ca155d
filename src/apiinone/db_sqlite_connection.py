"""Connections to an SQLite file as we need them, and which releases of SQLite are sound."""

from typing import Any, Final

import apsw

Connection = Any
"""The driver's; of a type that Python 3.11 lacks its stubs make parts of it unknown."""
FIXED_FROM: Final = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
"""Releases without the WAL-reset bug: the first of the line and the back-ports (sqlite.org, WAL-reset bug)."""
_STATEMENTS_KEPT = 512
"""As many as the driver keeps ready at most."""
_PRAGMAS = (
    "PRAGMA busy_timeout=5000",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-16384",
    "PRAGMA wal_autocheckpoint=2000",
    "PRAGMA busy_timeout=0",
)


def sqlite_release() -> tuple[int, int, int]:
    """The release of SQLite that runs, which need not be the one that the driver was built with."""
    major, minor, patch = map(int, apsw.sqlite_lib_version().split(".")[:3])
    return major, minor, patch


def is_fixed(release: tuple[int, int, int]) -> bool:
    """Whether this SQLite release is free of the WAL-reset bug."""
    newest = FIXED_FROM[0]
    return release >= newest or any(release[:2] == fixed[:2] and release >= fixed for fixed in FIXED_FROM[1:])


def connect(path: str) -> Connection:
    """Without mutexes: a connection serves one thread at a time here, so that no call need take and give one back."""
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_NOMUTEX
    connection: Connection = apsw.Connection(path, flags=flags, statementcachesize=_STATEMENTS_KEPT)
    # Else a statement that an index of some rows may serve is planned anew for each value that is bound to it.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


def connect_reading(path: str) -> Connection:
    """A connection that cannot write: reads never change anything."""
    connection = connect(path)
    connection.execute("PRAGMA query_only=ON")
    return connection
