"""Orders and the vendors who collect them: places, opens, asks, settles. Network calls stand between transactions."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, assert_never

import msgspec
from msgspec import Struct

from apiinone.core.clock import US_PER_S, Clock
from apiinone.core.credits import MICRO_PER_CREDIT
from apiinone.core.errors import BadRequest, Conflict, ProviderFailed, ProviderNotConfigured
from apiinone.core.exchange import Request, Response
from apiinone.core.ids import Ids
from apiinone.core.secret import Secret
from apiinone.db import Database, Sql, Tx
from apiinone.ledger.statements import load_books
from apiinone.outbound import Lost, NotSent, Outbound
from apiinone.payments.asking import next_ask_us
from apiinone.payments.lifecycle import UNPAID, next_order_state
from apiinone.payments.method import (
    Declined,
    Instructions,
    Known,
    Method,
    NotOffered,
    Opened,
    Standing,
    ToPay,
    Unclear,
)
from apiinone.payments.order_rows import Order, locked_order, order_by_id, write_order
from apiinone.payments.packs import Billing, Terms
from apiinone.payments.place_order import Asked, NewOrder, place
from apiinone.payments.settle import Office, Settled, settle
from apiinone.payments.top_up_rows import top_up_ended

ASKED_MAX: Final = 2
"""How often the vendor is asked in one go: once, and again where only the first answer tells the payment's name."""
_CUSTOMER = Sql(
    "SELECT customer_ref FROM saved_methods WHERE account_id = $1 AND method = $2 AND removed_us IS NULL"
    " ORDER BY created_us DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Till:
    """A method with what this process has for it."""

    method: Method
    secret: Secret | None = None
    callback_secret: Secret | None = None

    @property
    def ready(self) -> bool:
        """Whether it can be used from here."""
        return self.secret is not None or not self.method.credential_names

    @property
    def livemode(self) -> bool:
        """Whether what is paid by it is real money."""
        return self.method.is_live("" if self.secret is None else self.secret.reveal())


class Wish(Struct, frozen=True):
    """What somebody wants to buy, and how to pay."""

    account_id: str
    method: str
    terms: Terms
    actor: str
    return_url: str = ""
    """Where the payer goes afterwards; empty: to our own page of the order."""
    saves_method: bool = False
    asked: Asked | None = None


class Placed(Struct, frozen=True):
    """An order, and how it is paid where that is done by hand."""

    order: Order
    new: bool
    instructions: str | None = None


@dataclass(slots=True)
class Cashier:
    """What takes money in, in one process."""

    database: Database
    outbound: Outbound
    tills: Mapping[str, Till]
    billing: Billing
    ids: Ids
    clock: Clock
    pepper: bytes
    address: Callable[[], str]
    """Where clients reach us, without a slash at its end."""

    def ready(self) -> tuple[str, ...]:
        """The methods that orders can be placed for."""
        return tuple(sorted(name for name, till in self.tills.items() if till.ready and till.method.places_orders))

    async def order(self, wish: Wish) -> Placed:
        """Place an order and open it. Raises BadRequest, ProviderNotConfigured, ProviderFailed and as `place`."""
        till = self._till(wish.method)
        new = NewOrder(
            id=self.ids.new(),
            account_id=wish.account_id,
            method=wish.method,
            origin="buyer",
            terms=wish.terms,
            livemode=till.livemode,
            valid_s=till.method.valid_s,
            actor=wish.actor,
            saves_method=wish.saves_method,
            asked=wish.asked,
        )

        async def work(tx: Tx) -> tuple[Order, bool, str | None]:
            order, is_new = await place(tx, new)
            row = await tx.row(_CUSTOMER, order.account_id, order.method)
            return order, is_new, None if row is None else str(row[0])

        order, is_new, customer_ref = await self.database.transact(work)
        if order.state != "created" or order.pay_url is not None:
            return Placed(order, is_new)
        to_pay = msgspec.structs.replace(self.to_pay(order), customer_ref=customer_ref)
        opening = till.method.open(_returning(to_pay, wish.return_url))
        match opening:
            case Request():
                opened = await self._opened(till, opening)
                return Placed(await self.database.transact(_noting(order.id, opened)), is_new)
            case Instructions(words):
                return Placed(order, is_new, " ".join(part for part in (self.billing.bank, words) if part))
            case NotOffered():
                raise Conflict("nothing is to be opened for this method")
            case _:
                assert_never(opening)

    def to_pay(self, order: Order) -> ToPay:
        """An order as a vendor is told of it."""
        page = f"{self.address()}/billing/orders/{order.id}"
        words = f"{order.granted // MICRO_PER_CREDIT:,} credits, order {order.number}"
        amount = (order.currency, order.amount_minor, words)
        ends_s = order.expires_us // US_PER_S
        return ToPay(order.id, order.account_id, *amount, page, page, ends_s, bool(order.saves_method))

    async def look(self, order_id: str) -> Settled | None:
        """Ask the vendor how an order stands, and follow. None where nobody could say."""
        order = await self.database.read(lambda tx: order_by_id(tx, order_id))
        if order is None:
            return None
        known = order.known
        if order.origin == "auto" and known.payment_ref is None:
            row = await self.database.rows(_CUSTOMER, order.account_id, order.method)
            known = Known(order.id, None, None, row[0][0] if row else None, order.created_us // US_PER_S)
        standing = await self.standing(order.method, known)
        if isinstance(standing, Unclear):
            await self.database.transact(_passing_time(order_id, self.ids))
            return None
        return await self.settle(order.method, order_id, standing)

    async def settle(self, method: str, order_id: str, standing: Standing) -> Settled:
        """Bring an order to where its vendor says it stands."""

        async def work(tx: Tx) -> Settled:
            return await settle(tx, method, order_id, standing, Office(self.ids, self.billing))

        return await self.database.transact(work)

    async def standing(self, method: str, known: Known) -> Standing | Unclear:
        """How the vendor says that an order stands."""
        till = self.tills[method]
        found: Standing | Unclear = Unclear("nobody was asked")
        for _ in range(ASKED_MAX):
            requests = till.method.ask(known)
            responses = [await self.send(till, request) for request in requests]
            heard = [response for response in responses if isinstance(response, Response)]
            if not requests or len(heard) < len(requests):
                return Unclear("nobody answered")
            found = till.method.read_standing(known, heard)
            if isinstance(found, Unclear) or not found.touched or known.payment_ref is not None:
                return found
            known = msgspec.structs.replace(known, payment_ref=found.payment_ref)
        return found

    async def send(self, till: Till, request: Request) -> Response | NotSent | Lost:
        """One request at a vendor."""
        try:
            return await self.outbound.send(request, secret=till.secret, hosts=till.method.hosts)
        except (NotSent, Lost) as failure:
            return failure

    async def _opened(self, till: Till, opening: Request) -> Opened:
        response = await self.send(till, opening)
        reply = till.method.read_open(response) if isinstance(response, Response) else response
        match reply:
            case Opened():
                return reply
            case Declined(message):
                raise ProviderFailed(f"The payment page could not be opened. {message}")
            case Unclear() | NotSent() | Lost():
                raise ProviderFailed("The payment page could not be opened; try again with the same Idempotency-Key.")
            case _:
                assert_never(reply)

    def _till(self, method: str) -> Till:
        till = self.tills.get(method)
        if till is None or not till.method.places_orders:
            raise BadRequest(f"'method' must be one of: {', '.join(self.ready())}.", param="/method")
        if not till.ready:
            raise ProviderNotConfigured("This way to pay is not configured here.", param="/method")
        return till


def _returning(order: ToPay, return_url: str) -> ToPay:
    return msgspec.structs.replace(order, success_url=return_url, cancel_url=return_url) if return_url else order


def _noting(order_id: str, opened: Opened) -> Callable[[Tx], Awaitable[Order]]:
    async def work(tx: Tx) -> Order:
        order = await _locked(tx, order_id)
        if order.state == "created" and order.vendor_ref in (None, opened.vendor_ref):
            order = msgspec.structs.replace(order, vendor_ref=opened.vendor_ref, pay_url=opened.pay_url)
            await write_order(tx, order)
        return order

    return work


def _passing_time(order_id: str, ids: Ids) -> Callable[[Tx], Awaitable[Order]]:
    async def work(tx: Tx) -> Order:
        order = await _locked(tx, order_id)
        state = next_order_state(order.state, "expired")
        if state is not None and order.expires_us <= tx.now_us:
            order = msgspec.structs.replace(order, state=state, asked=0)
            if order.origin == "auto":
                await top_up_ended(tx, order, ids)
        nobody = order.state not in UNPAID and order.vendor_ref is None and order.payment_ref is None
        ask_us = None if nobody else next_ask_us(order, tx.now_us)
        order = msgspec.structs.replace(order, asked=order.asked + 1, ask_us=ask_us)
        await write_order(tx, order)
        return order

    return work


async def _locked(tx: Tx, order_id: str) -> Order:
    """The order under its owner's lock and its own."""
    found = await order_by_id(tx, order_id)
    if found is not None:
        await load_books(tx, [found.owner])
        found = await locked_order(tx, order_id)
    if found is None:
        raise AssertionError("an order that went away")
    return found
