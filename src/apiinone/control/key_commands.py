"""Making, rotating and revoking keys."""

import ipaddress
from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace

from apiinone.accounts.account_rows import Action, record
from apiinone.accounts.key_rows import NewKey, key_by_id, make_key, revoke_key, rotate_key
from apiinone.accounts.keys import Key, KeyRules, Mode, new_secret, secret_hash, written
from apiinone.catalog.endpoints import ENDPOINTS
from apiinone.catalog.load import Catalogue
from apiinone.control.desk import Command, Desk
from apiinone.core.clock import US_PER_DAY, US_PER_S
from apiinone.core.credits import Credits
from apiinone.core.errors import BadRequest, NotFound
from apiinone.db import Tx
from apiinone.ledger.budgets import Period

NAME_LENGTH_MAX = 100
DAYS_MAX = 3650
LIMIT_MAX = 10**9
ASKED_FOR = "asked for"
"""Written down as the reason: whoever may make keys need not say why. Who it was is the record's actor."""


class MadeKey(Struct, frozen=True):
    """A new key. This is the only time that `key` is seen: what is kept is a hash of it."""

    key_id: str
    key: str
    account_id: str
    mode: Mode


class Revoked(Struct, frozen=True):
    """A key that works no more."""

    key_id: str


class MakeKey(Command[MadeKey], frozen=True, tag="keys.create"):
    """Make a key. Raises NotFound for an unknown account, BadRequest for rules that make no sense."""

    answer: ClassVar[type[MadeKey]] = MadeKey
    account_id: str
    mode: Mode
    name: str = ""
    rules: KeyRules = KeyRules()
    expires_days: int | None = None
    budget: Credits | None = None
    budget_period: Period = "month"
    made_by: str | None = None
    """The member whose key it is: it ends when they are removed from the account."""

    async def run(self, desk: Desk) -> MadeKey:
        """Make it and show it."""
        self._refuse_nonsense()
        key_id, secret = desk.ids.new(), new_secret(desk.randomness)
        action = Action(desk.ids.new(), desk.actor, "keys.create", key_id, ASKED_FOR)
        budget = None if self.budget is None else (self.budget, self.budget_period)
        new = NewKey(
            key_id,
            self.account_id,
            self.mode,
            secret_hash(desk.pepper, secret),
            self.name,
            _plain(self.rules, desk.catalogue),
            budget=budget,
            made_by=self.made_by,
        )

        async def work(tx: Tx) -> None:
            days = self.expires_days
            await make_key(tx, new if days is None else replace(new, expires_us=tx.now_us + days * US_PER_DAY))
            await record(tx, action)

        await desk.database.transact(work)
        return MadeKey(key_id, written(self.mode, key_id, secret), self.account_id, self.mode)

    def _refuse_nonsense(self) -> None:
        if len(self.name) > NAME_LENGTH_MAX or not self.name.isprintable():
            raise BadRequest(f"a key's name is printable, at most {NAME_LENGTH_MAX} characters", param="/name")
        limits = (
            ("/expires_days", self.expires_days, DAYS_MAX),
            ("/requests_per_minute", self.rules.requests_per_minute_max, LIMIT_MAX),
            ("/open_tasks", self.rules.open_tasks_max, LIMIT_MAX),
        )
        for param, value, most in limits:
            if value is not None and not 0 < value <= most:
                raise BadRequest(f"this is between 1 and {most}", param=param)


class RotateKey(Command[MadeKey], frozen=True, tag="keys.rotate"):
    """Put a new key in an old one's place. Raises NotFound, also for a revoked key."""

    answer: ClassVar[type[MadeKey]] = MadeKey
    key_id: str
    overlap_s: int = 24 * 3600
    """How long the old key goes on working."""
    of_account: str | None = None
    """Only where it is this account's; None: whosever it is."""
    rotated_by: str | None = None
    """The member whose key the new one is; None: as the old one."""

    async def run(self, desk: Desk) -> MadeKey:
        """Make the new one and let the old one expire."""
        if not 0 <= self.overlap_s <= DAYS_MAX * 24 * 3600:
            raise BadRequest("the overlap is not negative and at most ten years", param="/overlap")
        key_id, secret = desk.ids.new(), new_secret(desk.randomness)
        hashed = secret_hash(desk.pepper, secret)
        overlap_us = self.overlap_s * US_PER_S

        action = Action(desk.ids.new(), desk.actor, "keys.rotate", self.key_id, ASKED_FOR)

        async def work(tx: Tx) -> Key:
            await _refuse_others(tx, self.key_id, self.of_account)
            await record(tx, action)
            return await rotate_key(
                tx,
                self.key_id,
                new_id=key_id,
                secret_hash=hashed,
                overlap_us=overlap_us,
                rotated_by=self.rotated_by,
            )

        old = await desk.database.transact(work)
        return MadeKey(key_id, written(old.mode, key_id, secret), old.account_id, old.mode)


class RevokeKey(Command[Revoked], frozen=True, tag="keys.revoke"):
    """End a key at once. Raises NotFound, also for one that was revoked before."""

    answer: ClassVar[type[Revoked]] = Revoked
    key_id: str
    of_account: str | None = None
    """As for a rotation."""

    async def run(self, desk: Desk) -> Revoked:
        """End it."""
        action = Action(desk.ids.new(), desk.actor, "keys.revoke", self.key_id, ASKED_FOR)

        async def work(tx: Tx) -> None:
            await _refuse_others(tx, self.key_id, self.of_account)
            await revoke_key(tx, self.key_id)
            await record(tx, action)

        await desk.database.transact(work)
        return Revoked(self.key_id)


async def _refuse_others(tx: Tx, key_id: str, account_id: str | None) -> None:
    """Raise NotFound where the key must be this account's and is not."""
    key = None if account_id is None else await key_by_id(tx, key_id)
    if account_id is not None and (key is None or key.account_id != account_id):
        raise NotFound("there is no such key")


def _plain(rules: KeyRules, catalogue: Catalogue) -> KeyRules:
    """The same rules in the names that requests are compared with. Raises BadRequest for names that mean nothing."""
    endpoints = {endpoint.name for endpoint in ENDPOINTS}
    for name in rules.endpoints or ():
        if name not in endpoints:
            raise BadRequest(
                f"there is no endpoint {name!r}; there are {', '.join(sorted(endpoints))}", param="/endpoints"
            )
    models = None if rules.models is None else tuple(dict.fromkeys(_model(name, catalogue) for name in rules.models))
    return replace(rules, models=models, ip_ranges=None if rules.ip_ranges is None else _ranges(rules.ip_ranges))


def _model(name: str, catalogue: Catalogue) -> str:
    choice = catalogue.resolve(name)
    if choice is None:
        raise BadRequest(f"there is no model {name!r} in the catalogue", param="/models")
    entry = choice.entry
    return entry.id if name in (entry.id, entry.slug, *entry.aliases) else choice.sub_model.id


def _ranges(written_ranges: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(text, strict=False)) for text in written_ranges)
    except ValueError as error:
        raise BadRequest(f"not an address or a range of addresses: {error}", param="/ip_ranges") from error
