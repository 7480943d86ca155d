"""Who is calling: from an `Authorization` header to a `Caller`, with a cache of at most one second."""

from msgspec import Struct

from apiinone.accounts.key_rows import key_by_id
from apiinone.accounts.keys import Key, KeyRules, Mode, judge, read_authorization, refuse_address
from apiinone.core.clock import Clock
from apiinone.db import Database, Tx
from apiinone.ledger.ledger import Owner

CACHE_S = 1.0
CACHED_MAX = 10_000


class Caller(Struct, frozen=True):
    """The account and key behind a request."""

    account_id: str
    mode: Mode
    key_id: str
    lineage_id: str
    rules: KeyRules

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
        self._used: dict[str, int] = {}

    async def identify(self, authorization: str | None, address: str) -> Caller:
        """The caller behind this header and network address. Raises AuthenticationFailed, PermissionDenied."""
        presented = read_authorization(authorization, self._pepper)
        now_us = self._clock.now_us()
        key = judge(await self._find(presented.key_id), presented, now_us)
        refuse_address(key.rules, address)
        self._used[key.id] = now_us
        return Caller(key.account_id, key.mode, key.id, key.lineage_id, key.rules)

    def take_used(self) -> dict[str, int]:
        """The keys used since the last call, with the moment of their last use."""
        used, self._used = self._used, {}
        return used

    async def _find(self, key_id: str) -> Key | None:
        now_s = self._clock.monotonic_s()
        cached = self._cache.get(key_id)
        if cached is not None and now_s - cached[1] < CACHE_S:
            return cached[0]

        async def look(tx: Tx) -> Key | None:
            return await key_by_id(tx, key_id)

        key = await self._database.read(look)
        if len(self._cache) >= CACHED_MAX:
            self._cache.clear()
        self._cache[key_id] = (key, now_s)
        return key
