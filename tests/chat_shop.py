"""A workshop with chats: calls that are accepted, and a provider that says what a test tells it to."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from apiinone.accounts.callers import Caller
from apiinone.catalog.price_rules import Tokens as Rates
from apiinone.core.clock import SystemClock
from apiinone.core.credits import Credits, whole
from apiinone.core.errors import Refusal
from apiinone.providers.chat import ChatEvent, ChatOrder
from apiinone.tasks.chat_call import Chat
from apiinone.tasks.chat_reckoning import Terms
from apiinone.tasks.chat_rules import ChatRules
from apiinone.tasks.chat_slices import WHOLE, Slices
from apiinone.tasks.chats import Chats, Underway
from apiinone.tasks.direct import Note
from apiinone.tasks.moves import NewAttempt
from apiinone.tasks.presence import Presence
from apiinone.tasks.relay import Relay
from apiinone.tasks.scenario import PLAIN, Scenario
from apiinone.tasks.spoken import Spoken
from apiinone.tasks.submission import Direct
from apiinone.tasks.submit import Created
from apiinone.tasks.sweep import Sweeper, SweepRules
from catalog.catalogue_for_tests import chosen
from workshop import APPLIED_AT_ONCE_MAX, RULES, Workshop

HELD = whole(5)
FOUND_RATES = chosen("gemini").sub_model.price
assert isinstance(FOUND_RATES, Rates)
RATES: Rates = FOUND_RATES
PROMPT_TOKENS = 10
QUICK = ChatRules(note_every_s=0.0, say_again_s=(0.01, 0.01), stop_s=0.2)


@dataclass
class Scripted:
    """Says what it was told to; waits where `gates` hold an event for a place."""

    events: Sequence[ChatEvent | Exception]
    gates: dict[int, asyncio.Event] = field(default_factory=dict[int, asyncio.Event])
    said: int = 0
    in_one_piece: bool = False

    def whole(self, order: ChatOrder) -> Awaitable[Sequence[ChatEvent]] | None:
        return self._whole(order) if self.in_one_piece and not order.streams else None

    async def _whole(self, order: ChatOrder) -> Sequence[ChatEvent]:
        return [event async for event in self.answer(order, PLAIN)]

    async def answer(self, order: ChatOrder, scenario: Scenario) -> AsyncGenerator[ChatEvent]:
        del order, scenario
        for place, event in enumerate(self.events):
            if place in self.gates:
                await self.gates[place].wait()
            if isinstance(event, Exception):
                raise event
            self.said += 1
            yield event


class Shop:
    """A workshop with chats."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.room = asyncio.Semaphore(APPLIED_AT_ONCE_MAX)
        self.presence = Presence(workshop.database, workshop.ids, SystemClock(), lease_s=60.0)

    async def begin(self, caller: Caller, first_hold: Credits | None = None, **changes: Any) -> tuple[str, str]:
        """A call that was accepted: its task and attempt."""
        attempt = NewAttempt(self.workshop.ids.new(), "local", "gemini", "test mode", 0)
        direct = Direct(await self.presence.name(), attempt, first_hold)
        plain = {
            "endpoint": "chat",
            "model": "gemini",
            "sub_model": "gemini",
            "unit": HELD,
            "route": "chat/completions",
        }
        submission = self.workshop.submission(caller, direct=direct, **{**plain, **changes})
        (outcome,) = await self.workshop.submit(submission)
        if isinstance(outcome, Refusal):
            raise outcome
        assert isinstance(outcome, Created), outcome
        return outcome.task_id, attempt.id

    async def start(
        self, caller: Caller, source: Scripted, *, streams: bool, **varied: Any
    ) -> tuple[str, Underway, Chats]:
        """A chat under way; with slices, a stream whose hold grows."""
        chats, chat = await self.accepted(caller, source, streams=streams, **varied)
        return chat.task_id, chats.start(chat) if streams else _heard_whole(chats, chat), chats

    async def accepted(  # noqa: PLR0913 - what tests vary
        self,
        caller: Caller,
        source: Scripted,
        *,
        streams: bool,
        rules: ChatRules = QUICK,
        deadline_s: float = 600,
        slices: Slices = WHOLE,
    ) -> tuple[Chats, Chat]:
        """A chat that was accepted and is not heard yet."""
        held = slices.first or HELD
        price = {"unit": slices.most} if slices.most else {}
        task_id, attempt_id = await self.begin(caller, held, deadline_s=max(1, int(deadline_s)), **price)
        chats = Chats(self.workshop.only, source, SystemClock(), rules)
        order = ChatOrder(attempt_id, "gemini", {}, 100, streams)
        terms = Terms(RATES, held, lambda: PROMPT_TOKENS, streams, slices)
        owner = (caller.account_id, caller.mode)
        render: Callable[[Spoken, Note], str] = lambda spoken, _: "".join(spoken.text)  # noqa: E731
        return chats, Chat(task_id, owner, order, terms, PLAIN, deadline_s, render, keep_answer=True)

    def sweeper(self) -> Sweeper:
        shop = self.workshop
        rules = SweepRules(90, RULES.test_credits_per_day)
        return Sweeper(shop.database, shop.only, shop.drop_nothing, dict, shop.ids, rules)


def _heard_whole(chats: Chats, chat: Chat) -> Underway:
    """A chat that nothing is relayed of, as one under way; its caller is a task of its own."""
    relay = Relay(SystemClock(), bytes_max=1, patience_s=1.0)
    relay.end()
    underway = Underway(relay)
    underway.outcome = asyncio.ensure_future(chats.hear(chat))
    return underway
