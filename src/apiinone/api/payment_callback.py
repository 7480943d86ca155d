"""POST /payments/{method}/callback: somebody who takes money for us says that something happened.

Well signed is always 200, whatever it says: that is looked up, and nothing of it is believed (`payments/hear.py`).
"""

from typing import Final

from msgspec import Struct

from apiinone.api.answer import Answer, success
from apiinone.api.call import Call
from apiinone.api.house import House

BODY_BYTES_MAX: Final = 1024 * 1024


class Noted(Struct, frozen=True):
    """The callback was signed as it must be, and is written down."""

    received: bool


async def hear_payment(house: House, call: Call) -> Answer:
    """Write it down and look. Raises NotFound where none are expected, AuthenticationFailed where it is not signed."""
    ear = house.context.ear
    method = call.ids["method"]
    ear.refuse_unexpected(method)
    body = await call.body(BODY_BYTES_MAX)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in call.headers.items()}
    await ear.hear(method, headers, body)
    return success(Noted(received=True))
