"""Bank transfer, cash, a word between people: an operator saw the money and says so."""

from apiinone.core.exchange import Request
from apiinone.payments.by_hand import ByHand
from apiinone.payments.method import Instructions, NotOffered, Standing, ToPay


class Manual(ByHand):
    """The payer transfers under the order's reference; an operator compares the statement of the bank."""

    name = "manual"
    title = "Bank transfer"
    places_orders = True

    def open(self, order: ToPay) -> Request | Instructions | NotOffered:
        """Tell how to pay."""
        return Instructions(f"Transfer the exact amount and name the reference {reference(order.order_id)}.")


def reference(order_id: str) -> str:
    """What the payer writes on the transfer, and what finds the order: the end of its id, which is random."""
    return order_id[-10:].upper()


def statement(order_id: str, *, payment_ref: str, currency: str, amount_minor: int, account_id: str | None) -> Standing:
    """What an operator read on a statement of the bank."""
    return Standing(order_id, account_id, None, payment_ref, "paid", currency, amount_minor, livemode=True)
