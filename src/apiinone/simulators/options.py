"""What a simulated vendor is told, and what it is."""

from typing import Final, Protocol

from msgspec import Struct
from starlette.applications import Starlette

SIMULATED_KEY: Final = "simulated-key"
SIMULATED_WEBHOOK_SECRET: Final = "whsec_simulated-secret"  # noqa: S105 - a made-up one


class Options(Struct, frozen=True):
    """How to behave. `seconds` is how long a job takes; `fast` gives tiny constant outputs, for benchmarks."""

    key: str = SIMULATED_KEY
    webhook_secret: str = SIMULATED_WEBHOOK_SECRET
    seconds: float = 1.0
    fast: bool = False
    callback_url: str = ""
    """Where a vendor that tells events tells them from the start."""


class Simulator(Protocol):
    """A vendor on loopback."""

    @property
    def app(self) -> Starlette:
        """The ASGI application."""
        ...

    async def aclose(self) -> None:
        """End what still runs in the background."""
        ...
