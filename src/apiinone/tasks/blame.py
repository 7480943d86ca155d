"""Which task takes its workers with it, among all that a worker held when it died (hazard 16).

Most of them only waited, and the reason may be none of them. So a task is blamed for a death only if it was being
worked on, and only if a worker had died with it before: `claims` is raised before such work, in a commit of its own,
and set back to 1 after it. A task that was blamed is worked on alone from then on, and later the more it was blamed, so
that those that were only there when another one killed are done with before it gets its turn, and so that processes
that die one after the other for reasons of their own are not laid to it.
"""

import asyncio
from collections.abc import Awaitable, Callable

from apiinone.tasks.job import Job
from apiinone.tasks.lifecycle import FINAL
from apiinone.tasks.moves import Blamed

UNBLAMED = 1
"""`claims` of a task that was claimed; 0 before. Each death that it is blamed for adds one."""
STANDS_BACK_S = 0.25
"""For how long at its first blame; with each further one four times as long. Then so long each time others queue."""
QUEUED_MAX = 8
"""Suspects that take up a step while they wait for one another, so that one begins as soon as another is done."""


class Blame:
    """Keeps suspects of one worker apart."""

    def __init__(self, say: Callable[[Job, Blamed], Awaitable[bool]]) -> None:
        """Take what writes a move down; it answers False where the claim stands no more."""
        self._say = say
        self._alone = asyncio.Lock()
        self._queued = 0

    async def step(self, job: Job, work: Callable[[Job], Awaitable[float | None]]) -> float | None:
        """Do the work of one in doubt, alone if it is suspected; in how many seconds to come again, None: never."""
        if job.claims <= UNBLAMED:
            return await self._survived(job, work)
        if not job.stood_back:
            job.stood_back = True
            return STANDS_BACK_S * 4 ** (job.claims - UNBLAMED - 1)
        if self._queued > QUEUED_MAX:
            return STANDS_BACK_S
        self._queued += 1
        try:
            async with self._alone:
                return await self._survived(job, work)
        finally:
            self._queued -= 1

    async def begins(self, job: Job) -> bool:
        """Whether work may begin now that could end this process: the next death is the task's."""
        if job.in_doubt and not job.blamed:
            job.blamed = await self._say(job, Blamed(job.claims + 1))
            return job.blamed
        return True

    async def _survived(self, job: Job, work: Callable[[Job], Awaitable[float | None]]) -> float | None:
        again_s = await work(job)
        ended = job.state in FINAL or not job.held
        if job.blamed and not ended and await self._say(job, Blamed(UNBLAMED)):
            job.claims, job.in_doubt, job.blamed = UNBLAMED, False, False
        return again_s
