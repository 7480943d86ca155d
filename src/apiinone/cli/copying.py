"""Copy an embedded database, whole and as of one moment, also while a server writes it."""

import os
from contextlib import closing
from pathlib import Path

from apiinone.core.errors import Conflict, DatabaseUnavailable

_BUSY_WAIT_MS = 5_000


def copy_database(source: Path, target: Path) -> None:
    """Copy it under another name first, so that under `target` there is a whole copy or nothing (mode 0600).

    Raises Conflict where `target` exists, DatabaseUnavailable where it cannot be written.
    """
    if target.exists():
        raise Conflict(f"{target} exists already; nothing was copied")
    import apsw  # noqa: PLC0415 - loaded only where there is such a database

    draft = target.with_name(f"{target.name}.part")
    try:
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        reading = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READONLY)
        with closing(reading), closing(apsw.Connection(str(draft))) as writing:
            reading.set_busy_timeout(_BUSY_WAIT_MS)
            with writing.backup("main", reading, "main") as copying:
                copying.step()
        _flush(draft)
        draft.rename(target)
        _flush(target.parent)
    except (OSError, apsw.Error) as error:
        raise DatabaseUnavailable(f"the database could not be copied to {target}: {error}") from error


def _flush(path: Path) -> None:
    """Have the system write a file or a folder to its disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
