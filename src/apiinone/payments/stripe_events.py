"""Stripe's callbacks: their signature, checked by the official SDK, and what is read of an event.

Source: stripe 16.1.0, `_webhook.py`: the header `Stripe-Signature` is `t=<seconds>,v1=<hex>`, more than one `v1` while
a secret is rolled; HMAC-SHA256 over `{t}.{body}`, which is text, with the whole secret, `whsec_` included.
"""

import json
from typing import Any, Final

import msgspec
from stripe import Event as StripeEvent
from stripe import PaymentIntent, SignatureVerificationError, StripeObject, WebhookSignature
from stripe.checkout import Session

from apiinone.payments.method import Event, Unreadable, Unsigned
from apiinone.payments.stripe_objects import NOT_AS_PROMISED, id_of, names, sound

AGE_S_MAX: Final = 300
NAME_LENGTH_MAX: Final = 255
"""Stripe's own bound on ids."""
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


def read_event(header: str, body: bytes, secret: str, now_s: int) -> Event | Unsigned | Unreadable:
    """The event, if its signature is good; which of our orders it is about is looked up by these names."""
    if not is_signed(header, body, secret, now_s):
        return Unsigned()
    try:
        return _read(StripeEvent.construct_from(json.loads(body), None))
    except (*NOT_AS_PROMISED, msgspec.MsgspecError):
        return Unreadable()


def is_signed(header: str, body: bytes, secret: str, now_s: int) -> bool:
    """Whether one of the signatures is by this secret, and fresh; an empty secret signs nothing."""
    try:
        # Its age is judged below, by the clock that we are given.
        WebhookSignature.verify_header(body, header, secret)  # pyright: ignore[reportUnknownMemberType]
        (signed_s,) = (int(part[2:]) for part in header.split(",") if part.startswith("t="))
    except (SignatureVerificationError, TypeError, ValueError):
        return False
    return abs(now_s - signed_s) <= AGE_S_MAX


def _read(event: StripeEvent) -> Event | Unreadable:
    """What an event names."""
    if not event.id or len(event.id) > NAME_LENGTH_MAX or len(event.type) > NAME_LENGTH_MAX:
        return Unreadable()
    found: StripeObject = event.data.object
    payment_ref, amount = id_of(_told(found, "payment_intent")), _told(found, "amount")
    vendor_ref: str | None = None
    match _told(event.data, "object"):
        case Session(id=vendor_ref):
            amount = _told(found, "amount_total")
        case PaymentIntent(id=payment_ref):
            pass
        case StripeObject():
            pass
        case _:
            return Unreadable()
    return sound(
        Event(
            event_id=event.id,
            type=event.type,
            about_money=event.type in _MONEY,
            order_id=names(found).get("order_id") or _told(found, "client_reference_id"),
            vendor_ref=vendor_ref,
            payment_ref=payment_ref,
            currency=_told(found, "currency"),
            amount_minor=amount,
        )
    )


def _told(thing: StripeObject, name: str) -> Any:
    """A field that may be missing: of which release an event is, its endpoint's settings say, and not we."""
    return getattr(thing, name, None)
