"""How money moves at a simulated Stripe: a card pays, is declined or asks back; money goes back; a bank disputes."""

from dataclasses import dataclass
from typing import Final, Literal

from apiinone.simulators.options import Options
from apiinone.simulators.stripe_books import (
    Books,
    Card,
    Charge,
    Dispute,
    Intent,
    PaymentMethod,
    Refund,
    Session,
    new_id,
)
from apiinone.simulators.stripe_events import Events

Ending = Literal["paid", "declined", "challenge", "late", "late_fails"]
PAYS: Final = "4242424242424242"
DECLINED: Final = "4000000000000002"
CHALLENGE: Final = "4000002500003155"
LATER_DECLINED: Final = "4000000000000341"
DISPUTED: Final = "4000000000000259"
REFUND_LATER: Final = "4000000000007726"
REFUND_FAILS: Final = "4000000000005126"
LATE: Final = "late"
LATE_FAILS: Final = "late_fails"
CARDS: Final[dict[str, tuple[Ending, str]]] = {
    PAYS: ("paid", "paid at once"),
    DECLINED: ("declined", "declined"),
    CHALLENGE: ("challenge", "asks for 3-D Secure"),
    LATE: ("late", "a bank debit: the money comes later"),
    LATE_FAILS: ("late_fails", "a bank debit that comes to nothing"),
    LATER_DECLINED: ("paid", "paid now, declined when it is charged again"),
    DISPUTED: ("paid", "paid, then disputed"),
    REFUND_LATER: ("paid", "paid; a refund takes a while"),
    REFUND_FAILS: ("paid", "paid; a refund fails after a while"),
}
"""The test cards (Stripe's testing page; that there are no others here is our choice)."""


@dataclass(frozen=True, slots=True)
class Money:
    """What may happen to it."""

    books: Books
    events: Events
    options: Options

    def pay(self, session: Session, number: str, *, challenged: bool = False) -> Ending:
        """Somebody pays a session by a card; what comes of it."""
        ending = CARDS[number][0]
        if ending == "challenge" and challenged:
            ending = "paid"
        if ending in ("declined", "challenge"):
            return ending
        intent = self._intent_of(session, number)
        session.status, session.payment_intent, session.url = "complete", intent.id, None
        if ending == "paid":
            session.payment_status = "paid"
            self._succeed(intent)
            self._tell("checkout.session.completed", session)
            return ending
        intent.status = "processing"
        self._tell("checkout.session.completed", session)
        self.events.later(self.options.seconds, lambda: self._later(session, intent, failing=ending == "late_fails"))
        return ending

    def expire(self, session: Session) -> None:
        """Nobody may pay it any more."""
        session.status, session.url = "expired", None
        self._tell("checkout.session.expired", session)

    def charge(self, intent: Intent) -> bool:
        """A saved card is charged while its owner is away. False where it is declined."""
        card = self.books.card(intent.payment_method)
        if card is None or card.customer != intent.customer or card.number in (DECLINED, CHALLENGE, LATER_DECLINED):
            self._tell("payment_intent.payment_failed", intent)
            return False
        self._succeed(intent)
        return True

    def why_declined(self, intent: Intent) -> str:
        """The code of a charge that was declined."""
        card = self.books.card(intent.payment_method)
        return "authentication_required" if card is not None and card.number == CHALLENGE else "card_declined"

    def refund(self, charge: Charge, amount: int, metadata: dict[str, str]) -> Refund:
        """Send money back."""
        refund = Refund(amount, charge.currency, charge.id, charge.payment_intent, metadata)
        intent = self.books.intent(charge.payment_intent)
        card = None if intent is None else self.books.card(intent.payment_method)
        number = "" if card is None else card.number
        if number == REFUND_LATER:
            refund.status = "pending"
            self.events.later(self.options.seconds, lambda: self._end_refund(refund, "succeeded"))
        if number == REFUND_FAILS:
            self.events.later(self.options.seconds, lambda: self._end_refund(refund, "failed"))
        self.books.add(refund)
        charge.amount_refunded += amount
        charge.refunded = charge.amount_refunded == charge.amount
        self._tell("refund.created", refund)
        self._tell("charge.refunded", charge)
        return refund

    def dispute(self, charge: Charge, amount: int) -> Dispute:
        """The payer's bank asks for the money."""
        dispute = Dispute(amount, charge.currency, charge.id, charge.payment_intent, charge.livemode)
        charge.disputed = True
        self.books.add(dispute)
        self._tell("charge.dispute.created", dispute)
        return dispute

    def decide(self, dispute: Dispute, status: str) -> None:
        """The bank decides."""
        dispute.status = status
        self._tell("charge.dispute.closed", dispute)

    def _intent_of(self, session: Session, number: str) -> Intent:
        customer = session.customer or (new_id("cus") if session.saves else None)
        session.customer = customer
        brand, last4 = ("sepa", "3000") if not number.isdigit() else ("visa", number[-4:])
        card = PaymentMethod(Card(brand, last4), number, customer)
        self.books.add(card)
        intent = Intent(session.amount_total, session.currency, session.livemode, session.intent_metadata)
        intent.customer, intent.payment_method = customer, card.id
        intent.setup_future_usage = "off_session" if session.saves else None
        self.books.add(intent)
        return intent

    def _succeed(self, intent: Intent) -> None:
        charge = Charge(intent.amount, intent.currency, intent.livemode, intent.id, intent.metadata)
        self.books.add(charge)
        intent.status, intent.amount_received, intent.latest_charge = "succeeded", intent.amount, charge.id
        self.events.seen.charged(intent.amount * 10_000)
        self._tell("charge.succeeded", charge)
        self._tell("payment_intent.succeeded", intent)
        card = self.books.card(intent.payment_method)
        if card is not None and card.number == DISPUTED:
            self.events.later(self.options.seconds, lambda: self._dispute_all(charge))

    def _dispute_all(self, charge: Charge) -> None:
        self.dispute(charge, charge.amount)

    def _later(self, session: Session, intent: Intent, *, failing: bool) -> None:
        if failing:
            intent.status = "requires_payment_method"
            self._tell("checkout.session.async_payment_failed", session)
            return
        session.payment_status = "paid"
        self._succeed(intent)
        self._tell("checkout.session.async_payment_succeeded", session)

    def _end_refund(self, refund: Refund, status: str) -> None:
        refund.status = status
        charge = self.books.charge(refund.charge)
        if status == "failed" and charge is not None:
            charge.amount_refunded -= refund.amount
            charge.refunded = False
        self._tell("refund.updated" if status == "succeeded" else "refund.failed", refund)

    def _tell(self, kind: str, thing: Session | Intent | Charge | Refund | Dispute) -> None:
        self.events.happened(kind, self.books.shown(thing))
