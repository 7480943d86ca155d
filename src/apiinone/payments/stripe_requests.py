"""What Stripe is asked, in the words of its official SDK: pages to pay, charges, questions, refunds.

Source: stripe 16.1.0, `params/checkout/_session_create_params.py`, `params/_payment_intent_create_params.py` and
theirs. An `Idempotency-Key` is kept for at least 24 hours, and with it whatever was answered, an error of theirs too
(API reference, idempotent requests; not confirmed against the live service).
"""

import hashlib
from typing import TYPE_CHECKING, Final

from apiinone.core.exchange import Request
from apiinone.payments.method import Known, SavedSeen, ToPay, ToRefund
from apiinone.payments.stripe_sdk import described

if TYPE_CHECKING:
    from stripe.params import PaymentIntentCreateParams
    from stripe.params.checkout import SessionCreateParams

LIST_MAX: Final = 100


def open_page(base_url: str, order: ToPay) -> Request:
    """A Checkout Session in mode `payment`, of exactly this amount: no tax, discount or other currency joins it."""
    metadata = _metadata(order)
    wanted: SessionCreateParams = {
        "mode": "payment",
        "client_reference_id": order.order_id,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": order.currency,
                    "unit_amount": order.amount_minor,
                    "product_data": {"name": order.words},
                },
            }
        ],
        "adaptive_pricing": {"enabled": False},
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
        "expires_at": order.expires_s,
    }
    if order.saves_method:
        wanted["payment_intent_data"] = {"metadata": metadata, "setup_future_usage": "off_session"}
    if order.customer_ref is not None:
        wanted["customer"] = order.customer_ref
    elif order.saves_method:
        wanted["customer_creation"] = "always"
    # The same key with other fields would be refused, and a page whose address was lost is nobody's to pay.
    asked = hashlib.sha256(repr(wanted).encode()).hexdigest()[:16]
    key = f"open-{order.order_id}-{asked}"
    return described(base_url, lambda client: client.v1.checkout.sessions.create(wanted), key=key)


def charge_saved(base_url: str, order: ToPay, saved: SavedSeen) -> Request:
    """A PaymentIntent confirmed at once, off session."""
    wanted: PaymentIntentCreateParams = {
        "amount": order.amount_minor,
        "currency": order.currency,
        "customer": saved.customer_ref,
        "payment_method": saved.vendor_ref,
        "off_session": True,
        "confirm": True,
        "description": order.words,
        "metadata": _metadata(order),
        "expand": ["latest_charge"],
    }
    key = f"charge-{order.order_id}"
    return described(base_url, lambda client: client.v1.payment_intents.create(wanted), key=key)


def ask_about(base_url: str, known: Known) -> tuple[Request, ...]:
    """The session with its payment, or the payment alone; then what went back of it."""
    match known:
        case Known(vendor_ref=str(session)):
            expand = ["payment_intent.latest_charge", "payment_intent.payment_method"]
            first = described(
                base_url, lambda client: client.v1.checkout.sessions.retrieve(session, {"expand": expand})
            )
        case Known(payment_ref=str(payment)):
            expand = ["latest_charge", "payment_method"]
            first = described(base_url, lambda client: client.v1.payment_intents.retrieve(payment, {"expand": expand}))
        case Known(customer_ref=str(customer)):
            since = known.created_s
            first = described(
                base_url,
                lambda client: client.v1.payment_intents.list(
                    {
                        "customer": customer,
                        "created": {"gte": since},
                        "limit": LIST_MAX,
                        "expand": ["data.latest_charge"],
                    }
                ),
            )
        case _:
            return ()
    if known.payment_ref is None:
        return (first,)
    of_payment = known.payment_ref
    return (
        first,
        described(base_url, lambda client: client.v1.refunds.list({"payment_intent": of_payment, "limit": LIST_MAX})),
        described(base_url, lambda client: client.v1.disputes.list({"payment_intent": of_payment, "limit": LIST_MAX})),
    )


def send_back(base_url: str, refund: ToRefund) -> Request:
    """A refund of the payment, under our own id."""
    return described(
        base_url,
        lambda client: client.v1.refunds.create(
            {
                "payment_intent": refund.payment_ref,
                "amount": refund.amount_minor,
                "metadata": {"refund_id": refund.refund_id},
            }
        ),
        key=f"refund-{refund.refund_id}",
    )


def take_away(base_url: str, saved: SavedSeen) -> Request:
    """The payment method is no more the customer's. Without a key: a kept error would be all that later tries hear."""
    return described(base_url, lambda client: client.v1.payment_methods.detach(saved.vendor_ref))


def _metadata(order: ToPay) -> dict[str, str]:
    return {"order_id": order.order_id, "account_id": order.account_id}
