"""Chats under way in this process: each is heard to its end, whoever listens, and then settled.

The client is one thing, the answer another: it is read in a task of its own, so that a client that leaves or dawdles
changes nothing for the hold. It is bounded by the call's deadline and by its bytes.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import assert_never

from msgspec import Struct

from apiinone.core.clock import Clock
from apiinone.core.errors import Refusal
from apiinone.ledger.ledger import Owner
from apiinone.providers.chat import Called, ChatOrder, ChatPiece, ChatRefused, Ended, Said, Thought, Used
from apiinone.providers.provider import Rejected
from apiinone.tasks.chat_reckoning import BROKE_OFF, Charge, Heard, OutOfTime, Terms, note_so_far, reckoned
from apiinone.tasks.client_faults import CLIENT_FAULTS
from apiinone.tasks.direct import Note
from apiinone.tasks.local_chat import ChatSource
from apiinone.tasks.moves import Move, Moved, TimePassed, WasAnswered, WasRejected, WasRelayed, What
from apiinone.tasks.moves import Outcome as MoveOutcome
from apiinone.tasks.relay import Relay
from apiinone.tasks.scenario import Scenario

_log = logging.getLogger("apiinone.chats")


class ChatRules(Struct, frozen=True):
    """Limits of chats."""

    unread_s_max: float = 30.0
    """How long in all a client may hold a stream up by not reading it."""
    waiting_bytes_max: int = 256 * 1024
    """How much of a stream may wait for its reader."""
    answer_bytes_max: int = 16 * 1024 * 1024
    """The longest answer that is read."""
    note_every_s: float = 1.0
    """How often what is owed so far is written down: the most that is lost with this process."""
    say_again_s: tuple[float, ...] = (0.05, 0.2, 0.5, 1.0, 2.0)
    """How long to wait before a move that could not be written down is tried again."""
    stop_s: float = 2.0
    """How long answers under way may still take when the process is told to stop."""


@dataclass(slots=True)
class Spoken:
    """The whole answer of a chat that is not streamed."""

    text: list[str] = field(default_factory=list[str])
    thoughts: list[str] = field(default_factory=list[str])
    calls: list[Called] = field(default_factory=list[Called])

    def add(self, piece: ChatPiece) -> None:
        """Take one more piece."""
        match piece:
            case Said(text):
                self.text.append(text)
            case Thought(text):
                self.thoughts.append(text)
            case Called():
                self.calls.append(piece)
            case _:
                assert_never(piece)


class Answered(Struct, frozen=True):
    """It is settled; `body` is the whole answer as rendered, None for a stream. `cut`: it broke off."""

    note: Note
    body: str | None
    cut: bool


class Failed(Struct, frozen=True):
    """It failed and cost nothing; `kind` is the error's type, the message is for the client."""

    kind: str
    message: str


class Unsettled(Struct, frozen=True):
    """Its end could not be written down; the sweeper will end it, and nobody may say how."""


ChatOutcome = Answered | Failed | Unsettled
LOST = Failed("provider_error", "this call was ended by somebody else")


class Chat(Struct, frozen=True):
    """One call that was accepted and held."""

    task_id: str
    owner: Owner
    order: ChatOrder
    terms: Terms
    scenario: Scenario
    deadline_s: float
    render: Callable[[Spoken, Note], str]
    """Makes the whole answer, for a chat that is not streamed."""
    keep_answer: bool
    """Whether the answer may be replayed, and so is kept for a while."""


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
        self._running: set[asyncio.Task[None]] = set()

    @property
    def rules(self) -> ChatRules:
        """The limits."""
        return self._rules

    @property
    def underway(self) -> int:
        """How many."""
        return len(self._running)

    def start(self, chat: Chat) -> Underway:
        """Begin to hear the answer of a call that was accepted."""
        rules = self._rules
        relay = Relay(self._clock, bytes_max=rules.waiting_bytes_max, patience_s=rules.unread_s_max)
        underway = Underway(relay)
        task = asyncio.create_task(self._hear_out(chat, underway))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return underway

    async def stop(self) -> None:
        """Let answers under way end for a moment; settle the others as far as they were heard."""
        if self._running:
            await asyncio.wait(self._running, timeout=self._rules.stop_s)
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=self._rules.stop_s)

    async def _hear_out(self, chat: Chat, underway: Underway) -> None:
        heard, spoken = Heard(), Spoken()
        try:
            async with asyncio.timeout(chat.deadline_s):
                await self._listen(chat, underway.relay, heard, spoken)
        except TimeoutError:
            heard.late = True
        except ChatRefused as refusal:
            heard.refused = refusal.rejected
        except asyncio.CancelledError:  # the process stops: what was heard is settled all the same
            heard.refused = heard.refused or BROKE_OFF
        except Exception:  # noqa: BLE001 - whatever it is, the hold must come to its end
            _log.exception("an answer could not be heard to its end", extra={"task_id": chat.task_id})
        outcome: ChatOutcome = Unsettled()
        try:
            outcome = await self._settle(chat, heard, spoken)
        finally:
            underway.outcome.set_result(outcome)
            underway.relay.end()

    async def _listen(self, chat: Chat, relay: Relay, heard: Heard, spoken: Spoken) -> None:
        noted_s = -self._rules.note_every_s
        async for event in self._source.answer(chat.order, chat.scenario):
            match event:
                case Used():
                    heard.used = event
                    return
                case Ended(reason):
                    heard.ended = reason
                case _:
                    heard.tally.add(event)
                    if heard.tally.bytes > self._rules.answer_bytes_max:
                        return
                    if not chat.order.streams:
                        spoken.add(event)
                        continue
                    if relay.left:
                        continue
                    if self._clock.monotonic_s() - noted_s >= self._rules.note_every_s:
                        await self._note(chat, heard)
                        noted_s = self._clock.monotonic_s()
                    heard.relayed = True
                    await relay.put(event)

    async def _note(self, chat: Chat, heard: Heard) -> None:
        """Write down what is owed, before more of it reaches the client. Raises Refusal where that fails at first."""
        move = self._move(chat, WasRelayed(chat.order.attempt_id, note_so_far(chat.terms, heard)))
        try:
            outcome = await self._apply(move)
        except Refusal:
            if not heard.relayed:
                raise  # nothing may reach the client unnoted; later notes may be missed, at our own loss
            return
        if not isinstance(outcome, Moved):
            raise ChatRefused(Rejected("provider_error", LOST.message, retryable=False))

    async def _settle(self, chat: Chat, heard: Heard, spoken: Spoken) -> ChatOutcome:
        found = reckoned(chat.terms, heard)
        match found:
            case Charge(note):
                body = None if chat.order.streams else chat.render(spoken, note)
                kept = body if chat.keep_answer else None
                done = await self._say(chat, WasAnswered(chat.order.attempt_id, note.owed, note, kept))
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
