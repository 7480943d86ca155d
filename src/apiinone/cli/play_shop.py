"""A simulated Stripe beside the demo, so that buying can be tried end to end in a browser with test cards."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from apiinone.settings import Settings, environment

KEY_NAME: Final = "STRIPE_SECRET_KEY"
CALLBACK: Final = "/api/v1/payments/stripe/callback"


class PlayShop(Struct, frozen=True):
    """What a server is started with so that it sells."""

    settings: Settings
    environ: Mapping[str, str]
    is_play: bool
    """Whether payments are simulated; they are not where an account at Stripe is set."""


@asynccontextmanager
async def play_shop(settings: Settings, url: str) -> AsyncGenerator[PlayShop]:
    """Simulate payments for the server at `url` for the length of the block."""
    environ = environment()
    if environ.get(KEY_NAME) or settings.stripe_url:
        yield PlayShop(settings, environ, is_play=False)
        return
    from apiinone.simulators import serving  # noqa: PLC0415 - loaded for the demo alone
    from apiinone.simulators.options import SIMULATED_KEY, SIMULATED_WEBHOOK_SECRET, Options  # noqa: PLC0415 - as above
    from apiinone.simulators.stripe import SANDBOX  # noqa: PLC0415 - as above

    keys = {KEY_NAME: SANDBOX + SIMULATED_KEY, "STRIPE_WEBHOOK_SECRET": SIMULATED_WEBHOOK_SECRET}
    async with serving("stripe", Options(webhook_url=url + CALLBACK)) as root:
        yield PlayShop(replace(settings, stripe_url=root), {**environ, **keys}, is_play=True)
