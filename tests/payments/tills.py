"""A cashier as tests want one: methods by hand, and Stripe at the address of a simulator where there is one."""

from apiinone.core.clock import SystemClock
from apiinone.core.ids import Ids
from apiinone.core.secret import Secret
from apiinone.db import Database
from apiinone.outbound import Outbound
from apiinone.payments.cashier import Cashier, Till
from apiinone.payments.packs import load_billing
from apiinone.payments.registry import methods

PEPPER = b"a pepper for tests"
KEY = Secret("sk_test_simulated")
HOOK = Secret("whsec_simulated")
NOWHERE = "http://127.0.0.1:9"


def cashier_for(database: Database, *, stripe_url: str = NOWHERE) -> Cashier:
    adapters = methods(stripe_url)
    tills = {name: Till(method) for name, method in adapters.items()}
    tills["stripe"] = Till(adapters["stripe"], KEY, HOOK)
    outbound = Outbound(
        allowed_private=frozenset({stripe_url.partition("://")[2]}), connections_max=64, user_agent="tests"
    )
    clock = SystemClock()
    return Cashier(
        database, outbound, tills, load_billing(None), Ids(clock), clock, PEPPER, lambda: "https://api.example.com"
    )
