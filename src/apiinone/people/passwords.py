"""Passwords: what is accepted, and argon2id in threads, few at once, because each costs 46 MiB and much work."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from apiinone.core.errors import BadRequest, Overloaded

if TYPE_CHECKING:
    from argon2 import PasswordHasher

CHARACTERS_MIN: Final = 10
CHARACTERS_MAX: Final = 256
DIFFERENT_CHARACTERS_MIN: Final = 5
AT_ONCE_MAX: Final = 2
WAITING_MAX: Final = 64


class Cost(Struct, frozen=True):
    """What one hash costs (RFC 9106). The default is OWASP's first choice for argon2id (Password Storage Cheat Sheet).

    A stored hash names its own cost; one made at another cost is made anew when its password is next seen.
    """

    rounds: int = 1
    memory_kib: int = 46 * 1024
    lanes: int = 1


Weakness = Literal["short", "long", "guessable"]


class WeakPassword(BadRequest):
    """A password that is not accepted, and why."""

    def __init__(self, why: "Weakness") -> None:
        """Take the reason; the page says it in the reader's language."""
        super().__init__(f"this password is too {why}", param="/password")
        self.why: Weakness = why


class Match(Struct, frozen=True):
    """Whether a password was right; `rehashed` is to be stored in the old hash's place, where it is given."""

    right: bool
    rehashed: str | None = None


def refuse_weak(password: str, address: str) -> None:
    """Raise WeakPassword for what is short, endless, or made of the address or of a few characters."""
    if len(password) < CHARACTERS_MIN:
        raise WeakPassword("short")
    if len(password) > CHARACTERS_MAX:
        raise WeakPassword("long")
    plain = password.lower()
    if plain in (address, address.partition("@")[0]) or len(set(plain)) < DIFFERENT_CHARACTERS_MIN:
        raise WeakPassword("guessable")


class Passwords:
    """Hashes and compares, a few at once; who comes when too many wait is told so."""

    def __init__(self, cost: Cost | None = None) -> None:
        """Take the cost of new hashes."""
        self._cost = cost or Cost()
        self._turns = asyncio.Semaphore(AT_ONCE_MAX)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """A hash with its salt and its cost in it. Raises Overloaded."""
        async with self._turn():
            return await asyncio.to_thread(_hash, self._cost, password)

    async def match(self, stored: str | None, password: str) -> Match:
        """Compare with a stored hash; None: there is none, which takes as long. Raises Overloaded."""
        async with self._turn():
            return await asyncio.to_thread(_match, self._cost, password, stored)

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        if self._waiting >= WAITING_MAX:
            raise Overloaded("too many people sign in at this moment; try again in a few seconds", retry_after_s=5)
        self._waiting += 1
        try:
            async with self._turns:
                yield
        finally:
            self._waiting -= 1


def _hash(cost: Cost, password: str) -> str:
    return _hasher(cost).hash(password[:CHARACTERS_MAX])


def _match(cost: Cost, password: str, stored: str | None) -> Match:
    from argon2.exceptions import Argon2Error, InvalidHashError  # noqa: PLC0415 - loaded with the first password

    hasher = _hasher(cost)
    if stored is None:
        hasher.hash(password[:CHARACTERS_MAX])  # the same work, so that time tells nothing of who is known here
        return Match(right=False)
    try:
        hasher.verify(stored, password[:CHARACTERS_MAX])
    except (Argon2Error, InvalidHashError):
        return Match(right=False)
    return Match(right=True, rehashed=_hash(cost, password) if hasher.check_needs_rehash(stored) else None)


def _hasher(cost: Cost) -> "PasswordHasher":
    from argon2 import PasswordHasher  # noqa: PLC0415 - as above

    return PasswordHasher(time_cost=cost.rounds, memory_cost=cost.memory_kib, parallelism=cost.lanes)
