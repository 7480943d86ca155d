"""Cookies: their names, what they may be read by, and how long they stay.

With an https address every name begins with `__Host-`, which browsers take only with Secure, from this host, for the
whole of it (RFC 6265bis, 4.1.3.2). On plain http they would drop such cookies, so an address on the loopback network,
where one tries things out, has names of its own without Secure. Any other address on plain http gets no session at all:
whoever listens on the way could sign in with it.
"""

import ipaddress
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlsplit

from apiinone.api.answer import Header
from apiinone.people.outside import FLIGHT_S

HOST_PREFIX: Final = "__Host-"
COOKIE_CHARACTERS_MAX: Final = 4096
YEAR_S: Final = 365 * 24 * 3600
SESSION_S: Final = 30 * 24 * 3600
FLASH_S: Final = 60


class Cookies:
    """Reads and writes ours."""

    def __init__(self, base_url: str) -> None:
        """Take the address that people use."""
        parts = urlsplit(base_url)
        self._secure = parts.scheme == "https"
        self.sessions_allowed = self._secure or on_loopback(parts.hostname or "")
        """Whether anybody can sign in here."""
        ending = "" if self._secure else f"-{parts.port or 80}"  # servers on one machine share a host's cookies
        prefix = HOST_PREFIX if self._secure else ""
        self.session, self.form, self.flash, self.language, self.flight = (
            f"{prefix}{name}{ending}" for name in ("session", "form", "flash", "language", "flight")
        )

    def begin_session(self, token: str) -> Header:
        """Keep who is signed in."""
        return self._set(self.session, token, SESSION_S)

    def end_session(self) -> Header:
        """Forget it."""
        return self._set(self.session, "", 0)

    def set_form(self, value: str) -> Header:
        """What forms of people who are not signed in are bound to; gone with the browser's window."""
        return self._set(self.form, value, None)

    def set_flash(self, code: str) -> Header:
        """Something to say on the next page."""
        return self._set(self.flash, code, FLASH_S)

    def end_flash(self) -> Header:
        """It was said."""
        return self._set(self.flash, "", 0)

    def set_flight(self, sealed: str) -> Header:
        """On the way to who people sign in with, and back."""
        return self._set(self.flight, sealed, FLIGHT_S)

    def end_flight(self) -> Header:
        """They are back."""
        return self._set(self.flight, "", 0)

    def set_language(self, language: str) -> Header:
        """The language that was chosen in this browser."""
        return self._set(self.language, language, YEAR_S)

    def _set(self, name: str, value: str, max_age_s: int | None) -> Header:
        age = "" if max_age_s is None else f"; Max-Age={max_age_s}"
        secure = "; Secure" if self._secure else ""
        return (b"set-cookie", f"{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}".encode("ascii"))


def read_cookies(headers: Mapping[bytes, bytes]) -> Mapping[str, str]:
    """The cookies of a request; what is not written as cookies are is none."""
    text = headers.get(b"cookie", b"")
    if not text or len(text) > COOKIE_CHARACTERS_MAX:
        return {}
    read: SimpleCookie = SimpleCookie()
    try:
        read.load(text.decode("latin-1"))
    except CookieError:
        return {}
    return {name: one.value for name, one in read.items()}


def on_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
