"""Stripe's signature of a callback, and what is read of an event.

Source: the official SDK, stripe 16.1.0, `_webhook.py` (`WebhookSignature`): the header `Stripe-Signature` is
`t=<seconds>,v1=<hex>`, more than one `v1` while a secret is rolled; HMAC-SHA256 over `{t}.{body}` with the whole
secret, `whsec_` included; at most 300 s old. `tests/payments/test_stripe.py` has the SDK verify what we verify.
"""

import hashlib
import hmac
from typing import Final

import msgspec
from msgspec import Struct

from apiinone.payments.method import Event, Unreadable

AGE_S_MAX: Final = 300
HEADER: Final = "stripe-signature"
_TIME_DIGITS_MAX: Final = 12
_MONEY: Final = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "payment_intent.succeeded",
        "charge.succeeded",
        "charge.refunded",
        "charge.dispute.created",
        "charge.dispute.closed",
        "refund.created",
        "refund.updated",
    }
)
"""Types that say that money moved, or is asked back."""


class _Object(Struct, frozen=True):
    """The fields that matter of whatever object the event is about: Session, PaymentIntent, Charge, Dispute, Refund."""

    id: str
    object: str
    client_reference_id: str | None = None
    metadata: dict[str, str] | None = None
    payment_intent: str | None = None
    currency: str | None = None
    amount_total: int | None = None
    amount: int | None = None


class _Data(Struct, frozen=True):
    object: _Object


class _Event(Struct, frozen=True):
    id: str
    type: str
    livemode: bool
    data: _Data


_decode = msgspec.json.Decoder(_Event).decode


def is_signed(header: str, body: bytes, secret: str, now_s: int) -> bool:
    """Whether one of the signatures is by this secret, and fresh; an empty secret signs nothing."""
    pairs = [part.partition("=")[::2] for part in header.split(",")]
    times = [value for name, value in pairs if name.strip() == "t"]
    if not secret or len(times) != 1 or not _is_time(times[0]) or abs(now_s - int(times[0])) > AGE_S_MAX:
        return False
    expected = hmac.new(secret.encode(), f"{times[0]}.".encode() + body, hashlib.sha256).hexdigest().encode()
    given = [value.encode(errors="replace") for name, value in pairs if name.strip() == "v1"]
    return any([hmac.compare_digest(expected, one) for one in given])  # noqa: C419 - each is compared, whichever fits


def read_event(body: bytes) -> Event | Unreadable:
    """The event; which of our orders it is about is looked up by these names."""
    try:
        event = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Unreadable()
    found = event.data.object
    if not event.id or len(event.id) > 255 or len(event.type) > 255:  # noqa: PLR2004 - Stripe's own bound on ids
        return Unreadable()
    is_session, is_intent = found.object == "checkout.session", found.object == "payment_intent"
    own_id = (found.metadata or {}).get("order_id") or found.client_reference_id
    return Event(
        event_id=event.id,
        type=event.type,
        about_money=event.type in _MONEY,
        order_id=own_id,
        vendor_ref=found.id if is_session else None,
        payment_ref=found.id if is_intent else found.payment_intent,
        currency=found.currency,
        amount_minor=found.amount_total if is_session else found.amount,
    )


def _is_time(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _TIME_DIGITS_MAX
