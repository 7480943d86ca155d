"""Payments of a process, put together: methods with the credentials that are set, and what time does to orders."""

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from apiinone.core.clock import Clock
from apiinone.core.ids import Ids
from apiinone.db import Database
from apiinone.outbound import Outbound
from apiinone.payments.cashier import Cashier, Till
from apiinone.payments.hear import Ear
from apiinone.payments.packs import BillingInvalid, load_billing
from apiinone.payments.refunding import Refunder
from apiinone.payments.registry import methods
from apiinone.payments.sweep_orders import PaymentSweep
from apiinone.settings import Settings, SettingsError, read_secret
from apiinone.tasks.duties import FAST_S, SLOW_S, Duty

EVENTS_EVERY_S = FAST_S * 5


class Payments(Struct, frozen=True):
    """Everything about payments that a process runs or asks."""

    cashier: Cashier
    ear: Ear
    refunder: Refunder
    sweep: PaymentSweep

    def duties(self) -> list[Duty]:
        """What is done again and again."""
        return [
            Duty("orders asked about", EVENTS_EVERY_S, self.sweep.ask_about_orders),
            Duty("payment events gone through", EVENTS_EVERY_S, self.sweep.go_through_events),
            Duty("refunds gone through", EVENTS_EVERY_S, self.sweep.go_through_refunds),
            Duty("payment events dropped", SLOW_S, self.sweep.forget),
        ]


def payments_of(
    settings: Settings,
    environ: Mapping[str, str],
    ground: tuple[Database, Outbound, Clock],
    pepper: bytes,
    address: Callable[[], str],
) -> Payments:
    """Read what is set. `address` is where clients reach us. Raises SettingsError."""
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
    cashier = Cashier(database, outbound, tills, billing, Ids(clock), clock, pepper, address)
    ear, refunder = Ear(cashier), Refunder(cashier)
    return Payments(cashier, ear, refunder, PaymentSweep(cashier, ear, refunder))
