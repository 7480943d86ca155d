"""A shop with a simulated Stripe: orders, payers who choose a test card, events that arrive or do not."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import aiohttp
import msgspec
from msgspec import Struct

from apiinone.accounts.callers import Caller
from apiinone.payments.cashier import Cashier, Wish
from apiinone.payments.hear import Ear
from apiinone.payments.order_rows import Order
from apiinone.payments.packs import terms_of_pack
from apiinone.payments.refunding import Refunder
from apiinone.payments.sweep_orders import PaymentSweep
from apiinone.simulators import serving
from apiinone.simulators.calling import Call
from apiinone.simulators.options import Options
from apiinone.simulators.stripe_events import signed
from payments.till_rows import order_now
from payments.tills import HOOK, KEY, cashier_for
from workshop import Workshop

OPTIONS = Options(key=KEY.reveal().removeprefix("sk_test_"), webhook_secret=HOOK.reveal(), seconds=1.0)
WITHIN_S = 5.0


class _Events(Struct, frozen=True):
    data: list[dict[str, object]]


class Stripe(Struct, frozen=True):
    """The simulator, as its customers and its owner see it."""

    root: str
    session: aiohttp.ClientSession

    async def pay(self, order: Order, card: str = "4242424242424242", **more: str) -> int:
        """Choose a card on the page; the status of the answer."""
        assert order.pay_url is not None
        form = {"card": card, **more}
        async with self.session.post(order.pay_url, data=form, allow_redirects=False) as answer:
            return answer.status

    async def post(self, path: str, **form: str) -> dict[str, str]:
        """Have something done that only a simulator can."""
        async with self.session.post(f"{self.root}{path}", data=form) as answer:
            assert answer.status == 200, await answer.text()
            return msgspec.json.decode(await answer.read(), type=dict[str, object])  # pyright: ignore[reportReturnType]

    async def arrange(self, *faults: Mapping[str, object]) -> None:
        """Order faults."""
        async with self.session.post(f"{self.root}/_sim/faults", data=msgspec.json.encode(faults)) as answer:
            assert answer.status == 204, await answer.text()

    async def events(self) -> list[dict[str, object]]:
        """All events so far, the oldest first."""
        headers = {"Authorization": f"Bearer {KEY.reveal()}"}
        async with self.session.get(f"{self.root}/v1/events", headers=headers) as answer:
            found = msgspec.json.decode(await answer.read(), type=_Events)
        return list(reversed(found.data))


class Shop:
    """What a test has in hand."""

    def __init__(self, workshop: Workshop, cashier: Cashier, stripe: Stripe) -> None:
        self.workshop = workshop
        self.cashier = cashier
        self.stripe = stripe
        self.ear = Ear(cashier)
        self.refunder = Refunder(cashier)
        self.sweep = PaymentSweep(cashier, self.ear, self.refunder)

    async def order(self, buyer: Caller, pack: str = "studio", *, saves: bool = False) -> Order:
        terms = terms_of_pack(self.cashier.billing, pack)
        wish = Wish(buyer.account_id, "stripe", terms, f"key:{buyer.key_id}", saves_method=saves)
        return (await self.cashier.order(wish)).order

    async def now(self, order: Order) -> Order:
        return await order_now(self.workshop.database, order.id)

    async def tell(self, event: Mapping[str, object]) -> None:
        """Have an event arrive, signed as it must be."""
        body = msgspec.json.encode(event)
        await self.ear.hear("stripe", self.headers(body), body)

    def headers(self, body: bytes, *, secret: str = HOOK.reveal(), age_s: int = 0) -> Mapping[str, str]:
        moment_s = self.cashier.clock.now_us() // 1_000_000 - age_s
        return {name.lower(): value for name, value in signed(Call("", "", body, secret), moment_s).items()}

    async def tell_all(self) -> None:
        """Have every event so far arrive."""
        for event in await self.stripe.events():
            await self.tell(event)

    async def paid(self, buyer: Caller, card: str = "4242424242424242", *, saves: bool = False) -> Order:
        """An order that was paid and credited."""
        order = await self.order(buyer, saves=saves)
        assert await self.stripe.pay(order, card) == 303
        await self.cashier.look(order.id)
        order = await self.now(order)
        assert order.state == "paid"
        return order

    async def until(self, happened: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not await happened():  # noqa: ASYNC110 - what is waited for is another process's to say
                await asyncio.sleep(0.02)


@asynccontextmanager
async def open_shop(workshop: Workshop) -> AsyncGenerator[Shop]:
    async with serving("stripe", OPTIONS) as root, aiohttp.ClientSession() as session:
        cashier = cashier_for(workshop.database, stripe_url=root)
        try:
            yield Shop(workshop, cashier, Stripe(root, session))
        finally:
            await cashier.outbound.aclose()
