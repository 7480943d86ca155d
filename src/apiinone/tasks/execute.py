"""One step of a claimed task: plan it, submit it, or ask how it stands, and have its end written down.

Nothing paid is sent without a row that says so: the attempt goes from planned to sending in a transaction of its own
just before the socket, and what was sending when a worker died is never sent again.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import assert_never

from msgspec import structs

from apiinone.assets.ingest import OutputUnavailable
from apiinone.catalog.running import RunningCatalogue
from apiinone.core.clock import US_PER_S, Clock
from apiinone.outbound import Outbound
from apiinone.providers.provider import (
    Accepted,
    Canceled,
    Finished,
    PollReply,
    Reference,
    Rejected,
    Running,
    SubmitReply,
    Unclear,
)
from apiinone.tasks.ask import Asker, Later
from apiinone.tasks.blame import Blame
from apiinone.tasks.conclude import Conclusions
from apiinone.tasks.job import Job
from apiinone.tasks.keyring import Credential
from apiinone.tasks.maker import CannotMake, Maker, UnusableInput
from apiinone.tasks.moves import NewAttempt, Planned, Sending, WasAccepted, WasCanceled
from apiinone.tasks.ordering import Orders
from apiinone.tasks.routing import LOCAL, LaterRoute, Route, rests_too_long
from apiinone.tasks.scenario import PLAIN, Lose, Make, Wait, next_step, parse_scenario
from apiinone.tasks.vendor_exchange import Vendor, cancel, opened, submit
from apiinone.tasks.ways import Ways

LOOK_S_MIN, LOOK_S_MAX = 0.05, 1.0
"""How often a task that waits for a way looks whether there is one: a credential may come at any time."""


@dataclass(slots=True)
class Executor:
    """Everything a step needs; it arrives from the composition root."""

    catalogue: RunningCatalogue
    ways: Ways
    outbound: Outbound
    maker: Maker
    orders: Orders
    clock: Clock
    ends: Conclusions
    asker: Asker
    blame: Blame

    def first_attempt(self, job: Job) -> NewAttempt | None:
        """The attempt that a claim writes down for a queued task; None where none can be begun now."""
        route = self.ways.choose(job)
        return self.orders.attempt(job, route) if isinstance(route, Route) else None

    def step(self, job: Job) -> Awaitable[float | None]:
        """Do the next thing for this task. Returns in how many seconds to come again; None: it is over for us."""
        if job.unsaid is not None:
            return self.ends.repeated(job, job.unsaid)
        if job.claims > self.ends.tries.claims_max:
            return self.ends.killer(job)
        return self.blame.step(job, self._next) if job.in_doubt else self._next(job)

    async def _next(self, job: Job) -> float | None:
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
        route = self.ways.choose(job)
        if route is None:
            return await self.ends.rejected(job, _NOT_CONFIGURED)
        if isinstance(route, LaterRoute):
            if rests_too_long(route, self.ways.wait_s_max):
                return await self.ends.rejected(job, _OWN_KEYS_OUT if job.whose_keys == "own" else _ALL_OUT)
            return self.ends.again(job, _look_after_s(route.wait_s))
        attempt = self.orders.attempt(job, route)
        if not await self.ends.say(job, Planned(attempt)):
            return self.ends.again(job, self.ends.tries.again_after_s)
        job.plan(attempt)
        return await self._submit(job)

    async def _submit(self, job: Job) -> float | None:
        if job.provider == LOCAL:
            return await self._make(job)
        if job.attempt_state != "planned":
            return await self.ends.lost(job, "the worker that was sending it is gone")
        vendor = self.ways.vendors.get(job.provider or "")
        if vendor is None or self.orders.offer(job) is None:
            return await self.ends.rejected(job, _NOT_CONFIGURED)
        turn = self.ways.turn(job)
        if not isinstance(turn, Credential):
            return await self._turned_away(job, turn)
        try:
            reply = await self._sent(job, vendor, turn)
        except UnusableInput as unusable:
            return await self.ends.rejected(job, _unusable(unusable))
        finally:
            self.ways.end_turn(job, turn)
        if reply is None:
            return await self._not_sent(job)
        self.ways.ordered(job, turn, reply)
        return await self._submitted(job, vendor, reply)

    async def _sent(self, job: Job, vendor: Vendor, turn: Credential) -> SubmitReply | None:
        """Make the order and send it; None where that is not allowed. Raises UnusableInput.

        It is made with the turn in hand, so that the files it needs are read once and not at each wait for a turn.
        """
        if not await self.blame.begins(job):
            return None
        order = await self.orders.order(job)
        if order is None or not await self.ends.say(job, Sending(order.attempt_id, turn.id)):
            return None
        job.attempt_state, job.output_hosts, job.credential_id = "sending", vendor.remote.output_hosts, turn.id
        return await submit(self.outbound, vendor.remote, turn.secret, order)

    async def _turned_away(self, job: Job, wait_s: float) -> float | None:
        """Come again where only the pace is to be kept, or nothing better can be had; else give the attempt up."""
        if self.ways.rest_s(job) <= 0:
            return self.ends.again(job, wait_s)
        match self.ways.choose(job):
            case LaterRoute() as later if not rests_too_long(later, self.ways.wait_s_max):
                return self.ends.again(job, _look_after_s(wait_s))
            case _:
                return await self.ends.put_back(job)

    async def _not_sent(self, job: Job) -> float | None:
        """Sending was not allowed. Where the claim still stands, an earlier commit of it was in doubt and happened."""
        if job.held and job.state == "submitting":
            return await self.ends.rejected(job, _NEVER_SENT)
        return self.ends.again(job, self.ends.tries.again_after_s)

    async def _accepted(self, job: Job, vendor: Vendor, accepted: Accepted) -> float | None:
        job.accepted(accepted.reference)
        job.running_us = self.clock.now_us()
        await self.ends.say(job, WasAccepted(job.attempt_id or "", accepted.reference, accepted.cost_micro_usd))
        after_s = max(accepted.poll_after_s, vendor.remote.poll_interval_s)
        return self.ends.again(job, self.asker.turn_s(job, vendor, after_s))

    async def _submitted(self, job: Job, vendor: Vendor, reply: SubmitReply) -> float | None:
        match reply:
            case Accepted():
                return await self._accepted(job, vendor, reply)
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
        if (rejected := await self.asker.known(job)) is not None:
            return await self.ends.rejected(job, rejected)
        reached = self.ways.reached(job)
        if reached is None or job.reference is None:
            return await self._sought(job, reached)
        vendor, credential = reached
        reply = await self.asker.ask(job, vendor, credential.secret, job.reference, self.blame.begins)
        if job.to_stop and isinstance(reply, Running) and reply.reference is None:
            job.to_stop = False  # only what is still being made: some vendors forget a result that is "canceled"
            await cancel(self.outbound, vendor.remote, credential.secret, job.reference)
        if not isinstance(reply, Later):
            self.ways.questioned(job, credential, reply)
        return await self._heard(job, vendor, reply)

    async def _sought(self, job: Job, reached: tuple[Vendor, Credential] | None) -> float | None:
        """Look for the job of a lost answer at its vendor, or for outputs that were stored already."""
        if not await self.blame.begins(job):
            return None
        if reached is not None:
            vendor, credential = reached
            found = await self.asker.find(job, vendor, credential.secret, self.orders.offer(job))
            if found is not None:
                return await self._accepted(job, vendor, Accepted(found, vendor.remote.poll_interval_s))
        return await self.ends.reconciled(job)

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
        if not await self.blame.begins(job):
            return None
        if len(finished.outputs) > job.units:  # some make more than was ordered
            finished = structs.replace(finished, outputs=finished.outputs[: job.units])
        reached = self.ways.reached(job)
        if reached is None:
            return await self.ends.copied(job, finished)
        vendor, credential = reached
        try:
            whole = await opened(self.outbound, vendor.remote, credential.secret, finished)
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
                    reference = Reference(f"{LOCAL}:{job.attempt_id}")
                    job.accepted(reference)
                    await self.ends.say(job, WasAccepted(job.attempt_id or "", reference))
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
        choice = self.catalogue.now.remembered(job.sub_model)
        if choice is None:
            return await self.ends.rejected(job, _NOT_CONFIGURED)
        if not await self.blame.begins(job):
            return None
        try:
            made = await self.maker.make(choice, job.fields(), outputs, job.operation)
        except CannotMake as error:
            return await self.ends.rejected(job, Rejected("provider_error", str(error), retryable=True))
        except UnusableInput as error:
            return await self.ends.rejected(job, _unusable(error))
        return await self.ends.copied(job, Finished(made))


_NOT_CONFIGURED = Rejected("provider_error", "no provider that serves this model is configured here", retryable=False)
_ALL_OUT = Rejected("provider_error", "no provider of this model can take an order now", retryable=True)
_OWN_KEYS_OUT = Rejected("provider_error", "none of your own provider keys can take an order now", retryable=True)
_NEVER_SENT = Rejected("provider_error", "the provider could not be asked", retryable=True)


def _look_after_s(wait_s: float) -> float:
    return min(LOOK_S_MAX, max(LOOK_S_MIN, wait_s))


def _unusable(error: UnusableInput) -> Rejected:
    return Rejected("bad_request", str(error), retryable=error.retryable)
