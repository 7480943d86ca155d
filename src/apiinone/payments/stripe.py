"""Stripe: Checkout pages for payers who are there, and saved cards for those who are not.

What is asked is written, and what comes back is read, by Stripe's official SDK in the modules beside this one. They
are imported with the first use, or by `prepare` before it: a server that takes no cards does not carry the SDK.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from apiinone.core.exchange import Request, Response
from apiinone.payments.method import (
    Declined,
    Detached,
    Event,
    Instructions,
    Known,
    NotOffered,
    Opened,
    RefundSeen,
    SavedSeen,
    Standing,
    ToPay,
    ToRefund,
    Unclear,
    Unreadable,
    Unsigned,
)

BASE_URL: Final = "https://api.stripe.com"
SIGNATURE: Final = "stripe-signature"


class Stripe:
    """The adapter; `base_url` is Stripe's or a simulator's."""

    name = "stripe"
    title = "Card or wallet"
    places_orders = True
    credential_names: tuple[str, ...] = ("STRIPE_SECRET_KEY",)
    callback_secret_names: tuple[str, ...] = ("STRIPE_WEBHOOK_SECRET",)
    valid_s = 23 * 3600
    """A session may live for 24 hours at most, counted by their clock."""

    def __init__(self, base_url: str = BASE_URL) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not an address of Stripe's API: {base_url!r}")
        self._base = base_url.rstrip("/")
        self.hosts: tuple[str, ...] = (parts.netloc.rpartition("@")[2],)

    def prepare(self) -> None:
        """Load the SDK, and of it what is loaded late."""
        self.ask(Known("", "session", "payment"))
        self.read_detach(Response(200, {}, b'{"object": "payment_method"}'))
        self.read_event({}, b"", "", 0)

    def is_live(self, credential: str) -> bool:
        """Secret and restricted keys of a sandbox begin with `sk_test_` and `rk_test_`."""
        return not credential.startswith(("sk_test_", "rk_test_"))

    def open(self, order: ToPay) -> Request | Instructions | NotOffered:
        """A Checkout Session."""
        from apiinone.payments.stripe_requests import open_page

        return open_page(self._base, order)

    def read_open(self, response: Response) -> Opened | Declined | Unclear:
        """A session with its address."""
        from apiinone.payments.stripe_objects import read_opened

        return read_opened(response)

    def charge(self, order: ToPay, saved: SavedSeen) -> Request | NotOffered:
        """A PaymentIntent confirmed at once, off session."""
        from apiinone.payments.stripe_requests import charge_saved

        return charge_saved(self._base, order, saved)

    def read_charge(self, response: Response) -> Standing | Declined | Unclear:
        """The intent; a card that was declined is an error."""
        from apiinone.payments.stripe_objects import read_charged

        return read_charged(response)

    def ask(self, known: Known) -> tuple[Request, ...]:
        """The session with its payment, or the payment alone; then what went back of it."""
        from apiinone.payments.stripe_requests import ask_about

        return ask_about(self._base, known)

    def read_standing(self, known: Known, responses: Sequence[Response]) -> Standing | Unclear:
        """Whatever is not a whole answer to every question says nothing."""
        from apiinone.payments.stripe_objects import read_found_charge, read_intent, read_lists, read_session

        if not responses:
            return Unclear("nothing is known that could be asked about")
        first, *lists = responses
        if known.vendor_ref is not None:
            standing = read_session(first)
        elif known.payment_ref is not None:
            standing = read_intent(first)
        else:
            standing = read_found_charge(first, known.order_id)
        return standing if isinstance(standing, Unclear) or not lists else read_lists(standing, lists)

    def refund(self, refund: ToRefund) -> Request | Instructions:
        """A refund of the payment, under our own id."""
        from apiinone.payments.stripe_requests import send_back

        return send_back(self._base, refund)

    def read_refund(self, response: Response) -> RefundSeen | Declined | Unclear:
        """The refund as it stands."""
        from apiinone.payments.stripe_objects import read_refund

        return read_refund(response)

    def detach(self, saved: SavedSeen) -> Request | NotOffered:
        """The payment method is no more the customer's."""
        from apiinone.payments.stripe_requests import take_away

        return take_away(self._base, saved)

    def read_detach(self, response: Response) -> Detached | Unclear:
        """The payment method without a customer; one that has none, or is unknown, is refused."""
        from apiinone.payments.stripe_objects import read_detached

        return read_detached(response)

    def read_event(
        self, headers: Mapping[str, str], body: bytes, secret: str, now_s: int
    ) -> Event | Unsigned | Unreadable:
        """An event, if its signature is good."""
        from apiinone.payments.stripe_events import read_event

        return read_event(headers.get(SIGNATURE, ""), body, secret, now_s)
