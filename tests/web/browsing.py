"""Somebody with a browser, as far as the server can tell: cookies are kept, forms are sent as pages have them."""

import asyncio
import gzip
import re
import secrets
from collections.abc import Mapping
from html import unescape
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from msgspec import Struct

from api.served_api import Api
from apiinone.db import Sql, Tx
from apiinone.mail.letter import Letter
from apiinone.people.hashes import Hashes
from apiinone.people.roles import Role
from apiinone.people.session_rows import Mode
from apiinone.people.sign_in import SESSION
from apiinone.web.cookies import Cookies

CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')
LINK = re.compile(r"https?://\S+?(/\S+\?token=\S+)")
PASSWORD = "correct horse battery"
SET_ROLE = Sql("UPDATE members SET role = $1 WHERE person_id = (SELECT id FROM people WHERE email = $2)")
SET_MODE = Sql("UPDATE sessions SET mode = $1 WHERE person_id = (SELECT id FROM people WHERE email = $2)")
HTML = {"Accept": "text/html"}
LOOKS, LOOK_S = 20, 0.05


class Seen(Struct, frozen=True):
    """A response."""

    status: int
    headers: Mapping[str, str]
    set_cookies: tuple[str, ...]
    text: str

    @property
    def location(self) -> str:
        return self.headers["location"]


class Browser:
    """One browser of somebody."""

    def __init__(self, site: Api) -> None:
        self.site = site
        self.cookies: dict[str, str] = {}
        self.csrf = ""

    @property
    def session_id(self) -> str:
        """What is stored of this browser's session."""
        hashes = Hashes(self.site.app.secret.key("people"), secrets.token_bytes)
        return hashes.of(SESSION, self.cookies[Cookies(self.site.url).session])

    async def get(self, path: str, **headers: str) -> Seen:
        return await self.ask("GET", path, headers=headers)

    async def post(self, path: str, headers: Mapping[str, str] | None = None, **fields: str) -> Seen:
        """Send a form with what the last page gave it."""
        sent = {"csrf": self.csrf, **fields}
        more = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.site.url, **(headers or {})}
        return await self.ask("POST", path, headers=more, body=urlencode(sent).encode())

    async def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Seen:
        """One request; cookies that come back are kept."""
        sent = {**HTML, **{name.replace("_", "-"): text for name, text in (headers or {}).items()}}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        url = f"{self.site.url}{path}"
        async with self.site.session.request(method, url, headers=sent, data=body, allow_redirects=False) as answer:
            told = {name.lower(): value for name, value in answer.headers.items()}
            set_cookies = tuple(answer.headers.getall("Set-Cookie", []))
            raw = await answer.read()
        text = (gzip.decompress(raw) if told.get("content-encoding") == "gzip" else raw).decode(errors="replace")
        self._keep(set_cookies)
        found = CSRF.search(text)
        self.csrf = found[1] if found else self.csrf
        return Seen(answer.status, told, set_cookies, unescape(text))

    async def sign_in(self, email: str, password: str = PASSWORD) -> Seen:
        await self.get("/sign-in")
        return await self.post("/sign-in", email=email, password=password)

    def _keep(self, set_cookies: tuple[str, ...]) -> None:
        for line in set_cookies:
            read = SimpleCookie(line)
            for name, one in read.items():
                if one["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = one.value


async def letters(site: Api) -> list[Letter]:
    """What waits to be sent, taken out, after what was sent meanwhile."""

    async def take(tx: Tx) -> list[Letter]:
        found = await site.app.mailing.outbox.take(tx, 100)
        for one in found:
            await tx.run(Sql("DELETE FROM mails WHERE id = $1"), one.id)
        return [one.letter for one in found if one.letter is not None]

    waiting = await site.app.database.transact(take)
    sent, site.carried = site.carried, []
    return [*sent, *waiting]


async def link_in(site: Api, to: str = "") -> str:
    """The path of the link in the one letter that waits, for this address where one is named."""
    waiting: list[Letter] = []
    for _ in range(LOOKS):  # it may be on its way at this moment
        waiting += [one for one in await letters(site) if to in ("", one.to)]
        if waiting:
            break
        await asyncio.sleep(LOOK_S)
    (letter,) = waiting
    found = LINK.search(letter.text)
    assert found is not None, letter.text
    return found[1]


async def somebody(site: Api, email: str, *, role: Role = "owner", mode: Mode = "test") -> Browser:
    """Somebody signed in, who signed up by the forms; then made this in their account, at this mode."""
    browser = Browser(site)
    await browser.get("/sign-up")
    seen = await browser.post("/sign-up", name=email.partition("@")[0], email=email, password=PASSWORD)
    assert seen.status == 200, seen.text
    link = await link_in(site, email)
    await browser.get(link)
    seen = await browser.post("/confirm", token=link.partition("token=")[2], password=PASSWORD)
    assert seen.status == 303, seen.text

    async def change(tx: Tx) -> None:
        await tx.run(SET_ROLE, role, email)
        await tx.run(SET_MODE, mode, email)

    await site.app.database.transact(change)
    await browser.get("/account")
    return browser
