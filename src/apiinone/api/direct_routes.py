"""The paid routes that answer at once, one for each such line of the catalogue's table of routes."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from apiinone.accounts.callers import Caller
from apiinone.api.answer import Reply
from apiinone.api.call import Call
from apiinone.api.chat_page import ChatCompletion
from apiinone.api.create_chat import create_chat
from apiinone.api.create_routes import CREATION_REFUSALS
from apiinone.api.errors import ProviderTimedOut
from apiinone.api.house import House
from apiinone.api.queries import NoQuery
from apiinone.api.route import Answers, Bare, ByKey, CreationBody, Json, Route
from apiinone.api.time_lyrics import TimedLyrics, time_lyrics
from apiinone.catalog.endpoints import DIRECT_ROUTES, CreateRoute
from apiinone.core.errors import ProviderFailed

_Direct = Callable[[House, Call, Caller, CreateRoute], Awaitable[Reply]]
_BY_NAME: Final[Mapping[str, tuple[_Direct, Answers]]] = {
    "complete_chat": (create_chat, Bare(ChatCompletion, statuses=(200,), also=("text/event-stream",))),
    "time_lyrics": (time_lyrics, Json((TimedLyrics,))),
}


def _route(made_by: CreateRoute) -> Route:
    answer_by, answers = _BY_NAME[made_by.name]
    return Route(
        method="POST",
        path=made_by.path,
        name=made_by.name,
        about=made_by.about,
        authority=ByKey("generate", lambda house, call, caller: answer_by(house, call, caller, made_by)),
        ids=(),
        query=NoQuery,
        headers=("Idempotency-Key", "X-Test-Scenario"),
        body=CreationBody(made_by),
        answers=answers,
        # what a task would carry, they answer with
        refusals=(*CREATION_REFUSALS, ProviderFailed, ProviderTimedOut),
    )


DIRECT_ANSWER_ROUTES: Final = tuple(_route(made_by) for made_by in DIRECT_ROUTES)
