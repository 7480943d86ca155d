"""The one way of every request of a page that knows its visitor: who is it, may they, is the form one of ours."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, assert_never
from urllib.parse import parse_qsl, quote

from msgspec.structs import replace as replace_fields
from starlette.types import Receive, Scope

from apiinone.addresses import Network
from apiinone.api.answer import Answer, Header, Streamed
from apiinone.api.call import Call, ClientGone
from apiinone.api.proxies import address_of
from apiinone.core.errors import NotFound, PermissionDenied, Refusal
from apiinone.web.answer_page import SECURITY
from apiinone.web.asked_by_page import GO_ON, VARY, asked_by_page, drawn_for_another, whole_address
from apiinone.web.cookies import read_cookies
from apiinone.web.forms import FIELDS_MAX, FormGuard, read_fields
from apiinone.web.languages import Look, kept_query
from apiinone.web.page_route import Member, Operator, PageCall, PageReply, Public, Rooms, SeeOther, Shown, SignedIn
from apiinone.web.page_table import FoundPage, PageTable
from apiinone.web.pages import HTML, Pages
from apiinone.web.recognise import Recognised, Recogniser
from apiinone.web.step_up_pages import STEP_UP

PRIVATE: Final[tuple[Header, ...]] = (*SECURITY, (b"cache-control", b"private, no-store"), VARY)
"""On every such page. It is never compressed: beside what a stranger wrote, a length would tell of secrets (BREACH)."""
SIGN_IN: Final = "/sign-in"
SET_UP_CODES: Final = "/account/security"
ONLY_LOOKING: Final = "While you look at another account, this page stays closed and nothing can be changed."
NOT_YOURS: Final = "Your role in this account does not cover this page."
QUERY_CHARACTERS_MAX: Final = 2048
_LOG: Final = logging.getLogger(__name__)


class PagePipeline:
    """Answers requests of pages in the table."""

    def __init__(
        self,
        rooms: Rooms,
        table: PageTable,
        guard: FormGuard,
        around: tuple[tuple[Network, ...], Callable[[Look], Pages]],
    ) -> None:
        """Take what pages work with, which there are, what tells our forms; and which proxies to trust, what draws."""
        self._rooms = rooms
        self._table = table
        self._guard = guard
        self._trusted, self._pages_of = around
        self._recogniser = Recogniser(rooms, guard)

    def find(self, method: str, path: str) -> FoundPage | None:
        """The page of a request; None: it is none of these."""
        return self._table.find(method, path)

    def look(self, headers: Mapping[bytes, bytes], query: bytes) -> tuple[Look, tuple[Header, ...]]:
        """How a page that everybody sees alike is shown to this reader; `?lang=` is remembered in a cookie."""
        cookies, names, languages = read_cookies(headers), self._rooms.cookies, self._rooms.languages
        asked = _query(query).get("lang", "") if b"lang=" in query else ""
        accepted = headers.get(b"accept-language", b"").decode("latin-1")
        language = languages.choose((asked, cookies.get(names.language, "")), accepted)
        remember = (names.set_language(language),) if asked and asked == language else ()
        return Look(language, signed_in=names.session in cookies), remember

    async def answer(self, page: FoundPage, scope: Scope, receive: Receive) -> Answer | Streamed:
        """Answer a request of a page that was found. Raises ClientGone."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        query = _query(scope["query_string"])
        accepted = headers.get(b"accept-language", b"").decode("latin-1")
        cookies = read_cookies(headers)
        who = await self._recogniser.recognise(cookies, accepted, query.get("lang", ""))
        call = Call(scope["method"], headers, scope["query_string"], address_of(scope, self._trusted), "", receive)
        words = self._rooms.languages.words(who.visitor.language)
        asked = PageCall(
            path=scope["path"],
            visitor=who.visitor,
            address=call.address,
            agent=headers.get(b"user-agent", b"").decode("latin-1"),
            session_id=who.session_id,
            ids=page.ids,
            query=query,
            cookies=cookies,
            fields={},
            now_us=who.now_us,
            say=words.gettext,
            by_page=asked_by_page(headers),
        )
        if asked.by_page and page.route.method == "GET" and drawn_for_another(headers, who.visitor):
            return self._written(SeeOther(whole_address(asked.path, scope["query_string"])), asked, who)
        try:
            reply = await self._enter(page, asked, who, call)
        except Refusal as refusal:
            reply = Shown("refused.html.j2", {"refusal": refusal}, status=refusal.status)
        except ClientGone:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the visitor gets a page and the log the reason
            _LOG.exception("a page failed", extra={"route": page.route.name})
            reply = Shown("refused.html.j2", {"refusal": None}, status=500)
        return self._written(reply, asked, who)

    async def _enter(self, page: FoundPage, asked: PageCall, who: Recognised, call: Call) -> PageReply:
        """Ask for what the page demands of its visitors, then let it answer."""
        rooms, here, member = self._rooms, asked.visitor.signed_in, asked.visitor.member
        if here is None and isinstance(page.route.authority, Operator):
            raise NotFound("There is nothing under this path.")
        if here is None and not isinstance(page.route.authority, Public):
            return SeeOther(_with_next(SIGN_IN, page, asked))
        _refuse_while_viewing(page, asked)
        elsewhere = _elsewhere_first(page, asked, who.now_us)
        if elsewhere is not None:
            return elsewhere
        with_form = await self._with_form(page, asked, who, call)
        match page.route.authority:
            case Public(handle):
                return await handle(rooms, with_form)
            case SignedIn(handle) | Operator(handle) if here is not None:
                return await handle(rooms, with_form, here)
            case Member(roles, handle) if member is not None and member.role in roles:
                return await handle(rooms, with_form, member)
            case _:
                raise PermissionDenied(NOT_YOURS)

    async def _with_form(self, page: FoundPage, asked: PageCall, who: Recognised, call: Call) -> PageCall:
        """The call with what the form sent, once it is known to be a form of ours."""
        if page.route.method != "POST":
            return asked
        body = await call.body(page.route.form_bytes_max)
        fields = read_fields(body, call.headers.get(b"content-type", b""))
        self._guard.refuse_foreign(call.headers, fields, who.bound_to)
        return replace(asked, fields=fields)

    def _written(self, reply: PageReply, asked: PageCall, who: Recognised) -> Answer | Streamed:
        cookies = self._rooms.cookies
        match reply:
            case Answer():
                return Answer(reply.status, reply.body, (*PRIVATE, *reply.headers, *who.headers), reply.content_type)
            case Streamed():
                return replace_fields(reply, headers=(*PRIVATE, *reply.headers, *who.headers))
            case SeeOther(path, flash, headers):
                said = (cookies.set_flash(flash),) if flash else ()
                status, to = (200, GO_ON) if asked.by_page else (303, b"location")
                return Answer(status, b"", (*PRIVATE, (to, path.encode()), *who.headers, *said, *headers))
            case Shown(template, facts, status, headers):
                look = Look(asked.visitor.language, signed_in=asked.visitor.signed_in is not None)
                common = {"kept_query": kept_query(asked.query)}
                text = self._pages_of(look).own(template, asked.path, asked.visitor, {**common, **facts})
                ended = (cookies.end_flash(),) if asked.visitor.flash else ()
                return Answer(status, text.encode(), (*PRIVATE, *who.headers, *ended, *headers), HTML)
            case _:
                assert_never(reply)


def _refuse_while_viewing(page: FoundPage, asked: PageCall) -> None:
    """Raises PermissionDenied for what an operator who looks at an account may not open (hazard 46)."""
    own = isinstance(page.route.authority, Operator) and page.route.method == "GET"
    if asked.visitor.viewed is not None and not own and not page.route.open_to_viewing:
        raise PermissionDenied(ONLY_LOOKING)


def _elsewhere_first(page: FoundPage, asked: PageCall, now_us: int) -> SeeOther | None:
    """Where an operator has to go first; None: nowhere. Raises NotFound for whoever is none, PermissionDenied."""
    here, member, authority = asked.visitor.signed_in, asked.visitor.member, page.route.authority
    if isinstance(authority, Member) and (member is None or member.role not in authority.roles):
        raise PermissionDenied(NOT_YOURS)
    if not isinstance(authority, Operator) or here is None:
        return None
    if not here.person.operator:
        raise NotFound("There is nothing under this path.")
    if not here.person.has_codes:
        return SeeOther(SET_UP_CODES, "operators_need_codes")
    if not here.session.stepped_up(now_us):
        return SeeOther(_with_next(STEP_UP, page, asked))
    return None


def _with_next(path: str, page: FoundPage, asked: PageCall) -> str:
    """A page to visit before this one, which is named where one can come back to it."""
    return f"{path}?next={quote(asked.path)}" if page.route.method == "GET" else path


def _query(query: bytes) -> Mapping[str, str]:
    """A query's fields; what is not written as one is none, as links bring all kinds."""
    try:
        pairs = parse_qsl(query[:QUERY_CHARACTERS_MAX].decode("ascii"), max_num_fields=FIELDS_MAX)
    except ValueError:
        return {}
    return dict(pairs)
