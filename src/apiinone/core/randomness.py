"""Random bytes in small portions: one system call serves many file names and nonces."""

import secrets
from collections.abc import Callable

POOL_BYTES = 4096


class RandomPool:
    """Gives random bytes from a pool that is filled anew when it runs low; no byte is given twice."""

    def __init__(self, source: Callable[[int], bytes] = secrets.token_bytes) -> None:
        """Take the source; a test gives one that repeats."""
        self._source = source
        self._pool = b""
        self._used = 0

    def __call__(self, count: int) -> bytes:
        """So many random bytes, at most a pool's worth."""
        if self._used + count > len(self._pool):
            self._pool, self._used = self._source(POOL_BYTES), 0
        self._used += count
        return self._pool[self._used - count : self._used]
