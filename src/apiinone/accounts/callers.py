"""Who is calling: from an `Authorization` header to a `Caller`, with a cache of at most one second."""

import hashlib

from msgspec import Struct

from apiinone.accounts.key_rows import key_by_id
from apiinone.accounts.keys import Key, KeyRules, Mode, judge, read_authorization, refuse_address, refuse_ended
from apiinone.core.clock import Clock
from apiinone.core.errors import NotFound
from apiinone.db import Database, Tx
from apiinone.ledger.ledger import Owner

CACHE_S = 1.0
CACHED_MAX = 10_000
_NEVER_US = 2**62
_MARK_KEY_BYTES_MAX = 64


class Caller(Struct, frozen=True):
    """The account and key behind a request."""

    account_id: str
    mode: Mode
    key_id: str
    lineage_id: str
    rules: KeyRules
    member_id: str | None = None
    """The person who spends by it: who is signed in, or else who made the key; None: an operator made it."""

    @property
    def owner(self) -> Owner:
        """Whose objects the key reaches: its account's, in its mode."""
        return (self.account_id, self.mode)


class Callers:
    """Finds callers. A revocation is seen at the latest one second later, and at once by every hold."""

    def __init__(self, database: Database, clock: Clock, pepper: bytes) -> None:
        """Take the database, the clock and the pepper that secrets are hashed with."""
        self._database = database
        self._clock = clock
        self._pepper = pepper
        self._cache: dict[str, tuple[Key | None, float]] = {}
        self._marker = hashlib.blake2b(key=pepper[:_MARK_KEY_BYTES_MAX], digest_size=16)
        self._judged: dict[bytes, _Judged] = {}
        self._used: dict[str, int] = {}

    async def identify(self, authorization: str | None, address: str) -> Caller:
        """The caller behind this header and network address. Raises AuthenticationFailed, PermissionDenied."""
        now_us = self._clock.now_us()
        mark = b"" if authorization is None else self._mark(authorization)
        judged = self._judged.get(mark)
        if judged is None or self._clock.monotonic_s() >= judged.until_s or judged.expires_us <= now_us:
            judged = await self._judge(authorization, now_us)
            self._judged[mark] = judged
        caller = judged.caller
        if caller.rules.ip_ranges is not None:
            refuse_address(caller.rules, address)
        self._used[caller.key_id] = now_us
        return caller

    async def of_key(self, account_id: str, key_id: str, person_id: str, address: str) -> Caller:
        """The caller that somebody is who may use this key of this account without holding it: a member, signed in.

        The key's own rules hold as if it had been presented. Raises NotFound where the account has no such key,
        AuthenticationFailed, PermissionDenied.
        """
        key, _ = await self._find(key_id)
        if key is None or key.account_id != account_id:
            raise NotFound("There is no such key.", param="key_id")
        now_us = self._clock.now_us()
        refuse_ended(key.revoked_us, key.expires_us, key.account_state, now_us)
        refuse_address(key.rules, address)
        self._used[key.id] = now_us
        return Caller(key.account_id, key.mode, key.id, key.lineage_id, key.rules, person_id)

    def take_used(self) -> dict[str, int]:
        """The keys used since the last call, with the moment of their last use."""
        used, self._used = self._used, {}
        return used

    def _mark(self, authorization: str) -> bytes:
        """What a header that was found good is known by for the rest of its second; the key itself is not kept."""
        marked = self._marker.copy()
        marked.update(authorization.encode())
        return marked.digest()

    async def _judge(self, authorization: str | None, now_us: int) -> "_Judged":
        presented = read_authorization(authorization, self._pepper)
        found, read_s = await self._find(presented.key_id)
        key = judge(found, presented, now_us)
        if len(self._judged) >= CACHED_MAX:
            self._judged.clear()
        caller = Caller(key.account_id, key.mode, key.id, key.lineage_id, key.rules, key.made_by)
        return _Judged(caller, _NEVER_US if key.expires_us is None else key.expires_us, read_s + CACHE_S)

    async def _find(self, key_id: str) -> tuple[Key | None, float]:
        """The key, and when it was read."""
        now_s = self._clock.monotonic_s()
        cached = self._cache.get(key_id)
        if cached is not None and now_s - cached[1] < CACHE_S:
            return cached

        async def look(tx: Tx) -> Key | None:
            return await key_by_id(tx, key_id)

        key = await self._database.read(look)
        if len(self._cache) >= CACHED_MAX:
            self._cache.clear()
        self._cache[key_id] = (key, now_s)
        return key, now_s


class _Judged(Struct, frozen=True):
    """A header that was found good: whose it is, and until when that need not be looked at again."""

    caller: Caller
    expires_us: int
    until_s: float
