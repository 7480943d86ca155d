"""What routes work with: the context, and what the API itself keeps while it runs."""

from collections.abc import Callable
from dataclasses import dataclass

from apiinone.api.catalogue_pages import CataloguePages
from apiinone.api.context import Context
from apiinone.api.counts import Counts
from apiinone.api.hints import Hints
from apiinone.api.readiness import Readiness


@dataclass(frozen=True, slots=True)
class House:
    """Handed to every route."""

    context: Context
    hints: Hints
    counts: Counts
    readiness: Readiness
    pages: CataloguePages
    document: Callable[[], bytes]
    """The OpenAPI document of this moment."""
