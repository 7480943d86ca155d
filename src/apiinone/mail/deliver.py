"""Takes letters from the outbox to the carrier, round after round; any process may, and none sends the same at once.

A process that dies between sending and noting leaves a letter that is sent once more after its lease: it may arrive
twice, under the same Message-ID, and is not lost.
"""

import asyncio
import logging
from typing import Final, assert_never

from apiinone.core.errors import DatabaseUnavailable
from apiinone.db import Database, Tx
from apiinone.mail.letter import Carried, Carrier, Delayed, Outcome, Refused
from apiinone.mail.outbox import KEEP_US, Outbox, Taken, anything_due, note_delayed, note_sent

ROUND_MAX: Final = 16
"""Letters sent at once."""
_LOG: Final = logging.getLogger(__name__)


class Postman:
    """Delivers."""

    def __init__(self, database: Database, outbox: Outbox, carrier: Carrier) -> None:
        """Take where letters wait and who carries them."""
        self._database = database
        self._outbox = outbox
        self._carrier = carrier

    async def round(self) -> int:
        """Send what is due; how many letters that was. Raises DatabaseUnavailable."""
        if not await anything_due(self._database):
            return 0

        async def take(tx: Tx) -> list[Taken]:
            return await self._outbox.take(tx, ROUND_MAX)

        taken = await self._database.transact(take)
        outcomes = await asyncio.gather(*(self._carried(one) for one in taken))
        now_us = await self._database.read(_now)
        over, delayed = _sorted(taken, outcomes, now_us)

        async def note(tx: Tx) -> None:
            await note_sent(tx, over)
            await note_delayed(tx, delayed)

        try:
            await self._database.transact(note)
        except DatabaseUnavailable:
            _LOG.warning("mail was sent and could not be noted; it may arrive twice", extra={"count": len(over)})
            raise
        return len(taken)

    async def _carried(self, taken: Taken) -> Outcome:
        if taken.letter is None:
            return Refused("its seal does not open")
        return await self._carrier.carry(taken.id, taken.letter)


def _sorted(taken: list[Taken], outcomes: list[Outcome], now_us: int) -> tuple[list[Taken], list[tuple[Taken, str]]]:
    """What is over, and what is tried again."""
    over: list[Taken] = []
    delayed: list[tuple[Taken, str]] = []
    for one, outcome in zip(taken, outcomes, strict=True):
        match outcome:
            case Carried():
                over.append(one)
            case Refused(reason):
                _LOG.warning("mail was refused", extra={"reason": reason, "count": one.try_no})
                over.append(one)
            case Delayed(reason) if now_us - one.created_us > KEEP_US:
                _LOG.warning("mail is given up", extra={"reason": reason, "count": one.try_no})
                over.append(one)
            case Delayed(reason):
                _LOG.warning("mail waits", extra={"reason": reason, "count": one.try_no})
                delayed.append((one, reason))
            case _:
                assert_never(outcome)
    return over, delayed


async def _now(tx: Tx) -> int:
    return tx.now_us
