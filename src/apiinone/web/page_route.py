"""What a page of our own is: it states who may open it, what its ids name, and what answers, or it is none.

These are the pages that know their visitor, and everything that a form sends. What every reader sees alike is in
`pages.py` and takes no form.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from apiinone.api.answer import Answer, Header, Streamed
from apiinone.api.house import House
from apiinone.control.desk import Desk
from apiinone.people.ask_outside import OutsideDoor
from apiinone.people.office import Office
from apiinone.people.roles import Role
from apiinone.web.cookies import Cookies
from apiinone.web.forms import BODY_BYTES_MAX, Fields, typed
from apiinone.web.languages import Languages
from apiinone.web.visitor import MemberHere, SignedInAs, Visitor

Form = TypeVar("Form", bound=Struct)


@dataclass(frozen=True, slots=True)
class Rooms:
    """What pages work with."""

    house: House
    """The API's own: its context and what it keeps."""
    office: Office
    cookies: Cookies
    languages: Languages
    base_url: str
    desk: Desk
    """Where keys are made and operators have things done, in the name of who is signed in."""
    outside: OutsideDoor | None = None
    """Whom people may sign in with; None: nobody."""


@dataclass(frozen=True, slots=True)
class PageCall:
    """One request of a page."""

    path: str
    visitor: Visitor
    address: str
    """The network address of the browser; empty where it is unknown."""
    agent: str
    session_id: str | None
    """The session of the cookie, good or not."""
    ids: Mapping[str, str]
    query: Mapping[str, str]
    cookies: Mapping[str, str]
    fields: Fields
    now_us: int
    """By the database's clock."""
    say: Callable[[str], str]
    """A text in the visitor's language."""
    by_page: bool
    """Whether a page asks for a part of itself, and not its reader for a page."""

    def form(self, kind: type[Form]) -> Form:
        """What the form sent. Raises BadRequest."""
        return typed(self.fields, kind)


class Shown(Struct, frozen=True):
    """A page, from a template and facts."""

    template: str
    facts: Mapping[str, object]
    status: int = 200
    headers: tuple[Header, ...] = ()


class SeeOther(Struct, frozen=True):
    """Go on at another page of ours; `flash` is the code of what it says once."""

    path: str
    flash: str = ""
    headers: tuple[Header, ...] = ()


PageReply = Shown | SeeOther | Answer | Streamed
"""`Answer`: a file; `Streamed`: one that is read as it is written, such as a CSV."""


class Public(Struct, frozen=True):
    """Anybody may open it."""

    handle: Callable[[Rooms, PageCall], Awaitable[PageReply]]


class SignedIn(Struct, frozen=True):
    """Whoever is signed in may open it."""

    handle: Callable[[Rooms, PageCall, SignedInAs], Awaitable[PageReply]]


class Member(Struct, frozen=True):
    """Members of the account that the session is at may open it, if they have one of these roles."""

    roles: frozenset[Role]
    handle: Callable[[Rooms, PageCall, MemberHere], Awaitable[PageReply]]


class Operator(Struct, frozen=True):
    """Operators may open it who have shown just now, with a code, who they are. For others there is no such page."""

    handle: Callable[[Rooms, PageCall, SignedInAs], Awaitable[PageReply]]


Authority = Public | SignedIn | Member | Operator


class PageId(Struct, frozen=True):
    """A name in a path and what it names. What belongs to an account is looked up with that account: others' is 404."""

    name: str
    kind: str
    """`own_…` where it belongs to an account: the test of all pages asks for another account's."""


OWN: Final[Mapping[str, str]] = {
    "delivery_id": "own_delivery",
    "document_id": "own_document",
    "endpoint_id": "own_endpoint",
    "key_id": "own_key",
    "order_id": "own_order",
    "person_id": "own_member",
    "task_id": "own_task",
}
"""What the names in the paths of members' pages mean."""


class PageRoute(Struct, frozen=True, kw_only=True):
    """One method on one path. What decides who may open it has no default, or none that opens anything."""

    method: Literal["GET", "POST"]
    path: str
    name: str
    authority: Authority
    ids: tuple[PageId, ...]
    form_bytes_max: int = BODY_BYTES_MAX
    """How long a form may be; few are long."""
    open_to_viewing: bool = False
    """Whether it answers an operator who looks at an account; such a page shows no prompt, input, output or file, and
    such a form changes nothing but the operator's own session."""


def get(path: str, authority: Authority, kinds: Mapping[str, str] = OWN, *, open_to_viewing: bool = False) -> PageRoute:
    """A page that is looked at; `kinds` says what the names in its path mean. Raises KeyError for one without."""
    return PageRoute(
        method="GET",
        path=path,
        name=_name(authority),
        authority=authority,
        ids=_ids(path, kinds),
        open_to_viewing=open_to_viewing,
    )


def post(
    path: str,
    authority: Authority,
    kinds: Mapping[str, str] = OWN,
    *,
    form_bytes_max: int = BODY_BYTES_MAX,
    open_to_viewing: bool = False,
) -> PageRoute:
    """What a form is sent to; the rest as of a page that is looked at."""
    route = get(path, authority, kinds, open_to_viewing=open_to_viewing)
    return replace(route, method="POST", form_bytes_max=form_bytes_max)


def _name(authority: Authority) -> str:
    """As the log calls the page: by what answers it."""
    return authority.handle.__name__.removeprefix("do_")


def _ids(path: str, kinds: Mapping[str, str]) -> tuple[PageId, ...]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return tuple(PageId(name, kinds[name]) for name in names)
