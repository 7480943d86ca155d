"""The OpenAPI document as it was made for the catalogue of this moment: its schemas tell prices."""

from dataclasses import dataclass

from apiinone.api.openapi import document
from apiinone.api.routes import ROUTES
from apiinone.catalog.load import Catalogue
from apiinone.catalog.running import RunningCatalogue


@dataclass(slots=True)
class KeptDocument:
    """Makes it when it is first asked for, and again once the catalogue has changed."""

    running: RunningCatalogue
    _made: tuple[Catalogue, bytes] | None = None

    def bytes_now(self) -> bytes:
        """The document."""
        catalogue = self.running.now
        if self._made is None or self._made[0] is not catalogue:
            self._made = catalogue, document(ROUTES, catalogue)
        return self._made[1]
