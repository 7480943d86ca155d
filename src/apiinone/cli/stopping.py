"""A uvicorn server that leaves the process's signals to whoever runs it."""

from collections.abc import Generator
from contextlib import contextmanager

import uvicorn


class LeavesSignals(uvicorn.Server):
    """Stops when it is told to, not by a signal."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield
