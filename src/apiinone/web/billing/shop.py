"""What the page of credits sells: packs, an amount of one's own, the ways to pay; and what is owed, if anything is."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from apiinone.core.credits import Credits, whole
from apiinone.db import Tx
from apiinone.ledger.ledger import Owner
from apiinone.ledger.statements import balance_of, frozen_and_owed
from apiinone.payments.cashier import Cashier
from apiinone.payments.documents import DocumentKind
from apiinone.payments.order_rows import Order, orders_that_owe
from apiinone.payments.packs import Billing, Custom
from apiinone.web.languages import marked
from apiinone.web.page_route import Rooms
from apiinone.web.visitor import MemberHere

DOCUMENT_NAMES: Final[Mapping[DocumentKind, str]] = {
    "receipt": marked("Receipt"),
    "invoice": marked("Invoice"),
    "credit_note": marked("Credit note"),
}
BY_HAND: Final = "manual"
SAVES: Final = "stripe"
"""The method that can keep a card for later."""
OWN: Final = "own"
OWING_MAX: Final = 10


class BuyForm(Struct, frozen=True):
    """What somebody wants to buy."""

    offer: str = ""
    """A pack's id, or `own`."""
    amount: str = ""
    method: str = ""
    save: str = ""
    once: str = ""
    """Chosen by the page: the same form sent twice is one order."""


class Offer(Struct, frozen=True):
    """A pack as the page shows it."""

    id: str
    currency: str
    amount_minor: int
    credits: Credits
    bonus: Credits
    days: int | None


class Shop(Struct, frozen=True):
    """Everything that is shown of it."""

    offers: tuple[Offer, ...]
    custom: Custom | None
    methods: tuple[str, ...]
    form: BuyForm
    errors: Mapping[str, str]
    available: Credits
    """Live credits, whichever way the switch stands."""
    frozen: Credits
    owed: Credits
    owing: tuple[Order, ...]


def ways_to_pay(cashier: Cashier) -> tuple[str, ...]:
    """Those that the page offers: a transfer comes last, and only where it can say to which account."""
    asked = tuple(name for name in cashier.ready() if name != BY_HAND)
    return (*asked, BY_HAND) if cashier.billing.bank else asked


def offers_of(billing: Billing) -> tuple[Offer, ...]:
    """The packs that are sold now."""
    return tuple(
        Offer(one.id, one.currency, one.amount_minor, whole(one.credits), whole(one.bonus), one.credits_days)
        for one in billing.packs
    )


def live(here: MemberHere) -> Owner:
    """Whose money it is: what is bought is live, whichever way the switch stands."""
    return (here.account_id, "live")


async def shop_for(
    rooms: Rooms, here: MemberHere, form: BuyForm | None = None, errors: Mapping[str, str] | None = None
) -> Shop:
    """The shop, with a form that was filled in before and what is wrong with it."""
    cashier = rooms.house.context.cashier
    billing, owner = cashier.billing, live(here)

    async def look(tx: Tx) -> tuple[Credits, tuple[Credits, Credits], list[Order]]:
        available, _, _ = await balance_of(tx, owner)
        parts = await frozen_and_owed(tx, owner)
        return available, parts, await orders_that_owe(tx, here.account_id, OWING_MAX) if parts[1] else []

    available, (frozen, owed), owing = await rooms.office.database.read(look)
    offers = offers_of(billing)
    methods = ways_to_pay(cashier)
    if form is None:
        first = offers[0].id if offers else OWN
        form = BuyForm(offer=first, method=methods[0] if methods else "", once=rooms.house.context.ids.new())
    return Shop(
        offers=offers,
        custom=billing.custom,
        methods=methods,
        form=form,
        errors=errors or {},
        available=available,
        frozen=frozen,
        owed=owed,
        owing=tuple(owing),
    )
