"""Who watches tasks for longer: one look a second for all of them together, and a look at once for moves of ours.

What watches is a small object that is told of changes, not a coroutine with a timer, so that ten thousand cost little.
Nothing runs while nobody watches.
"""

import asyncio
import logging
from collections.abc import Sequence
from itertools import islice
from typing import Protocol

from apiinone.core.errors import Overloaded, RateLimited, Refusal
from apiinone.db import Database, Sql
from apiinone.tasks.milestones import Progress

LOOK_EVERY_S = 1.0
BEAT_EVERY_S = 15.0
LOOKED_AT_ONCE_MAX = 500
OPEN_MAX = 50_000
"""Of this process, whoever watches."""
TURNS = int(BEAT_EVERY_S / LOOK_EVERY_S)

_LOOK = Sql("SELECT id, state, created_us, started_us, finished_us FROM tasks WHERE id = ANY($1::text[])")
_log = logging.getLogger("apiinone.watchers")


class Watcher(Protocol):
    """Is told of one task."""

    task_id: str
    key_id: str
    seen: Progress | None
    """How far the task was when it was last told; None before the first time."""

    async def tell(self, progress: Progress) -> None:
        """The task is somewhere else than before. Raises DatabaseUnavailable; it is then told again."""
        ...

    def beat(self) -> None:
        """Nothing has happened for a while."""
        ...

    def end(self) -> None:
        """There is no more to come from here."""
        ...


class Watchers:
    """Keeps who watches, by task, and looks for them."""

    def __init__(self, database: Database, *, per_key_max: int) -> None:
        """Take how many of one key may watch at once."""
        self._database = database
        self._per_key_max = per_key_max
        self._of_task: dict[str, list[Watcher]] = {}
        self._of_key: dict[str, int] = {}
        self._due: dict[str, None] = {}
        self._woken = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self._closed = False
        self.open = 0
        """How many watch now."""

    def enter(self, watcher: Watcher) -> None:
        """Be told from now on, of how the task stands at first. Raises RateLimited, Overloaded."""
        if self._closed or self.open >= OPEN_MAX:
            raise Overloaded("this process takes no more event streams; try again shortly", retry_after_s=1)
        count = self._of_key.get(watcher.key_id, 0)
        if count >= self._per_key_max:
            sentence = f"this key has {count} event streams open, as many as it may have at once"
            raise RateLimited(sentence, retry_after_s=1)
        self._of_key[watcher.key_id] = count + 1
        self._of_task.setdefault(watcher.task_id, []).append(watcher)
        self.open += 1
        self.moved(watcher.task_id)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_on())

    def leave(self, watcher: Watcher) -> None:
        """Be told nothing more. Leaving twice is no error."""
        watching = self._of_task.get(watcher.task_id, [])
        if watcher not in watching:
            return
        watching.remove(watcher)
        if not watching:
            del self._of_task[watcher.task_id]
        self._of_key[watcher.key_id] -= 1
        if not self._of_key[watcher.key_id]:
            del self._of_key[watcher.key_id]
        self.open -= 1
        if not self.open:
            self._woken.set()

    def moved(self, task_id: str) -> None:
        """Have this task looked at now, if anyone watches it."""
        if task_id in self._of_task:
            self._due[task_id] = None
            self._woken.set()

    def end_all(self) -> None:
        """Send everyone away and let nobody in: the process is about to stop."""
        self._closed = True
        for watching in list(self._of_task.values()):
            for watcher in list(watching):
                watcher.end()

    async def _look_on(self) -> None:
        clock = asyncio.get_running_loop().time
        turn, next_turn_s = 0, clock() + LOOK_EVERY_S
        while self.open:
            await self._wait(next_turn_s - clock())
            if clock() >= next_turn_s:
                turn, next_turn_s = (turn + 1) % TURNS, clock() + LOOK_EVERY_S
                self._due.update(dict.fromkeys(self._of_task))
                self._beat(turn)
            try:
                await self._look_at_due()
            except Refusal as error:
                _log.warning("watched tasks were not looked at", extra={"reason": error.type})
            except Exception:  # noqa: BLE001 - the next look may come through
                _log.exception("watched tasks were not looked at")

    async def _look_at_due(self) -> None:
        while self._due:
            ids = list(islice(self._due, LOOKED_AT_ONCE_MAX))
            for task_id in ids:
                del self._due[task_id]
            rows = await self._database.rows(_LOOK, ids)
            found = {row[0]: Progress(*row) for row in rows}
            for task_id in ids:
                await self._tell(self._of_task.get(task_id, ()), found.get(task_id))
            await asyncio.sleep(0)

    async def _tell(self, watching: Sequence[Watcher], progress: Progress | None) -> None:
        for watcher in list(watching):
            if progress is None:
                watcher.end()
            elif progress != watcher.seen:
                await watcher.tell(progress)
                watcher.seen = progress

    def _beat(self, turn: int) -> None:
        """A share of all watchers each time, so that beats do not come all at once."""
        for task_id, watching in list(self._of_task.items()):
            if hash(task_id) % TURNS == turn:
                for watcher in list(watching):
                    watcher.beat()

    async def _wait(self, seconds: float) -> None:
        if not self._due and seconds > 0:
            self._woken.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._woken.wait()
            except TimeoutError:
                return
