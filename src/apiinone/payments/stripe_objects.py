"""Stripe's objects as far as they matter here, and what they say about an order (stripe 16.1.0, see `stripe.py`)."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from apiinone.core.exchange import Response
from apiinone.payments.method import Declined, Detached, DisputeSeen, Opened, RefundSeen, SavedSeen, Standing, Unclear

T = TypeVar("T")
Amount = Annotated[int, Meta(ge=0, le=10**12)]
_DECLINED: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.NOT_FOUND})
"""Statuses that certainly mean no; a wrong key, a throttle or an error of theirs mean that nobody decided."""
_NUL: Final = rb"\u0000"
"""No name of theirs holds one, and databases take none."""
_WON: Final = frozenset({"won", "warning_closed", "prevented"})
_ENDED_INTENTS: Final = frozenset({"canceled"})


class _Card(Struct, frozen=True):
    brand: str = ""
    last4: str = ""


class _PaymentMethod(Struct, frozen=True):
    id: str
    type: str = ""
    card: _Card | None = None
    customer: str | None = None


class _Charge(Struct, frozen=True):
    id: str
    amount_refunded: Amount = 0
    disputed: bool = False


class _Intent(Struct, frozen=True):
    id: str
    status: str
    amount: Amount
    currency: str
    livemode: bool
    amount_received: Amount = 0
    metadata: dict[str, str] | None = None
    customer: str | None = None
    latest_charge: _Charge | str | None = None
    payment_method: _PaymentMethod | str | None = None
    setup_future_usage: str | None = None


class _Session(Struct, frozen=True):
    id: str
    livemode: bool
    status: str | None = None
    payment_status: str = "unpaid"
    amount_total: Amount | None = None
    currency: str | None = None
    client_reference_id: str | None = None
    metadata: dict[str, str] | None = None
    url: str | None = None
    payment_intent: _Intent | str | None = None


class _Refund(Struct, frozen=True):
    id: str
    amount: Amount
    status: str | None = None
    metadata: dict[str, str] | None = None


class _Dispute(Struct, frozen=True):
    id: str
    amount: Amount
    status: str


class _Refunds(Struct, frozen=True):
    data: list[_Refund]


class _Disputes(Struct, frozen=True):
    data: list[_Dispute]


class _Intents(Struct, frozen=True):
    data: list[_Intent]


def declined(response: Response) -> Declined | None:
    """A certain no; None where it is none."""
    if response.status not in _DECLINED:
        return None
    return Declined("The payment was declined." if response.status == HTTPStatus.PAYMENT_REQUIRED else "Refused.")


def read_opened(response: Response) -> Opened | Declined | Unclear:
    """A session that can be paid."""
    if (refused := declined(response)) is not None:
        return refused
    session = _read(response, _Session)
    if isinstance(session, Unclear) or not session.url:
        return Unclear("no session with an address")
    return Opened(session.id, session.url)


def read_session(response: Response) -> Standing | Unclear:
    """How an order stands by its session. A payment that is still under way is open."""
    session = _read(response, _Session)
    if isinstance(session, Unclear):
        return session
    intent = session.payment_intent if isinstance(session.payment_intent, _Intent) else None
    metadata = session.metadata or {}
    state: Literal["open", "paid", "expired"] = "open"
    if session.payment_status == "paid":
        state = "paid"
    elif session.status == "expired":
        state = "expired"
    return Standing(
        order_id=metadata.get("order_id") or session.client_reference_id,
        account_id=metadata.get("account_id"),
        vendor_ref=session.id,
        payment_ref=session.payment_intent if isinstance(session.payment_intent, str) else _id(intent),
        state=state if state != "open" or intent is None or not _gave_up(session, intent) else "failed",
        currency=session.currency or "",
        amount_minor=-1 if session.amount_total is None else session.amount_total,
        livemode=session.livemode,
        saved=None if intent is None else _saved(intent),
        touched=intent is not None and _touched(intent),
    )


def read_intent(response: Response) -> Standing | Unclear:
    """How an order stands by its payment."""
    intent = _read(response, _Intent)
    return intent if isinstance(intent, Unclear) else _by_intent(intent)


def read_found_charge(response: Response, order_id: str) -> Standing | Unclear:
    """The one payment of a customer that names this order."""
    intents = _read(response, _Intents)
    if isinstance(intents, Unclear):
        return intents
    own = [intent for intent in intents.data if (intent.metadata or {}).get("order_id") == order_id]
    return _by_intent(own[0]) if len(own) == 1 else Unclear("no payment names the order")


def read_lists(standing: Standing, responses: Sequence[Response]) -> Standing | Unclear:
    """The same with what went back of it, and what is asked back."""
    refunds, disputes = _read(responses[0], _Refunds), _read(responses[1], _Disputes)
    if isinstance(refunds, Unclear) or isinstance(disputes, Unclear):
        return Unclear("no list of what went back")
    return msgspec.structs.replace(
        standing,
        refunds=tuple(_refund(one) for one in refunds.data),
        disputes=tuple(DisputeSeen(one.id, one.amount, _dispute_state(one.status)) for one in disputes.data),
    )


def read_refund(response: Response) -> RefundSeen | Unclear:
    """One refund."""
    refund = _read(response, _Refund)
    return refund if isinstance(refund, Unclear) else _refund(refund)


def read_detached(response: Response) -> Detached | Unclear:
    """A payment method that nobody can charge."""
    if response.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
        return Detached()
    method = _read(response, _PaymentMethod)
    if isinstance(method, Unclear):
        return method
    return Detached() if method.customer is None else Unclear("it still is a customer's")


def _read(response: Response, kind: type[T]) -> T | Unclear:
    if response.status != HTTPStatus.OK or _NUL in response.body:
        return Unclear(f"status {response.status}")
    try:
        return msgspec.json.decode(response.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Unclear("not what was asked for")


def _by_intent(intent: _Intent) -> Standing:
    metadata = intent.metadata or {}
    paid = intent.status == "succeeded"
    ended = intent.status in _ENDED_INTENTS or (intent.status == "requires_payment_method")
    return Standing(
        order_id=metadata.get("order_id"),
        account_id=metadata.get("account_id"),
        vendor_ref=None,
        payment_ref=intent.id,
        state="paid" if paid else "failed" if ended else "open",
        currency=intent.currency,
        amount_minor=intent.amount_received if paid else intent.amount,
        livemode=intent.livemode,
        saved=_saved(intent),
        touched=_touched(intent),
    )


def _gave_up(session: _Session, intent: _Intent) -> bool:
    """A session that was completed by a payment that came to nothing later: nobody can pay it any more."""
    return session.status == "complete" and intent.status in ("requires_payment_method", "canceled")


def _id(intent: _Intent | None) -> str | None:
    return None if intent is None else intent.id


def _touched(intent: _Intent) -> bool:
    charge = intent.latest_charge
    return isinstance(charge, _Charge) and (charge.amount_refunded > 0 or charge.disputed)


def _saved(intent: _Intent) -> SavedSeen | None:
    method = intent.payment_method
    if intent.setup_future_usage != "off_session" or intent.customer is None or not isinstance(method, _PaymentMethod):
        return None
    label = f"{method.card.brand} {method.card.last4}" if method.card is not None else method.type
    return SavedSeen(intent.customer, method.id, label.strip())


def _refund(refund: _Refund) -> RefundSeen:
    state: Literal["pending", "succeeded", "failed"] = "pending"
    if refund.status == "succeeded":
        state = "succeeded"
    elif refund.status in ("failed", "canceled"):
        state = "failed"
    return RefundSeen(refund.id, (refund.metadata or {}).get("refund_id"), refund.amount, state)


def _dispute_state(status: str) -> Literal["open", "won", "lost"]:
    if status in _WON:
        return "won"
    return "lost" if status == "lost" else "open"
