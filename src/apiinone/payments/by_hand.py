"""What methods without a vendor have in common: nobody is asked, and nobody calls back."""

from collections.abc import Mapping, Sequence

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

_NOBODY = Unclear("there is nobody to ask")


class ByHand:
    """A method whose payments people see to."""

    hosts: tuple[str, ...] = ()
    credential_names: tuple[str, ...] = ()
    callback_secret_names: tuple[str, ...] = ()
    places_orders = False
    valid_s = 14 * 24 * 3600
    refund_words = "Send the money back by hand, then confirm the refund."

    def prepare(self) -> None:
        """Nothing is loaded."""

    def is_live(self, credential: str) -> bool:
        """It is always real."""
        del credential
        return True

    def open(self, order: ToPay) -> Request | Instructions | NotOffered:
        """Nothing is opened."""
        del order
        return NotOffered()

    def read_open(self, response: Response) -> Opened | Declined | Unclear:
        """There is no such answer."""
        del response
        return _NOBODY

    def charge(self, order: ToPay, saved: SavedSeen) -> Request | NotOffered:
        """Nothing is charged."""
        del order, saved
        return NotOffered()

    def read_charge(self, response: Response) -> Standing | Declined | Unclear:
        """There is no such answer."""
        del response
        return _NOBODY

    def ask(self, known: Known) -> tuple[Request, ...]:
        """Nobody knows."""
        del known
        return ()

    def read_standing(self, known: Known, responses: Sequence[Response]) -> Standing | Unclear:
        """There is no such answer."""
        del known, responses
        return _NOBODY

    def refund(self, refund: ToRefund) -> Request | Instructions:
        """By hand."""
        del refund
        return Instructions(self.refund_words)

    def read_refund(self, response: Response) -> RefundSeen | Declined | Unclear:
        """There is no such answer."""
        del response
        return _NOBODY

    def detach(self, saved: SavedSeen) -> Request | NotOffered:
        """Nothing is saved."""
        del saved
        return NotOffered()

    def read_detach(self, response: Response) -> Detached | Unclear:
        """There is no such answer."""
        del response
        return _NOBODY

    def read_event(
        self, headers: Mapping[str, str], body: bytes, secret: str, now_s: int
    ) -> Event | Unsigned | Unreadable:
        """Whatever comes in this method's name, nobody of ours sent it."""
        del headers, body, secret, now_s
        return Unsigned()
