"""Stripe: Checkout pages for payers who are there, and saved cards for those who are not.

Source: the official SDK, stripe 16.1.0 (API version 2026-10-28.endive): names and forms of parameters and objects in
`checkout/_session.py`, `_payment_intent.py`, `_payment_method.py`, `_charge.py`, `_refund.py`, `_dispute.py`; requests
are forms (`_encode.py`: nested names in brackets), lists come as `{"object": "list", "data": […]}`. An
`Idempotency-Key` is kept for at least 24 hours (API reference, idempotent requests; not confirmed against the live
service).
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlsplit

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
from apiinone.payments.stripe_objects import (
    declined,
    read_detached,
    read_found_charge,
    read_intent,
    read_lists,
    read_opened,
    read_refund,
    read_session,
)
from apiinone.payments.stripe_signature import HEADER, is_signed, read_event

BASE_URL: Final = "https://api.stripe.com"
API_VERSION: Final = "2026-10-28.endive"
TIMEOUT_S: Final = 30.0
ANSWER_BYTES_MAX: Final = 1024 * 1024
LIST_MAX: Final = 100
Fields = tuple[tuple[str, str], ...]


class Stripe:
    """The adapter; `base_url` is Stripe's or a simulator's."""

    name = "stripe"
    title = "Card or wallet"
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

    def is_live(self, credential: str) -> bool:
        """Secret and restricted keys of a sandbox begin with `sk_test_` and `rk_test_`."""
        return not credential.startswith(("sk_test_", "rk_test_"))

    def open(self, order: ToPay) -> Request | Instructions | NotOffered:
        """A Checkout Session in mode `payment`, of exactly this amount: no tax, discount or other currency joins it."""
        item = "line_items[0][price_data]"
        fields: Fields = (
            ("mode", "payment"),
            ("client_reference_id", order.order_id),
            *_metadata("metadata", order),
            *_metadata("payment_intent_data[metadata]", order),
            ("line_items[0][quantity]", "1"),
            (f"{item}[currency]", order.currency),
            (f"{item}[unit_amount]", str(order.amount_minor)),
            (f"{item}[product_data][name]", order.words),
            ("adaptive_pricing[enabled]", "false"),
            ("success_url", order.success_url),
            ("cancel_url", order.cancel_url),
            ("expires_at", str(order.expires_s)),
        )
        if order.saves_method:
            fields += (("payment_intent_data[setup_future_usage]", "off_session"),)
        if order.customer_ref is not None:
            fields += (("customer", order.customer_ref),)
        elif order.saves_method:
            fields += (("customer_creation", "always"),)
        # The same key with other fields would be refused, and a page whose address was lost is nobody's to pay.
        asked = hashlib.sha256(repr(fields).encode()).hexdigest()[:16]
        return self._post("/v1/checkout/sessions", fields, key=f"open-{order.order_id}-{asked}")

    def read_open(self, response: Response) -> Opened | Declined | Unclear:
        """A session with its address."""
        return read_opened(response)

    def charge(self, order: ToPay, saved: SavedSeen) -> Request | NotOffered:
        """A PaymentIntent confirmed at once, off session."""
        fields: Fields = (
            ("amount", str(order.amount_minor)),
            ("currency", order.currency),
            ("customer", saved.customer_ref),
            ("payment_method", saved.vendor_ref),
            ("off_session", "true"),
            ("confirm", "true"),
            ("description", order.words),
            *_metadata("metadata", order),
            ("expand[0]", "latest_charge"),
        )
        return self._post("/v1/payment_intents", fields, key=f"charge-{order.order_id}")

    def read_charge(self, response: Response) -> Standing | Declined | Unclear:
        """The intent; a card that was declined is a 402."""
        refused = declined(response)
        return refused if refused is not None else read_intent(response)

    def ask(self, known: Known) -> tuple[Request, ...]:
        """The session with its payment, or the payment alone; then what went back of it."""
        match known:
            case Known(vendor_ref=str(session)):
                first = self._get(
                    f"/v1/checkout/sessions/{_in_path(session)}"
                    "?expand[0]=payment_intent.latest_charge&expand[1]=payment_intent.payment_method"
                )
            case Known(payment_ref=str(payment)):
                first = self._get(
                    f"/v1/payment_intents/{_in_path(payment)}?expand[0]=latest_charge&expand[1]=payment_method"
                )
            case Known(customer_ref=str(customer)):
                since = f"customer={_in_path(customer)}&created[gte]={known.created_s}"
                first = self._get(f"/v1/payment_intents?{since}&limit={LIST_MAX}&expand[0]=data.latest_charge")
            case _:
                return ()
        if known.payment_ref is None:
            return (first,)
        of_payment = f"payment_intent={_in_path(known.payment_ref)}&limit={LIST_MAX}"
        return (first, self._get(f"/v1/refunds?{of_payment}"), self._get(f"/v1/disputes?{of_payment}"))

    def read_standing(self, known: Known, responses: Sequence[Response]) -> Standing | Unclear:
        """Whatever is not a whole answer to every question says nothing."""
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
        fields: Fields = (
            ("payment_intent", refund.payment_ref),
            ("amount", str(refund.amount_minor)),
            ("metadata[refund_id]", refund.refund_id),
        )
        return self._post("/v1/refunds", fields, key=f"refund-{refund.refund_id}")

    def read_refund(self, response: Response) -> RefundSeen | Declined | Unclear:
        """The refund as it stands."""
        refused = declined(response)
        return refused if refused is not None else read_refund(response)

    def detach(self, saved: SavedSeen) -> Request | NotOffered:
        """The payment method is no more the customer's (`_payment_method.py`, `detach`)."""
        path = f"/v1/payment_methods/{_in_path(saved.vendor_ref)}/detach"
        return self._post(path, (), key=f"detach-{saved.vendor_ref}")

    def read_detach(self, response: Response) -> Detached | Unclear:
        """The payment method without a customer; one that has none, or is unknown, is a 400 or 404."""
        return read_detached(response)

    def read_event(
        self, headers: Mapping[str, str], body: bytes, secret: str, now_s: int
    ) -> Event | Unsigned | Unreadable:
        """An event, if its signature is good."""
        return read_event(body) if is_signed(headers.get(HEADER, ""), body, secret, now_s) else Unsigned()

    def _post(self, path: str, fields: Fields, *, key: str) -> Request:
        headers = {"Stripe-Version": API_VERSION, "Idempotency-Key": key}
        return Request(
            "POST",
            self._base + path,
            "bearer",
            fields=fields,
            headers=headers,
            timeout_s=TIMEOUT_S,
            body_bytes_max=ANSWER_BYTES_MAX,
        )

    def _get(self, path: str) -> Request:
        headers = {"Stripe-Version": API_VERSION}
        return Request(
            "GET", self._base + path, "bearer", headers=headers, timeout_s=TIMEOUT_S, body_bytes_max=ANSWER_BYTES_MAX
        )


def _metadata(under: str, order: ToPay) -> Fields:
    return ((f"{under}[order_id]", order.order_id), (f"{under}[account_id]", order.account_id))


def _in_path(name: str) -> str:
    return quote(name, safe="")
