"""How everything that operators can switch stands. The catalogue says what there is; this says what is used of it.

Nothing here touches what was accepted: a task whose offer was switched off after it was sent is asked about as before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from msgspec import Struct

from apiinone.catalog.offer import Offer
from apiinone.catalog.own_prices import LIST
from apiinone.catalog.set_prices import SetPrices

HouseSwitch = Literal["drain", "maintenance", "sign_up"]
SignUp = Literal["open", "invited", "closed"]
TextName = Literal["terms", "privacy", "acceptable-use", "incident", "maintenance"]
DRAIN_RETRY_S: Final = 30
MAINTENANCE_RETRY_S: Final = 120


class OfferName(Struct, frozen=True):
    """What an operator calls an offer. Where a provider has two of this name, both are meant."""

    sub_model: str
    provider: str
    upstream_model: str
    operation: str = ""


class OfferSwitch(Struct, frozen=True):
    """How an offer differs from what the catalogue says."""

    off: bool = False
    priority: int | None = None
    """None: the catalogue's own."""


class PriceOf(Struct, frozen=True):
    """An account's price of a model, or of all that it has no other for."""

    account_id: str
    model: str = ""


class Closed(Struct, frozen=True):
    """Why nothing new is accepted, in a sentence for clients, and when to come again."""

    sentence: str
    retry_after_s: int


class Standing(Struct, frozen=True):
    """Everything at one moment. `version` changes with any of it."""

    version: str = ""
    models_off: frozenset[str] = frozenset()
    """Sub-models that live keys may not use."""
    offers: Mapping[OfferName, OfferSwitch] = {}
    drain: bool = False
    """No process accepts a new task; what was accepted is finished."""
    maintenance: bool = False
    """The same, and the site shows a page that says so; the API's reads go on."""
    sign_up: SignUp | None = None
    """None: as the setting says."""
    texts: Mapping[TextName, str] = {}
    """Markdown, by what it is for; what is not there is not shown."""
    prices: Mapping[PriceOf, int] = {}
    """What accounts pay that have prices of their own, in percent of the list."""
    list_prices: SetPrices = {}
    """Amounts of the list in place of the catalogue's (`catalog/running.py`)."""

    def price_percent(self, account_id: str, model: str) -> int:
        """What an account pays for a model: its own price of it, else its own for all, else the list's."""
        if not self.prices:
            return LIST
        every = self.prices.get(PriceOf(account_id), LIST)
        return self.prices.get(PriceOf(account_id, model), every)

    def prices_of(self, account_id: str) -> tuple[tuple[str, int], ...]:
        """An account's own prices by model, the one for all under an empty name and first."""
        return tuple(
            sorted((one.model, percent) for one, percent in self.prices.items() if one.account_id == account_id)
        )

    def is_off(self, sub_model: str, offer: Offer) -> bool:
        """Whether nothing new may go this way."""
        found = self._switch(sub_model, offer)
        return found is not None and found.off

    def priority(self, sub_model: str, offer: Offer) -> int:
        """Smaller is tried first."""
        found = self._switch(sub_model, offer)
        return offer.priority if found is None or found.priority is None else found.priority

    @property
    def closed(self) -> Closed | None:
        """Why nothing new is accepted; None: it is."""
        if self.maintenance:
            return Closed(_MAINTENANCE, MAINTENANCE_RETRY_S)
        return Closed(_DRAIN, DRAIN_RETRY_S) if self.drain else None

    def _switch(self, sub_model: str, offer: Offer) -> OfferSwitch | None:
        if not self.offers:
            return None
        return self.offers.get(OfferName(sub_model, offer.provider, offer.upstream_model, offer.operation))


_DRAIN: Final = "No new tasks are accepted at the moment; what was accepted before goes on. Try again shortly."
_MAINTENANCE: Final = "This installation is being worked on and accepts nothing new; what is there can be read."
AS_LISTED: Final = Standing()
"""Nothing is switched: the catalogue as it stands."""


@dataclass(slots=True)
class Board:
    """Where a process looks how things stand now."""

    now: Standing = AS_LISTED
