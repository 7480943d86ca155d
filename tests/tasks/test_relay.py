"""From a provider that speaks to a client that reads: every piece once, in its order, by whichever way it goes."""

import asyncio
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from apiinone.core.clock import SystemClock
from apiinone.providers.chat import ChatPiece, Said
from apiinone.tasks.relay import Relay

WAIT_S = 5.0


class Client:
    """Reads the pieces, and takes those that come straight as long as it may."""

    def __init__(self) -> None:
        self.relay = Relay(SystemClock(), bytes_max=1_000_000, patience_s=WAIT_S)
        self.received: list[ChatPiece] = []
        self.straight: list[ChatPiece] = []
        self.takes: Callable[[], bool] = lambda: True
        self.slow = False
        self._reading = asyncio.create_task(self._read())

    def take(self, piece: ChatPiece) -> bool:
        if not self.takes():
            return False
        self.straight.append(piece)
        self.received.append(piece)
        return True

    async def read_to_the_end(self) -> list[ChatPiece]:
        self.relay.end()
        await asyncio.wait_for(self._reading, WAIT_S)
        return self.received

    async def _read(self) -> None:
        async for piece in self.relay.pieces():
            if self.slow:
                await asyncio.sleep(0)
            self.received.append(piece)


async def test_a_piece_that_is_waited_for_goes_straight_without_waking_the_reader() -> None:
    client = Client()
    client.relay.straight_to(client.take)
    await asyncio.sleep(0)
    pieces = [Said("one"), Said("two")]
    for piece in pieces:
        await client.relay.put(piece)
    assert client.straight == pieces
    assert await client.read_to_the_end() == pieces


async def test_nothing_goes_straight_to_a_client_that_has_left() -> None:
    client = Client()
    client.relay.straight_to(client.take)
    await asyncio.sleep(0)
    client.relay.leave()
    await client.relay.put(Said("late"))
    assert await client.read_to_the_end() == []


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), max_size=40), st.integers(0, 5))
def test_pieces_reach_the_client_once_and_in_their_order_whichever_way_they_go(
    steps: list[tuple[int, bool, bool]], straight_from: int
) -> None:
    """Each step: turns of the loop before the piece, whether it may go straight, whether the reader is slow."""

    async def relayed() -> tuple[list[ChatPiece], list[ChatPiece]]:
        client = Client()
        sent: list[ChatPiece] = []
        for number, (turns, may, slow) in enumerate(steps):
            if number == straight_from:
                client.relay.straight_to(client.take)
            for _ in range(turns):
                await asyncio.sleep(0)
            client.takes, client.slow = (lambda may=may: may), slow
            sent.append(Said(str(number)))
            await client.relay.put(sent[-1])
        return await client.read_to_the_end(), sent

    received, sent = asyncio.run(relayed())
    assert received == sent
