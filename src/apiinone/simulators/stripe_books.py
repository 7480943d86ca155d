"""What a simulated Stripe keeps: sessions, payments, charges, refunds, disputes, in the shapes of the official SDK.

Source: stripe 16.1.0, `checkout/_session.py`, `_payment_intent.py`, `_charge.py`, `_refund.py`, `_dispute.py`,
`_payment_method.py`, `_event.py`. Only the fields that a shop like ours looks at are there.
"""

import time
import uuid
from collections import OrderedDict
from typing import Final, cast

import msgspec
from msgspec import Struct, field

KEPT_MAX: Final = 20_000
Shown = dict[str, object]


def new_id(prefix: str) -> str:
    """Such as `pi_…`."""
    return f"{prefix}_{uuid.uuid4().hex[:24]}"


def now_s() -> int:
    """Seconds since 1970."""
    return int(time.time())


class Session(Struct):
    """A page where somebody pays."""

    amount_total: int
    currency: str
    livemode: bool
    success_url: str
    cancel_url: str
    expires_at: int
    url: str | None
    words: str
    client_reference_id: str | None
    metadata: dict[str, str]
    intent_metadata: dict[str, str]
    saves: bool
    customer: str | None
    id: str = field(default_factory=lambda: new_id("cs_test"))
    object: str = "checkout.session"
    mode: str = "payment"
    status: str = "open"
    payment_status: str = "unpaid"
    payment_intent: str | None = None
    created: int = field(default_factory=now_s)


class Card(Struct):
    """What is shown of a card."""

    brand: str
    last4: str


class PaymentMethod(Struct):
    """A card that somebody paid with."""

    card: Card
    number: str
    customer: str | None = None
    type: str = "card"
    id: str = field(default_factory=lambda: new_id("pm"))
    object: str = "payment_method"


class Intent(Struct):
    """A payment, or the attempt at one."""

    amount: int
    currency: str
    livemode: bool
    metadata: dict[str, str]
    status: str = "requires_payment_method"
    amount_received: int = 0
    customer: str | None = None
    latest_charge: str | None = None
    payment_method: str | None = None
    setup_future_usage: str | None = None
    created: int = field(default_factory=now_s)
    id: str = field(default_factory=lambda: new_id("pi"))
    object: str = "payment_intent"


class Charge(Struct):
    """Money that was taken."""

    amount: int
    currency: str
    livemode: bool
    payment_intent: str
    metadata: dict[str, str]
    amount_refunded: int = 0
    refunded: bool = False
    disputed: bool = False
    paid: bool = True
    status: str = "succeeded"
    created: int = field(default_factory=now_s)
    id: str = field(default_factory=lambda: new_id("ch"))
    object: str = "charge"


class Refund(Struct):
    """Money that goes back."""

    amount: int
    currency: str
    charge: str
    payment_intent: str
    metadata: dict[str, str]
    status: str = "succeeded"
    created: int = field(default_factory=now_s)
    id: str = field(default_factory=lambda: new_id("re"))
    object: str = "refund"


class Dispute(Struct):
    """Money that the payer's bank asks back."""

    amount: int
    currency: str
    charge: str
    payment_intent: str
    livemode: bool
    status: str = "needs_response"
    reason: str = "fraudulent"
    created: int = field(default_factory=now_s)
    id: str = field(default_factory=lambda: new_id("du"))
    object: str = "dispute"


Thing = Session | PaymentMethod | Intent | Charge | Refund | Dispute


class Books:
    """The latest of everything, by id."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._things: OrderedDict[str, Thing] = OrderedDict()

    def add(self, thing: Thing) -> None:
        """Keep it; the oldest goes where there is too much."""
        self._things[thing.id] = thing
        if len(self._things) > KEPT_MAX:
            self._things.popitem(last=False)

    def session(self, thing_id: str) -> Session | None:
        """The session of this id."""
        thing = self._things.get(thing_id)
        return thing if isinstance(thing, Session) else None

    def intent(self, thing_id: str) -> Intent | None:
        """The payment of this id."""
        thing = self._things.get(thing_id)
        return thing if isinstance(thing, Intent) else None

    def charge(self, thing_id: str | None) -> Charge | None:
        """The charge of this id."""
        thing = self._things.get(thing_id or "")
        return thing if isinstance(thing, Charge) else None

    def card(self, thing_id: str | None) -> PaymentMethod | None:
        """The card of this id."""
        thing = self._things.get(thing_id or "")
        return thing if isinstance(thing, PaymentMethod) else None

    def dispute(self, thing_id: str) -> Dispute | None:
        """The dispute of this id."""
        thing = self._things.get(thing_id)
        return thing if isinstance(thing, Dispute) else None

    def intents(self) -> list[Intent]:
        """All payments, the newest first."""
        return [thing for thing in reversed(self._things.values()) if isinstance(thing, Intent)]

    def refunds_of(self, payment_intent: str) -> list[Refund]:
        """What went back of a payment, the newest first."""
        found = [thing for thing in reversed(self._things.values()) if isinstance(thing, Refund)]
        return [refund for refund in found if refund.payment_intent == payment_intent]

    def disputes_of(self, payment_intent: str) -> list[Dispute]:
        """What is disputed of a payment, the newest first."""
        found = [thing for thing in reversed(self._things.values()) if isinstance(thing, Dispute)]
        return [dispute for dispute in found if dispute.payment_intent == payment_intent]

    def shown(self, thing: Thing, expand: tuple[str, ...] = ()) -> Shown:
        """An object as the API shows it, with these fields in place of their ids."""
        found = cast("Shown", msgspec.to_builtins(thing))
        for hidden in ("words", "intent_metadata", "saves", "number"):
            found.pop(hidden, None)
        for path in expand:
            name, _, rest = path.partition(".")
            inner = self._things.get(str(found.get(name)))
            if inner is not None:
                found[name] = self.shown(inner, (rest,) if rest else ())
            elif isinstance(found.get(name), dict) and rest:
                found[name] = self._deeper(cast("Shown", found[name]), rest)
        return found

    def _deeper(self, shown: Shown, path: str) -> Shown:
        """Expand within what was expanded before."""
        name, _, rest = path.partition(".")
        inner = self._things.get(str(shown.get(name)))
        return shown if inner is None else {**shown, name: self.shown(inner, (rest,) if rest else ())}

    def listed(self, things: list[Shown], url: str) -> Shown:
        """A list as the API shows it."""
        return {"object": "list", "data": things, "has_more": False, "url": url}
