"""Objects and errors of Stripe's SDK, and what they say about an order (stripe 16.1.0).

The SDK's types are promises that it does not check: whatever is made of an object is checked here before it is used.
"""

from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeVar

import msgspec
from msgspec import Struct
from stripe import (
    CardError,
    Charge,
    Dispute,
    InvalidRequestError,
    ListObject,
    PaymentIntent,
    PaymentMethod,
    Refund,
    StripeError,
    StripeObject,
)
from stripe.checkout import Session

from apiinone.core.exchange import Response
from apiinone.payments.method import Declined, Detached, DisputeSeen, Opened, RefundSeen, SavedSeen, Standing, Unclear
from apiinone.payments.stripe_sdk import answered

S = TypeVar("S", bound=StripeObject)
T = TypeVar("T", bound=Struct)
NOT_AS_PROMISED: Final = (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError)
"""What the SDK and its objects raise where an answer is not what their types say."""
_NUL: Final = rb"\u0000"
"""No name of theirs holds one, and databases take none."""
_BANK_ASKS: Final = "authentication_required"
_WON: Final = frozenset({"won", "warning_closed", "prevented"})
_ENDED_INTENTS: Final = frozenset({"canceled", "requires_payment_method"})


def read_opened(response: Response) -> Opened | Declined | Unclear:
    """A session that can be paid."""
    return _read(response, Session, _opened)


def read_session(response: Response) -> Standing | Unclear:
    """How an order stands by its session."""
    return _no_answer(_read(response, Session, _by_session))


def read_charged(response: Response) -> Standing | Declined | Unclear:
    """How an order stands by the payment that was just asked for."""
    return _read(response, PaymentIntent, _by_intent)


def read_intent(response: Response) -> Standing | Unclear:
    """How an order stands by its payment."""
    return _no_answer(read_charged(response))


def read_found_charge(response: Response, order_id: str) -> Standing | Unclear:
    """The one payment of a customer that names this order."""

    def by_list(intents: ListObject[StripeObject]) -> Standing | Unclear:
        own = [intent for intent in _all(intents, PaymentIntent) if names(intent).get("order_id") == order_id]
        return _by_intent(own[0]) if len(own) == 1 else Unclear("no payment names the order")

    return _no_answer(_read(response, ListObject, by_list))


def read_lists(standing: Standing, responses: Sequence[Response]) -> Standing | Unclear:
    """The same with what went back of it, and what is asked back."""

    def with_refunds(refunds: ListObject[StripeObject]) -> Standing:
        return msgspec.structs.replace(standing, refunds=tuple(_refund(one) for one in _all(refunds, Refund)))

    def with_disputes(disputes: ListObject[StripeObject]) -> Standing:
        return msgspec.structs.replace(standing, disputes=tuple(_dispute(one) for one in _all(disputes, Dispute)))

    back = _no_answer(_read(responses[0], ListObject, with_refunds))
    asked_back = _no_answer(_read(responses[1], ListObject, with_disputes))
    if isinstance(back, Unclear) or isinstance(asked_back, Unclear):
        return Unclear("no list of what went back")
    return msgspec.structs.replace(back, disputes=asked_back.disputes)


def read_refund(response: Response) -> RefundSeen | Declined | Unclear:
    """One refund."""
    return _read(response, Refund, _refund)


def read_detached(response: Response) -> Detached | Unclear:
    """A payment method that nobody can charge; one that has no customer, or is unknown, is refused."""
    reply = _read(response, PaymentMethod, _detached)
    return Detached() if isinstance(reply, Declined) else reply


def refusal(error: StripeError) -> Declined | Unclear:
    """What an error of the vendor's means: a certain no, or that nobody decided.

    A wrong key, a throttle, a key that was used before, an error of theirs and whatever later releases add decide
    nothing about the money.
    """
    match error:
        case CardError(code=code) if code == _BANK_ASKS:
            return Declined("The payer's bank wants to ask the payer (3-D Secure).")
        case CardError():
            return Declined("The payment was declined.")
        case InvalidRequestError():
            return Declined("Refused.")
        case _:
            return Unclear(type(error).__name__)


def sound(value: T) -> T:
    """The same, if it is what its type says. Raises ValueError and MsgspecError."""
    return msgspec.json.decode(msgspec.json.encode(value), type=type(value))


def names(thing: StripeObject) -> dict[str, str]:
    """An object's metadata."""
    found: object = getattr(thing, "metadata", None)
    return found.to_dict() if isinstance(found, StripeObject) else {}


def id_of(thing: object) -> str | None:
    """An id, whether its object was asked for with it or not. Raises TypeError for neither."""
    found: object = thing["id"] if isinstance(thing, StripeObject) else thing
    if found is None or isinstance(found, str):
        return found
    raise TypeError


def _read(response: Response, kind: type[S], understood: Callable[[S], T]) -> T | Declined | Unclear:
    """What is understood of an answer of this kind."""
    try:
        found = answered(response)
        if not isinstance(found, kind):
            return Unclear("not what was asked for")
        value = sound(understood(found))
    except StripeError as error:
        return refusal(error)
    except (*NOT_AS_PROMISED, msgspec.MsgspecError):
        return Unclear("not what its types promise")
    return Unclear("a NUL") if _NUL in msgspec.json.encode(value) else value


def _no_answer(reply: T | Declined | Unclear) -> T | Unclear:
    """To a question a no says nothing."""
    return Unclear(reply.message) if isinstance(reply, Declined) else reply


def _all(listed: ListObject[StripeObject], kind: type[S]) -> list[S]:
    """What a list holds. Raises TypeError where something else is among it."""
    found = [one for one in listed.data if isinstance(one, kind)]
    if len(found) != len(listed.data):
        raise TypeError
    return found


def _own_id(thing: StripeObject) -> str:
    """An id that must be there. Raises TypeError."""
    found = id_of(thing)
    if found is None:
        raise TypeError
    return found


def _opened(session: Session) -> Opened | Unclear:
    return Opened(session.id, session.url) if session.url else Unclear("no session with an address")


def _by_session(session: Session) -> Standing:
    """A payment that is still under way is open."""
    intent = session.payment_intent if isinstance(session.payment_intent, PaymentIntent) else None
    state: Literal["open", "paid", "expired", "failed"] = "open"
    if session.payment_status == "paid":
        state = "paid"
    elif session.status == "expired":
        state = "expired"
    elif intent is not None and _gave_up(session, intent):
        state = "failed"
    return Standing(
        order_id=names(session).get("order_id") or session.client_reference_id,
        account_id=names(session).get("account_id"),
        vendor_ref=_own_id(session),
        payment_ref=id_of(session.payment_intent),
        state=state,
        currency=session.currency or "",
        amount_minor=-1 if session.amount_total is None else session.amount_total,
        livemode=session.livemode,
        saved=None if intent is None else _saved(intent),
        touched=intent is not None and _touched(intent),
    )


def _by_intent(intent: PaymentIntent) -> Standing:
    paid = intent.status == "succeeded"
    return Standing(
        order_id=names(intent).get("order_id"),
        account_id=names(intent).get("account_id"),
        vendor_ref=None,
        payment_ref=_own_id(intent),
        state="paid" if paid else "failed" if intent.status in _ENDED_INTENTS else "open",
        currency=intent.currency,
        amount_minor=intent.amount_received if paid else intent.amount,
        livemode=intent.livemode,
        saved=_saved(intent),
        touched=_touched(intent),
    )


def _gave_up(session: Session, intent: PaymentIntent) -> bool:
    """A session that was completed by a payment that came to nothing later: nobody can pay it any more."""
    return session.status == "complete" and intent.status in _ENDED_INTENTS


def _touched(intent: PaymentIntent) -> bool:
    charge = intent.latest_charge
    return isinstance(charge, Charge) and (charge.amount_refunded > 0 or charge.disputed)


def _saved(intent: PaymentIntent) -> SavedSeen | None:
    method, customer = intent.payment_method, id_of(intent.customer)
    if intent.setup_future_usage != "off_session" or customer is None or not isinstance(method, PaymentMethod):
        return None
    card = getattr(method, "card", None)  # there is none where it is no card, whatever its type says
    label = method.type if card is None else f"{card.brand} {card.last4}"
    return SavedSeen(customer, method.id, label.strip())


def _refund(refund: Refund) -> RefundSeen:
    state: Literal["pending", "succeeded", "failed"] = "pending"
    if refund.status == "succeeded":
        state = "succeeded"
    elif refund.status in ("failed", "canceled"):
        state = "failed"
    return RefundSeen(refund.id, names(refund).get("refund_id"), refund.amount, state)


def _dispute(dispute: Dispute) -> DisputeSeen:
    state: Literal["open", "won", "lost"] = "open"
    if dispute.status in _WON:
        state = "won"
    elif dispute.status == "lost":
        state = "lost"
    return DisputeSeen(dispute.id, dispute.amount, state)


def _detached(method: PaymentMethod) -> Detached | Unclear:
    return Detached() if method.customer is None else Unclear("it still is a customer's")
