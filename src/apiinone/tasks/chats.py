"""Chats under way in this process: each is heard to its end, whoever listens, and then settled.

The client is one thing, the answer another. One that streams is read in a task of its own, so that a client that leaves
or dawdles changes nothing for the hold. One that comes whole is heard by its caller, to the end. Each is bounded by the
call's deadline and by its bytes.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Any, assert_never

from msgspec import Struct, field
from msgspec.structs import replace

from apiinone.catalog.costs import TokenCost, cost_of_tokens
from apiinone.core.clock import Clock
from apiinone.core.credits import Credits
from apiinone.core.errors import Refusal
from apiinone.providers.chat import ChatEvent, ChatRefused, Ended, Used
from apiinone.providers.provider import Rejected
from apiinone.tasks.chat_call import LOST, Answered, Chat, ChatOutcome, Failed, Unsettled
from apiinone.tasks.chat_reckoning import BROKE_OFF, Charge, Heard, OutOfTime, note_so_far, reckoned
from apiinone.tasks.chat_rules import ChatRules
from apiinone.tasks.client_faults import CLIENT_FAULTS
from apiinone.tasks.cover_stream import Cover, HoldUpTo
from apiinone.tasks.direct import Note
from apiinone.tasks.local_chat import ChatSource
from apiinone.tasks.moves import (
    HoldMore,
    Move,
    Moved,
    Redirected,
    TimePassed,
    WasAnswered,
    WasRejected,
    WasRelayed,
    What,
)
from apiinone.tasks.moves import Outcome as MoveOutcome
from apiinone.tasks.relay import Relay
from apiinone.tasks.spoken import Spoken

_log = logging.getLogger("apiinone.chats")


class Underway:
    """A chat that is being heard: pieces to relay, and how it ended."""

    def __init__(self, relay: Relay) -> None:
        """Take the way to the client."""
        self.relay = relay
        self.outcome: asyncio.Future[ChatOutcome] = asyncio.get_running_loop().create_future()


class Chats:
    """All chats under way here."""

    def __init__(
        self, apply: Callable[[Move], Awaitable[MoveOutcome]], source: ChatSource, clock: Clock, rules: ChatRules
    ) -> None:
        """Take what writes moves down and what answers."""
        self._apply = apply
        self._source = source
        self._clock = clock
        self._rules = rules
        self._running: set[asyncio.Task[Any]] = set()

    @property
    def rules(self) -> ChatRules:
        """The limits."""
        return self._rules

    @property
    def underway(self) -> int:
        """How many."""
        return len(self._running)

    def start(self, chat: Chat) -> Underway:
        """Begin to hear the answer of a call that was accepted, to be relayed piece by piece."""
        rules = self._rules
        relay = Relay(self._clock, bytes_max=rules.waiting_bytes_max, patience_s=rules.unread_s_max)
        underway = Underway(relay)
        task = asyncio.create_task(self._hear_for(chat, underway))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return underway

    async def hear(self, chat: Chat) -> ChatOutcome:
        """Hear the whole answer of a call that was accepted. A caller that is cancelled waits until it is settled."""
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
        try:
            return await self._heard_out(chat, None)
        finally:
            self._running.discard(task)

    async def stop(self) -> None:
        """Let answers under way end for a moment; settle the others as far as they were heard."""
        if self._running:
            await asyncio.wait(self._running, timeout=self._rules.stop_s)
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=self._rules.stop_s)

    async def _hear_for(self, chat: Chat, underway: Underway) -> None:
        outcome: ChatOutcome = Unsettled()
        try:
            outcome = await self._heard_out(chat, underway.relay)
        finally:
            underway.outcome.set_result(outcome)
            underway.relay.end()

    async def _heard_out(self, chat: Chat, relay: Relay | None) -> ChatOutcome:
        hearing = _Hearing(chat, relay, Cover(chat.terms, bytes_max=self._rules.answer_bytes_max))
        heard, task = hearing.heard, asyncio.current_task()
        alarm = asyncio.get_running_loop().call_later(chat.deadline_s, _too_late, heard, task)
        try:
            await self._hear_by_turns(hearing)
        except ChatRefused as refusal:
            heard.refused = refusal.rejected
        except asyncio.CancelledError:  # late, or the process stops: what was heard is settled all the same
            if heard.late and task is not None:
                task.uncancel()
            else:
                heard.refused = heard.refused or BROKE_OFF
        except Exception:  # noqa: BLE001 - whatever it is, the hold must come to its end
            _log.exception("an answer could not be heard to its end", extra={"task_id": chat.task_id})
        finally:
            alarm.cancel()
        return await self._settle(hearing)

    async def _hear_by_turns(self, hearing: "_Hearing") -> None:
        """Hear the first provider that does not refuse. Raises ChatRefused, Refusal."""
        while True:
            try:
                return await self._listen(hearing)
            except ChatRefused as refusal:
                if not await self._redirected(hearing, refusal.rejected):
                    raise

    async def _redirected(self, hearing: "_Hearing", rejected: Rejected) -> bool:
        """Write down that the next one is asked, where there is one and it may help. Raises Refusal."""
        chat = hearing.chat
        if not rejected.retryable or not chat.others or hearing.heard.tally.bytes:
            return False
        following, *others = chat.others
        what = Redirected(chat.order.attempt_id, rejected.fault, rejected.message, following.attempt)
        if not isinstance(await self._apply(self._move(chat, what)), Moved):
            return False
        hearing.chat = replace(chat, order=following.order, cost=following.cost, others=tuple(others))
        return True

    async def _listen(self, hearing: "_Hearing") -> None:
        chat, relay, heard = hearing.chat, hearing.relay, hearing.heard
        in_one_piece = self._source.whole(chat.order)
        if in_one_piece is not None:
            for event in await in_one_piece:
                if not await self._goes_on(hearing, event):
                    return
            return
        noted_s = -self._rules.note_every_s
        async with aclosing(self._source.answer(chat.order, chat.scenario)) as answer:
            async for event in answer:
                if not await self._goes_on(hearing, event):
                    return
                if relay is None or relay.left or isinstance(event, Ended | Used):
                    continue
                if self._clock.monotonic_s() - noted_s >= self._rules.note_every_s:
                    await self._note(chat, note_so_far(hearing.cover.terms, heard), first=not heard.relayed)
                    noted_s = self._clock.monotonic_s()
                heard.relayed = True
                await relay.put(event)

    async def _goes_on(self, hearing: "_Hearing", event: ChatEvent) -> bool:
        """Take in what was said. False where it is over, or where nothing covers this piece."""
        heard, cover = hearing.heard, hearing.cover
        match event:
            case Used():
                heard.used = event
                await cover.reach(event, partial(self._hold_up_to, hearing.chat))
                return False
            case Ended(reason):
                heard.ended = reason
            case _:
                heard.tally.add(event)
                if heard.tally.bytes > cover.room_bytes:
                    hold: HoldUpTo = partial(self._hold_up_to, hearing.chat)
                    if not await cover.makes_room(heard, event, hold):
                        return False
                if hearing.relay is None:
                    hearing.spoken.add(event)
        return True

    async def _note(self, chat: Chat, note: Note, *, first: bool) -> None:
        """Write down what is owed, before more of it reaches the client. Raises Refusal where that fails at first."""
        move = self._move(chat, WasRelayed(chat.order.attempt_id, note))
        try:
            outcome = await self._apply(move)
        except Refusal:
            if first:
                raise  # nothing may reach the client unnoted; later notes may be missed, at our own loss
            return
        if not isinstance(outcome, Moved):
            raise ChatRefused(Rejected("provider_error", LOST.message, retryable=False))

    async def _hold_up_to(self, chat: Chat, level: Credits) -> Credits | None:
        try:
            outcome = await self._apply(self._move(chat, HoldMore(chat.order.attempt_id, level)))
        except Refusal:
            return None
        return outcome.held if isinstance(outcome, Moved) else None  # ended by somebody else: the next note will tell

    async def _settle(self, hearing: "_Hearing") -> ChatOutcome:
        chat, heard, spoken = hearing.chat, hearing.heard, hearing.spoken
        found = reckoned(hearing.cover.terms, heard)
        match found:
            case Charge(note):
                body = None if chat.order.streams else chat.render(spoken, note)
                kept = body if chat.keep_answer else None
                cost = _cost(chat.cost, heard.used)
                done = await self._say(chat, WasAnswered(chat.order.attempt_id, note.owed, note, kept, cost))
                outcome: ChatOutcome = Answered(note, body, cut=note.finish_reason is None)
            case Rejected(fault, message):
                done = await self._say(chat, WasRejected(chat.order.attempt_id, fault, message, None))
                outcome = Failed(CLIENT_FAULTS[fault], message)
            case OutOfTime():
                done = await self._say(chat, TimePassed())
                outcome = Failed("provider_timeout", "the provider did not finish before the deadline")
            case _:
                assert_never(found)
        return Unsettled() if done is None else outcome if done else LOST

    async def _say(self, chat: Chat, what: What) -> bool | None:
        """Have it written down. False where somebody else had ended the call; None where it could not be written."""
        doubted = False
        for wait_s in (*self._rules.say_again_s, None):
            try:
                outcome = await self._apply(self._move(chat, what))
            except Refusal as error:
                doubted = True
                _log.warning("a chat's end waits", extra={"task_id": chat.task_id, "reason": error.type})
            else:
                if isinstance(outcome, Moved):
                    return True
                if not outcome.held:  # ended: by us, where an earlier answer of the database was lost
                    return doubted and outcome.state in {"succeeded", "failed"}
            if wait_s is not None:
                await asyncio.sleep(wait_s)
        return None

    def _move(self, chat: Chat, what: What) -> Move:
        return Move(chat.task_id, chat.owner, what, fence=0)


class _Hearing(Struct):
    """A chat and what was heard of it so far; `chat` moves on with each provider that refuses."""

    chat: Chat
    relay: Relay | None
    """None: the answer is given whole."""
    cover: Cover
    heard: Heard = field(default_factory=Heard)
    spoken: Spoken = field(default_factory=Spoken)


def _too_late(heard: Heard, hearing: asyncio.Task[Any] | None) -> None:
    """The deadline is over while the answer is heard. `asyncio.timeout` does the same in more steps."""
    heard.late = True
    if hearing is not None:
        hearing.cancel()


def _cost(cost: TokenCost | None, used: Used | None) -> int | None:
    return None if cost is None or used is None else cost_of_tokens(cost, used.prompt, used.completion)
