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
from apiinone.providers.lyrics import LyricsOrder
from apiinone.switchboard.standing import Board
from apiinone.tasks.chat_call import Try
from apiinone.tasks.chat_rules import ChatRules
from apiinone.tasks.chats import Chats
from apiinone.tasks.live_lyrics import LyricsSources
from apiinone.tasks.local_chat import ChatSources
from apiinone.tasks.moves import Move, NewAttempt, Outcome
from apiinone.tasks.presence import Presence
from apiinone.tasks.routing import Asked, Reach, Route, choose, choose_in_turn
from apiinone.tasks.submission import Direct

ATTEMPTS_MAX: Final = 3
"""How many offers a chat may be refused by, as tasks have it."""


@dataclass(frozen=True, slots=True)
class Calls:
    """What routes that answer at once work with."""

    presence: Presence
    chats: Chats
    ids: Ids
    lyrics: LyricsSources
    chat_providers: frozenset[str] = frozenset()
    """Vendors that can be asked to chat, from here or by a node."""
    board: Board = field(default_factory=Board)

    async def timing(self, caller: Caller, choice: Choice, asked: Asked, made_by: LyricsOrder | None) -> Direct:
        """Who times a song's words, and by which attempt: for a live key the vendor that made it, if it does that.

        It is asked with the key that made the song, be that the house's or the account's own. Raises
        ProviderNotConfigured, DatabaseUnavailable.
        """
        known: frozenset[str] = frozenset()
        if made_by is not None and self.lyrics.knows(made_by):
            known = frozenset({made_by.provider})
        own = made_by is not None and made_by.own_key
        reach = Reach(known, known, "own" if own else "house", standing=self.board.now)
        route = choose(caller.mode, choice.sub_model, asked, reach)
        if not isinstance(route, Route):
            raise ProviderNotConfigured("The provider that made this song cannot be asked from here to time its words.")
        cost = route.expected_cost_micro_usd
        said = (route.provider, route.upstream_model, route.because, cost)
        attempt = NewAttempt(self.ids.new(), *said, own_key=route.own_key)
        return Direct(await self.presence.name(), attempt)

    async def chat(
        self, caller: Caller, choice: Choice, fields: Mapping[str, object], rates: Rates
    ) -> tuple[Direct, tuple[Try, ...]]:
        """Who answers a new chat, and what is tried: the first of it is the attempt that is written down with the task.

        Raises ProviderNotConfigured, DatabaseUnavailable.
        """
        reach = Reach(self.chat_providers, standing=self.board.now)
        routes = choose_in_turn(caller.mode, choice.sub_model, Asked(fields), reach, ATTEMPTS_MAX)
        if not routes:
            said = f"No provider for {choice.sub_model.id} is configured here; test keys can use it."
            raise ProviderNotConfigured(said)
        found = tuple(self._try(route, fields, rates) for route in routes)
        return Direct(await self.presence.name(), found[0].attempt), found

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
    sources: tuple[ChatSources, LyricsSources],
    parts: tuple[Ids, Clock, Board],
    rules: tuple[float, float],
) -> Calls:
    """What routes that answer at once need; `rules`: a name's lease and a stream's longest unread time, in seconds."""
    ids, clock, board = parts
    chatting, lyrics = sources
    lease_s, unread_s_max = rules
    chats = Chats(apply, chatting, clock, ChatRules(unread_s_max=unread_s_max))
    return Calls(Presence(database, ids, clock, lease_s=lease_s), chats, ids, lyrics, chatting.providers, board)
