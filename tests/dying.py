"""Workers that claim and are never heard of again."""

from apiinone.db import Sql, Tx
from apiinone.tasks.claim import Claim, claim, enlist
from apiinone.tasks.job import Job
from apiinone.tasks.moves import NewAttempt
from scripted_worker import NODES
from workshop import Workshop

LEASE_S = 15.0
END_LEASES = Sql("UPDATE workers SET lease_until_us = 0")


async def die_with(workshop: Workshop, provider: str = "local") -> Job:
    """A worker claims the one due task, and that is all it does."""
    epoch = workshop.ids.new()

    def plan(job: Job) -> NewAttempt:
        del job
        return NewAttempt(workshop.ids.new(), provider, "recraftv4", "because", None)

    async def work(tx: Tx) -> list[Job]:
        await enlist(tx, epoch, NODES, LEASE_S)
        return (await claim(tx, Claim(epoch, NODES, 10, ""), plan)).jobs

    (job,) = await workshop.database.transact(work)
    return job
