"""Calls that this process answers itself: under which name, and the chats under way. `direct.py` says how they end."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from apiinone.accounts.callers import Caller
from apiinone.catalog.costs import TokenCost
from apiinone.catalog.entry import Choice
from apiinone.catalog.fields import upstream_fields
from apiinone.catalog.price_rules import Tokens as Rates
from apiinone.core.clock import Clock
from apiinone.core.errors import ProviderNotConfigured
from apiinone.core.ids import Ids
from apiinone.db import Database
from apiinone.providers.chat import ChatOrder
from apiinone.switchboard.standing import Board
from apiinone.tasks.chats import ChatRules, Chats, Try
from apiinone.tasks.local_chat import ChatSources
from apiinone.tasks.moves import Move, NewAttempt, Outcome
from apiinone.tasks.presence import Presence
from apiinone.tasks.routing import Asked, Reach, Route, Tried, choose
from apiinone.tasks.submission import Direct

ATTEMPTS_MAX: Final = 3
"""How many offers a chat may be refused by, as tasks have it."""


@dataclass(frozen=True, slots=True)
class Calls:
    """What routes that answer at once work with."""

    presence: Presence
    chats: Chats
    ids: Ids
    chat_providers: frozenset[str] = frozenset()
    """Vendors that can be asked to chat, from here or by a node."""
    board: Board = field(default_factory=Board)

    async def direct(self, caller: Caller, choice: Choice) -> Direct:
        """Who answers a new call, and by which attempt. Raises ProviderNotConfigured, DatabaseUnavailable."""
        route = choose(caller.mode, choice.sub_model, Asked({}), Reach(frozenset()))
        if not isinstance(route, Route):  # no vendor is known yet that answers at once
            raise ProviderNotConfigured(f"No provider for {choice.sub_model.id} is configured here.")
        cost = route.expected_cost_micro_usd
        attempt = NewAttempt(self.ids.new(), route.provider, route.upstream_model, route.because, cost)
        return Direct(await self.presence.name(), attempt)

    async def chat(
        self, caller: Caller, choice: Choice, fields: Mapping[str, object], rates: Rates
    ) -> tuple[Direct, tuple[Try, ...]]:
        """Who answers a new chat, and what is tried: the first of it is the attempt that is written down with the task.

        Raises ProviderNotConfigured, DatabaseUnavailable.
        """
        routes = self._chat_routes(caller, choice, fields)
        if not routes:
            said = f"No provider for {choice.sub_model.id} is configured here; test keys can use it."
            raise ProviderNotConfigured(said)
        found = tuple(self._try(route, fields, rates) for route in routes)
        return Direct(await self.presence.name(), found[0].attempt), found

    def _chat_routes(self, caller: Caller, choice: Choice, fields: Mapping[str, object]) -> list[Route]:
        """The ways that a chat may go, each once, the first choice first."""
        routes: list[Route] = []
        tried: list[Tried] = []
        while len(routes) < ATTEMPTS_MAX:
            reach = Reach(self.chat_providers, standing=self.board.now)
            route = choose(caller.mode, choice.sub_model, Asked(fields), reach, tried)
            if not isinstance(route, Route) or (route.provider, route.upstream_model, False) in tried:
                break
            routes.append(route)
            tried.append((route.provider, route.upstream_model, False))
        return routes

    def _try(self, route: Route, fields: Mapping[str, object], rates: Rates) -> Try:
        offer = route.offer
        cost = None if offer is None or not isinstance(offer.cost_micro_usd, TokenCost) else offer.cost_micro_usd
        attempt = NewAttempt(
            self.ids.new(), route.provider, route.upstream_model, route.because, route.expected_cost_micro_usd
        )
        order = ChatOrder(
            attempt.id,
            route.upstream_model,
            fields if offer is None else upstream_fields(offer, fields),
            int(cast("int", fields[rates.output_limit_field])),
            bool(fields["stream"]),
            "" if offer is None else offer.provider,
        )
        return Try(attempt, order, cost)

    async def stop(self) -> None:
        """Settle what is under way and give the name up."""
        await self.chats.stop()
        await self.presence.stop()


def open_calls(
    database: Database,
    apply: Callable[[Move], Awaitable[Outcome]],
    sources: ChatSources,
    parts: tuple[Ids, Clock, Board],
    rules: tuple[float, float],
) -> Calls:
    """What routes that answer at once need; `rules`: a name's lease and a stream's longest unread time, in seconds."""
    ids, clock, board = parts
    lease_s, unread_s_max = rules
    chats = Chats(apply, sources, clock, ChatRules(unread_s_max=unread_s_max))
    return Calls(Presence(database, ids, clock, lease_s=lease_s), chats, ids, sources.providers, board)
