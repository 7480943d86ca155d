"""A chat whose vendor another process has the credential for: that one is asked, at its internal address.

To the process that was asked by the client it is a vendor like another: what is lost on the way is lost, and nothing is
sent twice.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from msgspec import Raw

from apiinone.core.clock import US_PER_S, Clock
from apiinone.core.exchange import Request
from apiinone.outbound import Lost, NotSent, Outbound
from apiinone.providers.chat import ChatEvent, ChatOrder, ChatRefused
from apiinone.tasks.live_chat import UNREACHABLE
from apiinone.tasks.node_wire import CHAT_PATH, Refused, Signed, read_line, sign, write_order
from apiinone.tasks.scenario import Scenario

TIMEOUT_S: Final = 1800.0
IDLE_S: Final = 330.0
"""A little longer than the node itself waits for its vendor."""
BODY_BYTES_MAX: Final = 64 * 1024 * 1024
LINE_BYTES_MAX: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class NodeChat:
    """Processes that hold credentials, by the provider's name."""

    outbound: Outbound
    urls: Mapping[str, str]
    key: bytes
    clock: Clock
    nonce: Callable[[], str]

    def whole(self, order: ChatOrder) -> None:
        """The node sends line by line, and what has come by the deadline counts."""
        del order

    async def answer(self, order: ChatOrder, scenario: Scenario) -> AsyncGenerator[ChatEvent]:
        """The vendor's answer, as the node hears it. Raises ChatRefused where the vendor refused or was not asked."""
        del scenario
        parts = urlsplit(self.urls[order.provider])
        body = write_order(order)
        signed = Signed("POST", CHAT_PATH, body)
        request = Request(
            method="POST",
            url=f"{parts.scheme}://{parts.netloc}{CHAT_PATH}",
            auth="none",
            json=Raw(body),
            headers=sign(self.key, signed, self.clock.now_us() // US_PER_S, self.nonce()),
            timeout_s=TIMEOUT_S,
            idle_s=IDLE_S,
            body_bytes_max=BODY_BYTES_MAX,
        )
        try:
            async with self.outbound.stream(request, secret=None, hosts=(parts.netloc.lower(),)) as incoming:
                if incoming.status != HTTPStatus.OK:
                    raise ChatRefused(UNREACHABLE)  # turned away at the door: nobody was asked
                rest = b""
                while piece := await incoming.next():
                    *lines, rest = (rest + piece).split(b"\n")
                    for line in lines:
                        yield _event(line)
                    if len(rest) > LINE_BYTES_MAX:
                        return
        except NotSent:
            raise ChatRefused(UNREACHABLE) from None
        except (Lost, ValueError):
            return  # cut: what was heard so far decides


def _event(line: bytes) -> ChatEvent:
    """What a line says. Raises ChatRefused, ValueError."""
    said = read_line(line)
    if isinstance(said, Refused):
        raise ChatRefused(said.rejected)
    return said
