"""The deliverer of a process: takes due deliveries, sends each once, and writes down how it went.

A delivery is taken for the length of a lease and rendered and signed when it is sent. A process that dies in between
leaves it to the others once the lease is over: it may arrive twice, always under the same `webhook-id`, and is never
lost. How many are under way is limited altogether, for each account and for each host; where an
account's last try at a host failed, it is given little there until one arrives, so that nobody waits for it.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from msgspec import Struct

from apiinone.core.batch import Batcher
from apiinone.core.clock import US_PER_S, Clock, iso
from apiinone.core.errors import Refusal
from apiinone.db import Database, Tx
from apiinone.ledger.ledger import Owner
from apiinone.outbound import Lost, NotSent
from apiinone.webhooks.claim_due import Due, Lane, Room, Taken, Tried, anything_due, note_tries, take_due
from apiinone.webhooks.schedule import judged
from apiinone.webhooks.signing import signed_headers
from apiinone.webhooks.vault import Vault

_log = logging.getLogger("apiinone.deliver")
_NOTES_AT_ONCE_MAX = 256
_NOTES_WAITING_MAX = 10_000
_KNOWN_MAX = 10_000
"""Lanes that failed and secrets that were read are forgotten beyond so many, all at once."""


class DeliveryRules(Struct, frozen=True):
    """How much is under way at once, and how long things may take."""

    at_once_max: int = 512
    per_account_max: int = 64
    per_host_max: int = 64
    failing_max: int = 2
    """Of one account at a host where its last try failed."""
    timeout_s: float = 10.0
    lease_s: float = 30.0
    poll_s: float = 1.0
    pause_s: float = 0.01
    """Places that become free within this time are filled together."""
    secrets_s: float = 1.0
    stop_s: float = 3.0
    after_error_s: float = 1.0


class Poster(Protocol):
    """What sends: `Outbound.post`."""

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, https_only: bool, timeout_s: float
    ) -> int:
        """The status of the answer. Raises NotSent, Lost."""
        ...


class Show(Protocol):
    """What a delivery tells."""

    @property
    def ready(self) -> bool:
        """Whether tasks can be shown from here: their links need the address that clients use."""
        ...

    async def data(self, owners: Mapping[str, Owner]) -> Mapping[str, bytes]:
        """Tasks, named by their ids with their owners, as GET shows them, in JSON; deleted ones are left out.

        Raises DatabaseUnavailable.
        """
        ...


class Deliverer:
    """Runs in the background of a process until it is stopped."""

    def __init__(self, vault: Vault, poster: Poster, show: Show, *, clock: Clock, rules: DeliveryRules) -> None:
        """Take what signs, what sends, and what shows a task."""
        self._database: Database = vault.database
        self._vault = vault
        self._poster = poster
        self._show = show
        self._clock = clock
        self._rules = rules
        self._notes: Batcher[Tried, None] = Batcher(
            self._note, share_of=_account_of, size_max=_NOTES_AT_ONCE_MAX, queue_max=_NOTES_WAITING_MAX
        )
        self._under_way: set[asyncio.Task[None]] = set()
        self._of_account: Counter[str] = Counter()
        self._of_host: Counter[str] = Counter()
        self._of_lane: Counter[Lane] = Counter()
        self._failing: set[Lane] = set()
        self._secrets: dict[Owner, tuple[Sequence[bytes], float]] = {}
        self._after_account = ""
        self._after_host: dict[str, str] = {}
        self._woken = asyncio.Event()
        self._moment: asyncio.Future[None] | None = None
        self._stopping = False
        self.tries: Counter[str] = Counter()
        """How tries went since the start, by outcome: a status's class, or a fault. For the metrics."""

    @property
    def under_way(self) -> int:
        """How many deliveries are being sent."""
        return self._of_account.total()

    def wake(self) -> None:
        """Something may be due."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver until `stop`. A database that does not answer is waited for."""
        while not self._stopping:
            try:
                await self._round()
            except Refusal as error:
                _log.warning("deliveries wait", extra={"reason": error.type})
                await asyncio.sleep(self._rules.after_error_s)
            except Exception:  # noqa: BLE001 - a defect of ours must not leave every delivery lying
                _log.exception("the deliverer failed and goes on")
                await asyncio.sleep(self._rules.after_error_s)

    async def stop(self) -> None:
        """Take no more, give those under way a moment, and leave the others to whoever comes after the lease."""
        self._stopping = True
        self._woken.set()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=self._rules.stop_s)
        for sending in self._under_way:
            sending.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._notes.drain()

    async def _round(self) -> None:
        self._woken.clear()
        more = False
        open_ = self._show.ready and self.under_way < self._rules.at_once_max
        if open_ and await anything_due(self._database):
            room = self._room()

            async def take(tx: Tx) -> Taken:
                return await take_due(tx, room)

            taken = await self._database.transact(take)
            self._after_account, self._after_host = taken.after_account, taken.after_host
            await self._start_all(taken.deliveries)
            more = bool(taken.after_account or taken.after_host)
        if more:
            await asyncio.sleep(self._rules.pause_s)
        else:
            await self._wait()

    def _room(self) -> Room:
        rules = self._rules
        return Room(
            whole=rules.at_once_max - self.under_way,
            per_account_max=rules.per_account_max,
            per_host_max=rules.per_host_max,
            of_account=self._of_account,
            of_host=self._of_host,
            lanes={lane: rules.failing_max - self._of_lane[lane] for lane in self._failing},
            lease_s=rules.lease_s,
            after_account=self._after_account,
            after_host=self._after_host,
        )

    async def _start_all(self, deliveries: Sequence[Due]) -> None:
        """Show the tasks and begin to send. What cannot be shown was deleted meanwhile, and its delivery with it."""
        shown: Mapping[str, bytes] = {}
        if deliveries:
            shown = await self._show.data({due.task_id: due.owner for due in deliveries})
        for due in deliveries:
            if due.task_id in shown:
                self._start(due, shown[due.task_id])

    def _start(self, due: Due, data: bytes) -> None:
        self._of_account[due.account_id] += 1
        self._of_host[due.host] += 1
        self._of_lane[due.lane] += 1
        sending = asyncio.create_task(self._deliver(due, data))
        self._under_way.add(sending)
        sending.add_done_callback(self._under_way.discard)

    def _leave(self, due: Due) -> None:
        """Its place is free, though its outcome is still to be written down."""
        _less(self._of_account, due.account_id)
        _less(self._of_host, due.host)
        _less(self._of_lane, due.lane)
        self._together()

    def _together(self) -> asyncio.Future[None]:
        """Done a moment from now, for everyone who asks until then: places are filled, outcomes written together."""
        loop = asyncio.get_running_loop()
        if self._moment is None:
            self._moment = loop.create_future()
            loop.call_later(0.0 if self._stopping else self._rules.pause_s, self._ring, self._moment)
        return self._moment

    def _ring(self, moment: asyncio.Future[None]) -> None:
        self._moment = None
        moment.set_result(None)
        self._woken.set()

    async def _deliver(self, due: Due, data: bytes) -> None:
        began_us, began_s = self._clock.now_us(), self._clock.monotonic_s()
        try:
            status, fault = await self._send(due, data, began_us)
        except Refusal as error:  # nothing was sent; it is taken again when the lease is over
            _log.warning("a delivery waits", extra={"reason": error.type})
            return
        except Exception:  # noqa: BLE001 - whatever one delivery brings up, the others go on
            _log.exception("a delivery failed", extra={"task_id": due.task_id})
            status, fault = None, "server_error"
        finally:
            self._leave(due)
        took_us = int((self._clock.monotonic_s() - began_s) * US_PER_S)
        self._learn(due.lane, status, fault)
        chance = self._vault.randomness(1)[0] / 255
        try:
            await asyncio.shield(self._together())
            await self._notes.do(Tried(due, status, fault, began_us, took_us, chance))
        except Refusal as error:  # it is sent again when the lease is over, under the same id
            _log.warning("a delivery's outcome could not be written down", extra={"reason": error.type})

    async def _send(self, due: Due, data: bytes, now_us: int) -> tuple[int | None, str | None]:
        """The status, or why there is none. Raises Refusal."""
        head = f'{{"type":"{due.type}","timestamp":"{iso(due.created_us)}","data":'.encode()
        body = b"%b%b}" % (head, data)
        headers = signed_headers(await self._good_secrets(due.owner), due.id, now_us // US_PER_S, body)
        headers["Content-Type"] = "application/json"
        try:
            status = await self._poster.post(
                due.url, body, headers, https_only=due.mode == "live", timeout_s=self._rules.timeout_s
            )
        except (NotSent, Lost) as error:
            return None, error.reason
        return status, None

    async def _good_secrets(self, owner: Owner) -> Sequence[bytes]:
        known = self._secrets.get(owner)
        now_s = self._clock.monotonic_s()
        if known is not None and now_s < known[1]:
            return known[0]
        if len(self._secrets) >= _KNOWN_MAX:
            self._secrets.clear()
        secrets = [good.secret for good in await self._vault.good(owner)]
        self._secrets[owner] = (secrets, now_s + self._rules.secrets_s)
        return secrets

    def _learn(self, lane: Lane, status: int | None, fault: str | None) -> None:
        self.tries[fault or f"{(status or 0) // 100}xx"] += 1
        if judged(status, 1) != "try_again":
            self._failing.discard(lane)
            return
        if len(self._failing) >= _KNOWN_MAX:
            self._failing.clear()
        self._failing.add(lane)

    async def _note(self, tries: Sequence[Tried]) -> Sequence[None]:
        async def work(tx: Tx) -> None:
            await note_tries(tx, tries)

        await self._database.transact(work)
        return [None] * len(tries)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._rules.poll_s):
                await self._woken.wait()
        except TimeoutError:
            return


Name = TypeVar("Name")


def _less(counts: Counter[Name], name: Name) -> None:
    counts[name] -= 1
    if not counts[name]:
        del counts[name]


def _account_of(tried: Tried) -> str:
    return tried.due.account_id
