"""Asks a vendor how an accepted order stands: in its turn, where its job is known, and with the lag written down."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from msgspec import Struct

from apiinone.catalog.fields import upstream_fields
from apiinone.catalog.offer import Offer
from apiinone.core.clock import Clock
from apiinone.core.secret import Secret
from apiinone.db import Database, Tx
from apiinone.outbound import Outbound
from apiinone.providers.provider import Finished, PollReply, Reference, Rejected, Running
from apiinone.tasks.claim import evidence_of
from apiinone.tasks.find_lost import Finder, Sought, Standing, standing_of
from apiinone.tasks.job import Job
from apiinone.tasks.poll_lag import PollLag
from apiinone.tasks.questions import SLOT_S, Questions
from apiinone.tasks.vendor_exchange import Vendor, poll


class Later(Struct, frozen=True):
    """It is not this question's turn."""

    after_s: float


class AskingRules(Struct, frozen=True):
    """What the operator says: providers whose key nobody else uses, and other limits than the adapters' own."""

    unshared: frozenset[str]
    questions_per_s_max: Mapping[str, float]


@dataclass(slots=True)
class Asker:
    """What asking takes, for all vendors. `evidence` reads what is written down of an attempt."""

    outbound: Outbound
    clock: Clock
    questions: Mapping[str, Questions]
    lags: Mapping[str, PollLag]
    finder: Finder
    evidence: Callable[[str], Awaitable[Reference | Rejected | None]]
    """A worker that lost the task may have added to it."""

    async def known(self, job: Job) -> Rejected | None:
        """Take what is written down of the job's reference; a refusal where that is what is written."""
        if job.reference is not None or job.attempt_id is None:
            return None
        match await self.evidence(job.attempt_id):
            case Rejected() as rejected:
                return rejected
            case reference:
                job.reference = reference
                return None

    async def find(self, job: Job, vendor: Vendor, secret: Secret | None, offer: Offer | None) -> Reference | None:
        """The lost order's job, where it is certainly found at the vendor.

        Of a client's own key nobody knows who else uses it, so nothing is certain there.
        """
        if offer is None or job.attempt_id is None or job.state != "unknown" or job.own_key:
            return None
        fields = upstream_fields(offer, job.fields())
        sought = Sought(job.attempt_id, vendor.remote.name, offer.upstream_model, fields)
        return await self.finder.find(vendor, secret, sought)

    async def ask(
        self,
        job: Job,
        vendor: Vendor,
        secret: Secret | None,
        reference: Reference,
        begins: Callable[[Job], Awaitable[bool]],
    ) -> PollReply | Later:
        """The vendor's answer, or when to come again. `begins` says whether it may be asked, once it is its turn."""
        questions = self.questions[vendor.remote.name]
        if not job.has_turn:  # taken over, or begun anew: with everything else that was open
            wait_s = self.turn_s(job, vendor, 0.0)
            if wait_s > SLOT_S:
                return Later(wait_s)
        if (wait_s := questions.enter()) > 0:
            return Later(wait_s)
        try:
            if not await begins(job):
                return Later(0.0)
            job.asked_s = self.clock.monotonic_s()
            reply, wait_s = await poll(self.outbound, vendor.remote, secret, reference)
        finally:
            questions.leave()
        if wait_s is not None:
            questions.turned_away(wait_s)
        now_us = self.clock.now_us()
        if isinstance(reply, Running):
            job.running_us = now_us
        elif isinstance(reply, Finished):
            job.done_us = job.running_us if reply.done_us is None else reply.done_us
        return reply

    def turn_s(self, job: Job, vendor: Vendor, after_s: float) -> float:
        """In how many seconds the job's next question has its turn; the time since the last one counts."""
        passed_s = 0.0 if job.asked_s is None else self.clock.monotonic_s() - job.asked_s
        job.has_turn, job.asked_s = True, None
        return self.questions[vendor.remote.name].turn(max(0.0, after_s - passed_s))

    def delivered(self, job: Job, vendor: Vendor) -> None:
        """Count how long the task ended well after its vendor was done."""
        if job.state == "succeeded" and job.done_us is not None:
            self.lags[vendor.remote.name].note(self.clock.now_us() - job.done_us)


def open_asker(
    database: Database, outbound: Outbound, clock: Clock, vendors: Mapping[str, Vendor], rules: AskingRules
) -> Asker:
    """For these vendors."""

    async def evidence(attempt_id: str) -> Reference | Rejected | None:
        async def look(tx: Tx) -> Reference | Rejected | None:
            return await evidence_of(tx, attempt_id)

        return await database.read(look)

    async def standing(sought: Sought, listed: Sequence[str]) -> Standing | None:
        async def look(tx: Tx) -> Standing | None:
            return await standing_of(tx, sought, listed)

        return await database.read(look)

    questions = {
        name: Questions(
            per_s_max=rules.questions_per_s_max.get(name, vendor.remote.questions_per_s_max),
            at_once_max=vendor.remote.questions_at_once_max,
            clock=clock,
        )
        for name, vendor in vendors.items()
    }
    lags = {name: PollLag() for name in vendors}
    return Asker(outbound, clock, questions, lags, Finder(outbound, rules.unshared, standing), evidence)
