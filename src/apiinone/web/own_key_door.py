"""The playground's way into the API: who is signed in uses a key of their account without ever holding it (hazard 47).

A request below this address is the API's own, path and body alike, so it goes the same way with the same rules as one
that presents the key. What is asked here beforehand: a session whose member may use keys, and that a page of ours sent
it. That the key is the account's is looked at where the key is read.
"""

from collections.abc import Callable, Mapping
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from apiinone.api import errors
from apiinone.api.answer import Header
from apiinone.api.call import OWN_KEY
from apiinone.api.responding import respond
from apiinone.catalog.endpoints import PAID_ROUTES
from apiinone.core.errors import AuthenticationFailed, DatabaseUnavailable, NotFound, PermissionDenied, Refusal
from apiinone.people.roles import DEVELOPERS
from apiinone.web.cookies import read_cookies
from apiinone.web.forms import FormGuard
from apiinone.web.recognise import Recogniser

WITH_KEY: Final = "/console/with/"
"""Then the key's id, then the API's path."""
READABLE: Final = ("/api/v1/tasks/", "/api/v1/me", "/api/v1/credits")
POSTABLE: Final = frozenset({*(route.path for route in PAID_ROUTES), "/api/v1/quotes"})
_NO_STORE: Final[tuple[Header, ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"private, no-store"),
)


class OwnKeyDoor:
    """Lets members in; see the module's words."""

    def __init__(self, api: ASGIApp, recogniser: Recogniser, guard: FormGuard) -> None:
        """Take where it leads, who knows visitors again, and what tells our pages."""
        self._api = api
        self._recogniser = recogniser
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, or refuse it as the API refuses."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        try:
            inside = await self._inside(scope, headers)
        except Refusal as refusal:
            await respond(errors.refused(refusal, ""), list(_NO_STORE), (scope, receive, send))
            return
        await self._api(inside, receive, send)

    async def _inside(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Scope:
        """The request as the API takes it. Raises AuthenticationFailed, PermissionDenied, NotFound."""
        key_id, slash, rest = str(scope["path"]).removeprefix(WITH_KEY).partition("/")
        try:
            who = await self._recogniser.recognise(read_cookies(headers), "", "")
        except DatabaseUnavailable as error:
            raise DatabaseUnavailable("The session cannot be looked up now.") from error
        member = who.visitor.member
        if member is None:
            raise AuthenticationFailed("You are signed out. Sign in again, then run it once more.")
        self._guard.refuse_foreign_script(headers, who.bound_to)
        if who.visitor.viewed is not None or member.role not in DEVELOPERS:
            raise PermissionDenied("Your role in this account does not cover running models.")
        path = slash + rest
        if not _is_open(scope["method"], path):
            raise NotFound("There is nothing under this path.")
        return {
            **scope,
            "path": path,
            "raw_path": path.encode(),
            OWN_KEY: (member.account_id, key_id, member.person.id),
        }


def _is_open(method: str, path: str) -> bool:
    if method == "POST":
        return path in POSTABLE
    return method == "GET" and path.startswith(READABLE)


DoorMaker = Callable[[], OwnKeyDoor]
"""Made when the first such request comes."""
