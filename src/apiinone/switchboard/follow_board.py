"""Keeps a process's board as the database has it, and its catalogue with the prices that are set there."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from apiinone.catalog.running import RunningCatalogue
from apiinone.core.errors import Refusal
from apiinone.db import Database
from apiinone.switchboard.board_rows import read_standing, version_of
from apiinone.switchboard.standing import Board, Standing

EVERY_S = 0.4
"""So that what an operator switches counts within a second everywhere."""
_log = logging.getLogger("apiinone.switchboard")


@dataclass(slots=True)
class BoardFollower:
    """Looks whether the version has changed, and then reads everything."""

    database: Database
    board: Board
    catalogue: RunningCatalogue

    async def refresh(self) -> None:
        """Take what has changed. Raises DatabaseUnavailable."""
        if await version_of(self.database) != self.board.now.version:
            self._take(await self.database.read(read_standing))

    def _take(self, standing: Standing) -> None:
        """Follow in one step: nobody sees the one without the other. The catalogue is made anew for prices alone."""
        if standing.list_prices != self.board.now.list_prices:
            self.catalogue.follow(standing.list_prices)
            unfit = self.catalogue.unfit
            if unfit:
                first = f"{unfit[0].priced.model}: {unfit[0].figure}: {unfit[0].why}"
                _log.warning("prices that were set are not used", extra={"count": len(unfit), "reason": first})
        self.board.now = standing

    @asynccontextmanager
    async def following(self) -> AsyncGenerator[None]:
        """Read what is there, and go on reading for the length of the block. Raises DatabaseUnavailable."""
        await self.refresh()
        running = asyncio.create_task(self.run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def run(self) -> None:
        """Go on for ever; a database that does not answer is asked again."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.refresh()
            except Refusal as error:
                _log.warning("switches are as they were read last", extra={"reason": error.type})
            except Exception:  # noqa: BLE001 - a defect of ours must not end the following of a drain
                _log.exception("switches could not be read")
