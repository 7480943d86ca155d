"""The protocol that every method of payment keeps.

A method describes and reads, and does nothing else: one sender (`outbound`) performs. It sees no client, setting, clock
or stored secret. What it reads is a `Standing`: how the money of one order stands at whoever takes it. Only `settle.py`
turns that into credits, the same way for every method.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Protocol

from msgspec import Meta, Struct

from apiinone.core.exchange import Request, Response

Reason = Literal[
    "unknown_order",
    "other_method",
    "other_account",
    "other_amount",
    "other_currency",
    "other_livemode",
    "other_payment",
    "unreadable",
    "unconfirmed",
    "reversed_loss",
]
"""Why money, or news of it, is kept in suspense."""

AmountSeen = Annotated[int, Meta(ge=0, le=10**12)]
"""In a currency's smallest unit; no vendor takes more at once."""


class ToPay(Struct, frozen=True):
    """An order as a vendor is asked to collect it."""

    order_id: str
    account_id: str
    currency: str
    """Three small letters (ISO 4217)."""
    amount_minor: int
    words: str
    """What is bought, for the payer."""
    success_url: str
    cancel_url: str
    expires_s: int
    saves_method: bool = False
    customer_ref: str | None = None
    """The vendor's own name of the account, where it has one."""


class Known(Struct, frozen=True):
    """By what an order can be asked about: the vendor's names of its page and its payment, as far as they are known."""

    order_id: str
    vendor_ref: str | None
    payment_ref: str | None
    customer_ref: str | None = None
    created_s: int = 0


class RefundSeen(Struct, frozen=True):
    """One refund as the vendor tells it; `refund_id` is ours, where it was ordered by us."""

    vendor_ref: str
    refund_id: str | None
    amount_minor: AmountSeen
    state: Literal["pending", "succeeded", "failed"]


class DisputeSeen(Struct, frozen=True):
    """One dispute as the vendor tells it."""

    vendor_ref: str
    amount_minor: AmountSeen
    state: Literal["open", "won", "lost"]


class SavedSeen(Struct, frozen=True):
    """A way to pay that the payer left with the vendor for later."""

    customer_ref: str
    vendor_ref: str
    label: str
    """What its owner knows it by: `visa 4242`."""


class Standing(Struct, frozen=True):
    """How one order's money stands. What is None the vendor does not say."""

    order_id: str | None
    account_id: str | None
    vendor_ref: str | None
    payment_ref: str | None
    state: Literal["open", "paid", "expired", "failed"]
    currency: str
    amount_minor: Annotated[int, Meta(ge=-1, le=10**12)]
    """-1: the vendor does not say."""
    livemode: bool
    refunds: tuple[RefundSeen, ...] = ()
    disputes: tuple[DisputeSeen, ...] = ()
    saved: SavedSeen | None = None
    touched: bool = False
    """Something went back or is disputed, which `ask` tells once the payment's name is known."""


class Opened(Struct, frozen=True):
    """The vendor has a page where the order is paid."""

    vendor_ref: str
    pay_url: str


class Unclear(Struct, frozen=True):
    """The answer says nothing about the money. Asked again later; never taken for a no."""

    reason: str


class Declined(Struct, frozen=True):
    """The vendor will certainly not do it. `message` is for people: no host, key or foreign text in it."""

    message: str


class Instructions(Struct, frozen=True):
    """Nobody is asked: people do it by hand, as these words say."""

    words: str


class NotOffered(Struct, frozen=True):
    """This method cannot do that."""


class Detached(Struct, frozen=True):
    """The vendor charges it never again: it was taken away from the account, or was not there any more."""


class ToRefund(Struct, frozen=True):
    """Money that is to go back, under an id of ours."""

    refund_id: str
    payment_ref: str
    amount_minor: int


class Event(Struct, frozen=True):
    """What a signed callback says happened. Believed for where to look, and for nothing else."""

    event_id: str
    type: str
    about_money: bool
    """Whether money has moved: then it must belong somewhere."""
    order_id: str | None
    vendor_ref: str | None
    payment_ref: str | None
    currency: str | None
    amount_minor: int | None


class Unsigned(Struct, frozen=True):
    """The callback is not signed as it must be. It never happened."""


class Unreadable(Struct, frozen=True):
    """Well signed, and not what such callbacks are."""


class Method(Protocol):
    """A way to pay. All methods are pure."""

    name: str
    title: str
    """For people."""
    hosts: tuple[str, ...]
    """The only hosts that requests with our credential may go to; none where nobody is asked."""
    credential_names: tuple[str, ...]
    callback_secret_names: tuple[str, ...]
    """Environment names, the vendor's own first; none where nobody calls back."""
    places_orders: bool
    """Whether orders can be placed for it; those of the others come by themselves."""
    valid_s: int
    """How long an order can be paid by it; what comes later is credited all the same."""

    def prepare(self) -> None:
        """Load what it works with, where that takes a while. Called in a thread of its own, ahead of the first use."""
        ...

    def is_live(self, credential: str) -> bool:
        """Whether what is paid under this credential is real money."""
        ...

    def open(self, order: ToPay) -> Request | Instructions | NotOffered:
        """Describe how the order comes to be payable."""
        ...

    def read_open(self, response: Response) -> Opened | Declined | Unclear:
        """Understand the answer to `open`."""
        ...

    def charge(self, order: ToPay, saved: SavedSeen) -> Request | NotOffered:
        """Describe a payment by a saved way to pay, without the payer."""
        ...

    def read_charge(self, response: Response) -> Standing | Declined | Unclear:
        """Understand the answer to `charge`."""
        ...

    def ask(self, known: Known) -> tuple[Request, ...]:
        """Describe the questions how an order stands; none where nobody can be asked. Free and repeatable."""
        ...

    def read_standing(self, known: Known, responses: Sequence[Response]) -> Standing | Unclear:
        """Understand the answers to `ask`."""
        ...

    def refund(self, refund: ToRefund) -> Request | Instructions:
        """Describe how money goes back."""
        ...

    def read_refund(self, response: Response) -> RefundSeen | Declined | Unclear:
        """Understand the answer to `refund`."""
        ...

    def detach(self, saved: SavedSeen) -> Request | NotOffered:
        """Describe how a saved way to pay is taken away at the vendor. Free and repeatable."""
        ...

    def read_detach(self, response: Response) -> Detached | Unclear:
        """Understand the answer to `detach`."""
        ...

    def read_event(
        self, headers: Mapping[str, str], body: bytes, secret: str, now_s: int
    ) -> Event | Unsigned | Unreadable:
        """A callback. Header names are in lower case."""
        ...
