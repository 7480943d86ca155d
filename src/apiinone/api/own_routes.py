"""Routes about the server itself."""

from typing import Literal

from msgspec import Struct

from apiinone.api.answer import Answer, encode
from apiinone.api.call import Call
from apiinone.api.house import House

UNAVAILABLE = 503


class Alive(Struct, frozen=True):
    """The process answers."""

    status: Literal["ok"]


async def show_health(house: House, call: Call) -> Answer:
    """That the process answers; nothing else is asked."""
    del house, call
    return Answer(200, encode(Alive("ok")))


async def show_readiness(house: House, call: Call) -> Answer:
    """Whether it can do its work: 200, or 503 with the same body."""
    del call
    seen = await house.readiness.look()
    return Answer(200 if seen.ready else UNAVAILABLE, encode(seen))


async def show_document(house: House, call: Call) -> Answer:
    """The OpenAPI document."""
    del call
    return Answer(200, house.document())
