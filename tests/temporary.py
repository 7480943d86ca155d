"""Where tests have their files: in memory where there is room, for no test needs them to outlive a power cut.

Every commit of a SQLite file waits until the disk has it, and each test's database would be written there for nobody.
"""

import os
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - folders in it are made with names of their own
_ROOM_BYTES_MIN = 2 << 30  # containers are often given 64 MiB
_NOT_RUN = getattr(os, "ST_NOEXEC", 0)


def temporary_root() -> Path:
    """The folder for folders of tests; the system's where memory has none that is large and whose programs run."""
    if not os.access(_MEMORY, os.W_OK | os.X_OK):
        return Path(tempfile.gettempdir())
    found = os.statvfs(_MEMORY)
    roomy = found.f_bavail * found.f_frsize >= _ROOM_BYTES_MIN
    return _MEMORY if roomy and not found.f_flag & _NOT_RUN else Path(tempfile.gettempdir())
