"""Processes at work, of which one after the other dies and is started again."""

from typing import Final

from processes.installation import Installation, Process

NO_NODE: Final = "1"
"""A node without any model: such a server accepts tasks and leaves the work to others."""


class Site:
    """An installation with its processes. What works is the server itself, or a worker that stands apart."""

    def __init__(self, installation: Installation, port: int, *, apart: bool) -> None:
        """Start them."""
        self.installation = installation
        self._apart = apart
        self._port = port
        self.server = self._serve()
        self.url = self.server.url
        self.worker = self.installation.work() if self._apart else self.server

    def revive(self) -> None:
        """Start another in the place of each that died."""
        if self.server.ended():
            self.server = self._serve()
            if not self._apart:
                self.worker = self.server
        if self.worker.ended():
            self.worker = self.installation.work()

    def _serve(self) -> Process:
        return self.installation.serve(self._port, settings={"APIINONE_NODES": NO_NODE} if self._apart else {})
