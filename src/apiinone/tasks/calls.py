"""Calls that this process answers itself: under which name, and the chats under way. `direct.py` says how they end."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from apiinone.accounts.callers import Caller
from apiinone.catalog.entry import Choice
from apiinone.core.clock import Clock
from apiinone.core.errors import ProviderNotConfigured
from apiinone.core.ids import Ids
from apiinone.db import Database
from apiinone.tasks.chats import ChatRules, Chats
from apiinone.tasks.local_chat import LocalChat
from apiinone.tasks.moves import Move, NewAttempt, Outcome
from apiinone.tasks.presence import Presence
from apiinone.tasks.routing import Asked, Reach, Route, choose
from apiinone.tasks.submission import Direct


@dataclass(frozen=True, slots=True)
class Calls:
    """What routes that answer at once work with."""

    presence: Presence
    chats: Chats
    ids: Ids

    async def direct(self, caller: Caller, choice: Choice) -> Direct:
        """Who answers a new call, and by which attempt. Raises ProviderNotConfigured, DatabaseUnavailable."""
        route = choose(caller.mode, choice.sub_model, Asked({}), Reach(frozenset()))
        if not isinstance(route, Route):  # no vendor is known yet that answers at once
            raise ProviderNotConfigured(f"No provider for {choice.sub_model.id} is configured here.")
        cost = route.expected_cost_micro_usd
        attempt = NewAttempt(self.ids.new(), route.provider, route.upstream_model, route.because, cost)
        return Direct(await self.presence.name(), attempt)

    async def stop(self) -> None:
        """Settle what is under way and give the name up."""
        await self.chats.stop()
        await self.presence.stop()


def open_calls(
    database: Database, apply: Callable[[Move], Awaitable[Outcome]], ids: Ids, clock: Clock, rules: tuple[float, float]
) -> Calls:
    """What routes that answer at once need; `rules`: a name's lease and a stream's longest unread time, in seconds."""
    lease_s, unread_s_max = rules
    chats = Chats(apply, LocalChat(), clock, ChatRules(unread_s_max=unread_s_max))
    return Calls(Presence(database, ids, clock, lease_s=lease_s), chats, ids)
