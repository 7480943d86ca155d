"""From a request's cookies to its visitor: their session if it is good, their language, what their forms carry."""

import secrets
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from apiinone.api.answer import Header
from apiinone.db import Tx
from apiinone.people.member_rows import memberships_of
from apiinone.people.session_rows import TOUCH_US, Found, find_session, go_to_account, touch_session
from apiinone.people.sign_in import SESSION
from apiinone.people.viewing import Viewed, viewed_by
from apiinone.web.forms import FormGuard
from apiinone.web.page_route import Rooms
from apiinone.web.visitor import Visitor

FORM_BYTES: Final = 16
TOKEN_CHARACTERS_MAX: Final = 64
FLASH_CHARACTERS_MAX: Final = 40


class Recognised(Struct, frozen=True):
    """A visitor, what their forms are bound to, and cookies to be set because of who they are."""

    visitor: Visitor
    session_id: str | None
    bound_to: str
    headers: tuple[Header, ...]
    now_us: int


class Recogniser:
    """Knows visitors again."""

    def __init__(self, rooms: Rooms, guard: FormGuard) -> None:
        """Take where sessions are, and what binds forms."""
        self._rooms = rooms
        self._guard = guard

    async def recognise(self, cookies: Mapping[str, str], accepted: str, asked: str) -> Recognised:
        """Whoever it is; `asked` is the language that the address names. Raises DatabaseUnavailable."""
        rooms = self._rooms
        names = rooms.cookies
        token = cookies.get(names.session, "")
        session_id, found, viewed, now_us = None, None, None, rooms.house.context.clock.now_us()
        headers: tuple[Header, ...] = ()
        if token and len(token) <= TOKEN_CHARACTERS_MAX and names.sessions_allowed:
            session_id = rooms.office.hashes.of(SESSION, token)
            found, viewed, now_us = await self._found(session_id)
        if token and found is None:
            headers = (names.end_session(),)
        bound_to = "" if found is None else f"session:{found.session.id}"
        if not bound_to:
            value = cookies.get(names.form, "")
            if not (value.isalnum() and len(value) == FORM_BYTES * 2):
                value = secrets.token_hex(FORM_BYTES)
                headers = (*headers, names.set_form(value))
            bound_to = f"form:{value}"
        own = "" if found is None else found.person.language
        language = rooms.languages.choose((asked, own, cookies.get(names.language, "")), accepted)
        if asked and asked == language:
            headers = (*headers, names.set_language(language))
        flash = cookies.get(names.flash, "")[:FLASH_CHARACTERS_MAX]
        visitor = Visitor(language, self._guard.token(bound_to), found, flash, viewed)
        return Recognised(visitor, session_id, bound_to, headers, now_us)

    async def _found(self, session_id: str) -> tuple[Found | None, Viewed | None, int]:
        """The session, what it looks at, and the time.

        The session's use is noted now and then, and an account is chosen where it is at none.
        """

        async def look(tx: Tx) -> tuple[Found | None, Viewed | None, int]:
            found = await find_session(tx, session_id)
            return found, None if found is None else await viewed_by(tx, found), tx.now_us

        async def note(tx: Tx) -> tuple[Found | None, Viewed | None, int]:
            await touch_session(tx, session_id)
            found = await find_session(tx, session_id)
            if found is not None and found.membership is None:
                for membership in (await memberships_of(tx, found.person.id))[:1]:
                    await go_to_account(tx, session_id, membership.account_id)
            return await look(tx)

        database = self._rooms.office.database
        found, viewed, now_us = await database.read(look)
        if found is None or (found.membership is not None and now_us - found.session.seen_us < TOUCH_US):
            return found, viewed, now_us
        return await database.transact(note)
