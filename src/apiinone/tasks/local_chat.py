"""The local provider answering a chat, by the script of a test key: pieces, pauses and faults to order."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence
from typing import Protocol

from apiinone.providers.chat import ChatEvent, ChatOrder, ChatRefused, Ended, Used
from apiinone.providers.local.chat import answer
from apiinone.tasks.scenario import Scenario, rejection

BREATH_PIECES = 32
"""After so many pieces without a pause the others in this process get their turn."""


class ChatSpeaker(Protocol):
    """Answers chats event by event. Raises ChatRefused where the provider certainly refused before it said anything."""

    def answer(self, order: ChatOrder, scenario: Scenario) -> AsyncGenerator[ChatEvent]:
        """The answer, event by event; one that ends without `Ended` and `Used` was cut."""
        ...


class ChatSource(ChatSpeaker, Protocol):
    """The same, and where it can in one piece."""

    def whole(self, order: ChatOrder) -> Awaitable[Sequence[ChatEvent]] | None:
        """All of it at once, where this order's answer comes in one piece; None where it must be heard as it comes."""
        ...


class ChatSources:
    """All of them, each asked by the name of its provider; the built-in engine has none."""

    def __init__(self, local: ChatSource, live: Mapping[str, ChatSource]) -> None:
        """Take who answers where no provider is named, and who answers for each that is."""
        self._local = local
        self._live = live

    @property
    def providers(self) -> frozenset[str]:
        """Those that can be asked."""
        return frozenset(self._live)

    def answer(self, order: ChatOrder, scenario: Scenario) -> AsyncGenerator[ChatEvent]:
        """Pass the question on."""
        return self._source(order).answer(order, scenario)

    def whole(self, order: ChatOrder) -> Awaitable[Sequence[ChatEvent]] | None:
        """Likewise."""
        return self._source(order).whole(order)

    def _source(self, order: ChatOrder) -> ChatSource:
        return self._live[order.provider] if order.provider else self._local


class LocalChat:
    """The built-in engine."""

    def whole(self, order: ChatOrder) -> None:
        """It follows its script piece by piece."""
        del order

    async def answer(self, order: ChatOrder, scenario: Scenario) -> AsyncGenerator[ChatEvent]:
        """Its answer. `delay` is spread evenly over a stream's pieces; else it comes before the first."""
        events = list(answer(order))
        pieces = sum(not isinstance(event, Ended | Used) for event in events)
        if not order.streams or scenario.failure is not None:
            await asyncio.sleep(scenario.delay_s)
        rejected = rejection(scenario)
        if rejected is not None:
            raise ChatRefused(rejected)
        pause_s = scenario.delay_s / max(1, pieces) if order.streams else 0.0
        for number, event in enumerate(events):
            if scenario.cut is not None and number >= min(scenario.cut, pieces):
                return
            if isinstance(event, Used) and scenario.lost_answer:
                return
            if not isinstance(event, Ended | Used) and (pause_s or number % BREATH_PIECES == 0):
                await asyncio.sleep(pause_s)
            yield event
