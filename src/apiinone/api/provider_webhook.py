"""POST /providers/{provider}/webhook: a vendor says that a job moved; we look at it sooner, and that is all.

What the callback says about the job changes nothing: the vendor is asked, as if by the clock.
"""

from typing import Final

from msgspec import Struct

from apiinone.api.answer import Answer, success
from apiinone.api.call import Call
from apiinone.api.house import House
from apiinone.core.clock import US_PER_S
from apiinone.core.errors import AuthenticationFailed, NotFound
from apiinone.db import Tx
from apiinone.tasks.upstream_ids import task_of_upstream_id
from apiinone.tasks.worker import WAKE

BODY_BYTES_MAX: Final = 1024 * 1024


class Heard(Struct, frozen=True):
    """The callback was signed as it must be."""

    received: bool


async def hear_provider(house: House, call: Call) -> Answer:
    """Wake the task whose job the callback names. Well signed is always 200, whether or not we know the job."""
    provider = call.ids["provider"]
    known = house.context.webhooks.get(provider)
    if known is None:
        raise NotFound("No callbacks of this provider are expected here.", param="provider")
    remote, secret = known
    body = await call.body(BODY_BYTES_MAX)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in call.headers.items()}
    now_s = house.context.clock.now_us() // US_PER_S
    upstream_id = remote.read_webhook(headers, body, secret.reveal(), now_s)
    if upstream_id is None:
        raise AuthenticationFailed("The callback is not signed as it must be.")

    async def look(tx: Tx) -> str | None:
        return await task_of_upstream_id(tx, provider, upstream_id)

    task_id = await house.context.database.read(look)
    if task_id is not None:
        house.hints.soon(WAKE + task_id)
    return success(Heard(received=True))
