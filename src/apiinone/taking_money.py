"""Payments of a process, put together: methods with the credentials that are set, and what time does to orders."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from apiinone.calling_back import Callbacks
from apiinone.core.clock import Clock
from apiinone.core.ids import Ids
from apiinone.core.randomness import RandomPool
from apiinone.db import Database
from apiinone.outbound import Outbound
from apiinone.payments.alerts import raise_alerts
from apiinone.payments.cashier import Cashier, Till
from apiinone.payments.forget_closed import EVERY_S as CARDS_EVERY_S
from apiinone.payments.forget_closed import ClosedCards
from apiinone.payments.hear import Ear
from apiinone.payments.packs import BillingInvalid, load_billing
from apiinone.payments.refunding import Refunder
from apiinone.payments.registry import methods
from apiinone.payments.sweep_orders import PaymentSweep
from apiinone.payments.tell import Teller
from apiinone.payments.top_up import TopUp
from apiinone.settings import Settings, SettingsError, read_secret
from apiinone.tasks.duties import FAST_S, SLOW_S, Duty

EVENTS_EVERY_S = FAST_S * 5


class Payments(Struct, frozen=True):
    """Everything about payments that a process runs or asks."""

    cashier: Cashier
    ear: Ear
    refunder: Refunder
    sweep: PaymentSweep
    top_up: TopUp
    teller: Teller
    closed_cards: ClosedCards

    async def prepare(self) -> None:
        """Load, beside the event loop, what those methods work with that have a credential here."""
        for till in self.cashier.tills.values():
            if till.secret is not None or till.callback_secret is not None:
                await asyncio.to_thread(till.method.prepare)

    async def raise_alerts(self) -> int:
        """Tell accounts what they wanted to be told."""
        return await self.cashier.database.transact(lambda tx: raise_alerts(tx, self.cashier.ids))

    def duties(self) -> list[Duty]:
        """What is done again and again."""
        return [
            Duty("orders asked about", EVENTS_EVERY_S, self.sweep.ask_about_orders),
            Duty("payment events gone through", EVENTS_EVERY_S, self.sweep.go_through_events),
            Duty("refunds gone through", EVENTS_EVERY_S, self.sweep.go_through_refunds),
            Duty("payment events dropped", SLOW_S, self.sweep.forget),
            Duty("balances topped up", EVENTS_EVERY_S, self.top_up.go_through),
            Duty("cards of closed accounts taken away", CARDS_EVERY_S, self.closed_cards.go_through),
            Duty("alerts raised", EVENTS_EVERY_S, self.raise_alerts),
            Duty("notices told", EVENTS_EVERY_S, self.teller.tell_due),
            Duty("notices dropped", SLOW_S, self.teller.forget),
        ]


def payments_of(
    settings: Settings,
    environ: Mapping[str, str],
    ground: tuple[Database, Outbound, Clock],
    pepper: bytes,
    callbacks: Callbacks,
) -> Payments:
    """Read what is set; `callbacks` know where clients reach us, and sign notices. Raises SettingsError."""
    database, outbound, clock = ground
    try:
        billing = load_billing(Path(settings.billing_file) if settings.billing_file else None)
        adapters = methods(settings.stripe_url)
    except (BillingInvalid, ValueError) as error:
        raise SettingsError(str(error)) from error
    tills = {
        name: Till(
            method, read_secret(environ, method.credential_names), read_secret(environ, method.callback_secret_names)
        )
        for name, method in adapters.items()
    }
    cashier = Cashier(database, outbound, tills, billing, Ids(clock), clock, pepper, lambda: callbacks.show.public_url)
    ear, refunder = Ear(cashier), Refunder(cashier)
    teller = Teller(database, callbacks.outbound, callbacks.vault, clock, RandomPool())
    sweep = PaymentSweep(cashier, ear, refunder)
    return Payments(cashier, ear, refunder, sweep, TopUp(cashier), teller, ClosedCards(cashier))
