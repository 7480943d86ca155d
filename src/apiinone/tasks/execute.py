"""One step of a claimed task: plan it, submit it, or ask how it stands, and have its end written down.

Nothing paid is sent without a row that says so: the attempt goes from planned to sending in a transaction of its own
just before the socket, and what was sending when a worker died is never sent again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from apiinone.assets.ingest import OutputUnavailable
from apiinone.catalog.fields import file_fields, upstream_fields
from apiinone.catalog.load import Catalogue
from apiinone.catalog.offer import Offer
from apiinone.core.clock import US_PER_S, Clock
from apiinone.core.ids import Ids
from apiinone.outbound import Outbound
from apiinone.providers.provider import (
    Accepted,
    Canceled,
    Finished,
    Order,
    PollReply,
    Reference,
    Rejected,
    Running,
    Unclear,
)
from apiinone.tasks.ask import Asker, Later
from apiinone.tasks.conclude import Conclusions
from apiinone.tasks.job import Job
from apiinone.tasks.maker import CannotMake, Maker, UnusableInput
from apiinone.tasks.moves import NewAttempt, Planned, Sending, WasAccepted, WasCanceled
from apiinone.tasks.origins import Origins
from apiinone.tasks.read_inputs import InputReader
from apiinone.tasks.routing import LOCAL, Asked, choose, offer_named
from apiinone.tasks.scenario import PLAIN, Lose, Make, Wait, next_step, parse_scenario
from apiinone.tasks.vendor_exchange import Vendor, opened, submit


@dataclass(slots=True)
class Executor:
    """Everything a step needs; it arrives from the composition root."""

    catalogue: Catalogue
    vendors: Mapping[str, Vendor]
    outbound: Outbound
    maker: Maker
    inputs: InputReader
    clock: Clock
    ids: Ids
    ends: Conclusions
    asker: Asker
    origins: Origins

    def first_attempt(self, job: Job) -> NewAttempt | None:
        """The attempt that a claim writes down for a queued task; None where nothing configured here serves it."""
        choice = self.catalogue.remembered(job.sub_model)
        if choice is None:
            return None
        asked, configured = Asked(job.fields(), job.operation), frozenset(self.vendors)
        route = choose(job.mode, choice.sub_model, asked, configured=configured, attempts_before=job.attempts)
        if route is None:
            return None
        _, for_one_price = choice.entry.makes(job.operation)
        each = route.expected_cost_micro_usd
        cost = None if each is None else each * (job.units // for_one_price)
        return NewAttempt(self.ids.new(), route.provider, route.upstream_model, route.because, cost)

    async def step(self, job: Job) -> float | None:
        """Do the next thing for this task. Returns in how many seconds to come again; None: it is over for us."""
        if job.unsaid is not None:
            return await self.ends.repeated(job, job.unsaid)
        if job.claims > self.ends.tries.claims_max:
            return await self._end_killer(job)
        match job.state:
            case "queued":
                return await self._plan(job)
            case "submitting":
                return await self._submit(job)
            case "running" | "unknown":
                return await self._ask(job)
            case "storing":
                return await self._ask(job) if job.finished is None else await self._delivered(job, job.finished)
            case "succeeded" | "failed" | "canceled":
                return None
            case _:
                assert_never(job.state)

    async def _plan(self, job: Job) -> float | None:
        attempt = self.first_attempt(job)
        if attempt is None:
            return await self.ends.rejected(job, _NOT_CONFIGURED)
        if not await self.ends.say(job, Planned(attempt)):
            return self.ends.again(job, self.ends.tries.again_after_s)
        job.plan(attempt)
        return await self._submit(job)

    async def _submit(self, job: Job) -> float | None:
        if job.provider == LOCAL:
            return await self._make(job)
        if job.attempt_state != "planned":
            return await self.ends.lost(job, "the worker that was sending it is gone")
        vendor = self.vendors.get(job.provider or "")
        try:
            order = await self._order(job)
        except UnusableInput as unusable:
            return await self.ends.rejected(job, _unusable(unusable))
        if vendor is None or order is None:
            return await self.ends.rejected(job, _NOT_CONFIGURED)
        if (wait_s := vendor.pace.enter(job.account_id)) > 0:
            return self.ends.again(job, wait_s)
        try:
            if not await self.ends.say(job, Sending(order.attempt_id)):
                return await self._not_sent(job)
            job.attempt_state, job.output_hosts = "sending", vendor.remote.output_hosts
            reply = await submit(self.outbound, vendor, order)
        finally:
            vendor.pace.leave()
        if isinstance(reply, Accepted):
            return await self._accepted(job, vendor, reply)
        return await self._ended_at_once(job, reply)

    async def _not_sent(self, job: Job) -> float | None:
        """Sending was not allowed. Where the claim still stands, an earlier commit of it was in doubt and happened."""
        if job.held and job.state == "submitting":
            return await self.ends.rejected(job, _NEVER_SENT)
        return self.ends.again(job, self.ends.tries.again_after_s)

    async def _accepted(self, job: Job, vendor: Vendor, accepted: Accepted) -> float | None:
        job.reference, job.attempt_state = accepted.reference, "accepted"
        job.running_us = self.clock.now_us()
        await self.ends.say(job, WasAccepted(job.attempt_id or "", accepted.reference, accepted.cost_micro_usd))
        after_s = max(accepted.poll_after_s, vendor.remote.poll_interval_s)
        return self.ends.again(job, self.asker.turn_s(job, vendor, after_s))

    async def _ended_at_once(self, job: Job, reply: Finished | Rejected | Unclear) -> float | None:
        match reply:
            case Finished():
                return await self._delivered(job, reply)
            case Rejected():
                return await self.ends.rejected(job, reply)
            case Unclear(reason):
                return await self.ends.lost(job, reason)
            case _:
                assert_never(reply)

    async def _ask(self, job: Job) -> float | None:
        if job.provider == LOCAL:
            return await self._make(job)
        vendor = self.vendors.get(job.provider or "")
        if (rejected := await self.asker.known(job)) is not None:
            return await self.ends.rejected(job, rejected)
        if job.reference is None and vendor is not None:
            found = await self.asker.find(job, vendor, self._offer(job))
            if found is not None:
                return await self._accepted(job, vendor, Accepted(found, vendor.remote.poll_interval_s))
        if job.reference is None or vendor is None:
            return await self.ends.reconciled(job)
        return await self._heard(job, vendor, await self.asker.ask(job, vendor, job.reference))

    async def _heard(self, job: Job, vendor: Vendor, reply: PollReply | Later) -> float | None:
        job.output_hosts = vendor.remote.output_hosts
        interval_s = vendor.remote.poll_interval_s
        job.quiet_polls = job.quiet_polls + 1 if isinstance(reply, Unclear) else 0
        match reply:
            case Later(after_s):
                return self.ends.again(job, after_s)
            case Running(poll_after_s, elsewhere):
                if elsewhere is not None:
                    job.reference = elsewhere
                    return self.ends.again(job, poll_after_s)
                return self.ends.again(job, self.asker.turn_s(job, vendor, max(poll_after_s, interval_s)))
            case Finished():
                return await self._delivered(job, reply)
            case Rejected():
                return await self.ends.rejected(job, reply)
            case Canceled():
                await self.ends.say(job, WasCanceled(job.attempt_id or ""))
                return self.ends.again(job, interval_s)
            case Unclear():
                slower_s = min(self.ends.tries.quiet_after_s_max, interval_s * 2 ** min(job.quiet_polls, 10))
                return self.ends.again(job, self.asker.turn_s(job, vendor, slower_s))
            case _:
                assert_never(reply)

    async def _delivered(self, job: Job, finished: Finished) -> float | None:
        """Copy what the vendor made; what only our credential opens is fetched with it first."""
        vendor = self.vendors.get(job.provider or "")
        if vendor is None:
            return await self.ends.copied(job, finished)
        try:
            whole = await opened(self.outbound, vendor, finished)
        except OutputUnavailable as error:
            job.finished = finished
            return await self.ends.copy_later(job, error)
        again_s = await self.ends.copied(job, whole)
        self.asker.delivered(job, vendor)
        return again_s

    async def _make(self, job: Job) -> float | None:
        scenario = PLAIN if job.scenario is None else parse_scenario(job.scenario)
        step = next_step(
            scenario,
            waited_s=(self.clock.now_us() - job.created_us) / US_PER_S,
            deadline_s=(job.deadline_us - job.created_us) / US_PER_S,
            lost=job.attempt_state == "unknown",
            outputs=job.units,
        )
        match step:
            case Wait(after_s):
                if job.state == "submitting":
                    job.reference, job.attempt_state = Reference(f"{LOCAL}:{job.attempt_id}"), "accepted"
                    await self.ends.say(job, WasAccepted(job.attempt_id or "", job.reference))
                return self.ends.again(job, after_s)
            case Make(outputs):
                return await self._draw(job, outputs)
            case Lose():
                return await self.ends.lost(job, "scripted by X-Test-Scenario")
            case Rejected():
                return await self.ends.rejected(job, step)
            case _:
                assert_never(step)

    async def _draw(self, job: Job, outputs: int) -> float | None:
        choice = self.catalogue.remembered(job.sub_model)
        if choice is None:
            return await self.ends.rejected(job, _NOT_CONFIGURED)
        try:
            made = await self.maker.make(choice, job.fields(), outputs, job.operation)
        except CannotMake as error:
            return await self.ends.rejected(job, Rejected("provider_error", str(error), retryable=True))
        except UnusableInput as error:
            return await self.ends.rejected(job, _unusable(error))
        return await self.ends.copied(job, Finished(made))

    async def _order(self, job: Job) -> Order | None:
        """What the vendor is asked, with all that must be looked up first; None where nothing serves it any more.

        Raises UnusableInput.
        """
        choice = self.catalogue.remembered(job.sub_model)
        vendor = self.vendors.get(job.provider or "")
        fields = job.fields()
        offer = self._offer(job)
        if choice is None or vendor is None or offer is None or job.attempt_id is None:
            return None
        route = choice.entry.route_of(job.operation)
        parameters = choice.entry.parameters if route is None else route.parameters
        files = {
            name: await self.inputs.files(parameters, fields, field)
            for field, name in file_fields(offer, fields).items()
        }
        named = offer.works_on
        origin = await self.origins.find(vendor, job.owner, named, str(fields[named])) if named else None
        return Order(
            job.attempt_id,
            offer.upstream_model,
            upstream_fields(offer, fields),
            job.units,
            vendor.webhook_url,
            files,
            job.operation,
            origin,
        )

    def _offer(self, job: Job) -> Offer | None:
        choice = self.catalogue.remembered(job.sub_model)
        if choice is None:
            return None
        asked = Asked(job.fields(), job.operation)
        return offer_named(choice.sub_model, job.provider, job.upstream_model, asked)

    async def _end_killer(self, job: Job) -> float | None:
        """A task that was claimed too often took its workers with it: end it, or leave it to its last limit."""
        if job.attempt_state in {None, "planned"} or job.provider == LOCAL:
            return await self.ends.rejected(job, _NOT_WORKABLE)
        if job.state != "unknown":
            await self.ends.lost(job, "claimed too often")
        return None


_NOT_CONFIGURED = Rejected("provider_error", "no provider that serves this model is configured here", retryable=False)
_NEVER_SENT = Rejected("provider_error", "the provider could not be asked", retryable=True)
_NOT_WORKABLE = Rejected("provider_error", "this request could not be worked on", retryable=False)


def _unusable(error: UnusableInput) -> Rejected:
    return Rejected("bad_request", str(error), retryable=error.retryable)
