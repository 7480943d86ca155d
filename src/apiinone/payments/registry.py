"""The methods there are, one line each."""

from collections.abc import Callable, Mapping
from typing import Final

from apiinone.payments.manual import Manual
from apiinone.payments.method import Method
from apiinone.payments.stripe import Stripe
from apiinone.payments.voucher import Voucher

METHODS: Final[Mapping[str, Callable[[], Method]]] = {
    "manual": Manual,
    "stripe": Stripe,
    "voucher": Voucher,
}
"""By name: what makes the adapter, at the vendor's usual address."""


def methods(stripe_url: str = "") -> dict[str, Method]:
    """Every adapter. Raises ValueError for what is no URL."""
    made: dict[str, Method] = {name: make() for name, make in METHODS.items()}
    if stripe_url:
        made["stripe"] = Stripe(stripe_url)
    return made
