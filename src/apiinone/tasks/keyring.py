"""The credentials that this process holds open, and how they and the offers asked with them have done lately.

Rows of the database are put in and taken out as they change; those of the environment are there from the start. Nothing
here waits, sends or writes: alarms are collected for whoever writes them down.
"""

import logging
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from msgspec import Struct

from apiinone.core.clock import Clock
from apiinone.core.secret import Secret
from apiinone.providers.provider import (
    Accepted,
    Canceled,
    Fault,
    Finished,
    PollReply,
    Rejected,
    Running,
    SubmitReply,
    Unclear,
)
from apiinone.tasks.breaker import ALARMS, BreakerRules, Health, Trouble
from apiinone.tasks.pace import Pace

HOUSE = "house"
FROM_ENVIRONMENT = "env:"
"""Begins the ids of credentials that stand in the environment; the variable's name follows."""
OFFERS_MAX = 10_000
"""Offers with trouble that are remembered, each for one owner; the oldest is forgotten for a new one."""
_log = logging.getLogger("apiinone.credentials")


@dataclass(slots=True, eq=False)
class Credential:
    """One secret for one provider. `account_id` None: the house's."""

    id: str
    provider: str
    secret: Secret | None
    """None for a server of the operator's own that asks for none."""
    pace: Pace
    account_id: str | None = None
    nodes: tuple[int, ...] = ()
    """Tasks of these nodes use it; empty: of all."""
    falls_back: bool = False
    """Whether its account has the house's used where this one is certainly refused."""
    revoked: bool = False
    """It takes no order any more; what is under way may still be asked about with it."""
    health: Health = field(default_factory=Health)
    proven: bool = False
    """Whether it has worked since this process began; an alarm from before is over then."""

    @property
    def whose(self) -> str:
        """Which kind it is, without naming a tenant."""
        return HOUSE if self.account_id is None else "own"

    def serves(self, node: int | None) -> bool:
        """Whether it may take orders of this node's tasks (None: of any)."""
        return not self.revoked and (node is None or not self.nodes or node in self.nodes)


class OfferAsked(Struct, frozen=True):
    """An offer as asked for one owner: what one tenant's key meets says nothing about the others."""

    provider: str
    upstream_model: str
    account_id: str | None


class Alarm(Struct, frozen=True):
    """A credential's trouble that began, or (None) ended."""

    credential_id: str
    provider: str
    trouble: Trouble | None


class Keyring:
    """Finds credentials and notes how vendors answered them."""

    def __init__(self, clock: Clock, rules: BreakerRules, fixed: Iterable[Credential] = ()) -> None:
        """Take what the environment brings; that stays as it is."""
        self.rules = rules
        self.alarms: list[Alarm] = []
        """Not yet written down."""
        self.refusals: dict[tuple[str, str, Fault], int] = {}
        """Since the start, by provider, whose credential, and fault."""
        self._clock = clock
        self._by_id: dict[str, Credential] = {}
        self._offers: dict[OfferAsked, Health] = {}
        """Those that had trouble; what works has no entry, so that this stays small."""
        self._owned: dict[str | None, dict[str, list[Credential]]] = {}
        for credential in fixed:
            self.put(credential)

    def put(self, credential: Credential) -> None:
        """Add a credential, or take it in the place of the one of this id."""
        self.drop(credential.id)
        self._by_id[credential.id] = credential
        owned = self._owned.setdefault(credential.account_id, {}).setdefault(credential.provider, [])
        owned.append(credential)
        owned.sort(key=lambda other: other.id)

    def drop(self, credential_id: str) -> None:
        """Forget a credential and its secret."""
        gone = self._by_id.pop(credential_id, None)
        if gone is not None:
            owned = self._owned[gone.account_id]
            owned[gone.provider].remove(gone)
            if gone.account_id is not None and not any(owned.values()):
                del self._owned[gone.account_id]
                self._offers = {
                    asked: one for asked, one in self._offers.items() if asked.account_id != gone.account_id
                }
            if gone.health.trouble in ALARMS:
                self.alarms.append(Alarm(gone.id, gone.provider, None))

    def known(self, credential_id: str) -> Credential | None:
        """The credential of this id, revoked ones too; None where there is none any more."""
        return self._by_id.get(credential_id)

    def used_by(self, provider: str, credential_id: str | None) -> Credential | None:
        """What an attempt is asked about with; an attempt from before credentials had ids used the first one."""
        if credential_id is not None:
            found = self._by_id.get(credential_id)
            return found if found is not None and found.provider == provider else None
        return next(iter(self._owned.get(None, {}).get(provider, ())), None)

    def good(self, provider: str, account_id: str | None, node: int | None) -> list[Credential]:
        """Those that may take orders of this node's tasks (None: of any), the house's or this account's."""
        return [one for one in self._owned.get(account_id, {}).get(provider, ()) if one.serves(node)]

    def providers(self, account_id: str | None = None, node: int | None = None) -> frozenset[str]:
        """Whom the house (or this account) has a good credential for."""
        owned = self._owned.get(account_id)
        if owned is None:  # as nearly every account: it has none of its own
            return frozenset()
        return frozenset([one.provider for credentials in owned.values() for one in credentials if one.serves(node)])

    def everything(self) -> list[Credential]:
        """All of them, for figures."""
        return list(self._by_id.values())

    def resting(self) -> Mapping[OfferAsked, Health]:
        """The offers that are left alone, for figures."""
        return {asked: health for asked, health in self._offers.items() if health.trouble is not None}

    def wait_s(self, asked: OfferAsked, node: int, who: str = "") -> float:
        """In how many seconds an offer may be asked with one of this owner's credentials; pace does not count."""
        return self._able(asked, node, who, self._clock.monotonic_s())[0]

    def turn(self, asked: OfferAsked, node: int, who: str, line: str) -> Credential | float:
        """A credential with room, its pace entered (`end_turn` afterwards); or in how many seconds to come again."""
        now_s = self._clock.monotonic_s()
        wait_s, able = self._able(asked, node, who, now_s)
        if wait_s > 0:
            return wait_s
        chosen = able[0] if len(able) == 1 else min(able, key=lambda one: one.pace.load())
        if (wait_s := chosen.pace.enter(line)) > 0:
            return wait_s
        chosen.health.begin(who, now_s, self.rules)
        if (offer := self._troubled(asked)) is not None:
            offer.begin(who, now_s, self.rules)
        return chosen

    def end_turn(self, credential: Credential, asked: OfferAsked, who: str) -> None:
        """A turn is over, whatever came of it: leave the pace, and keep nobody away as a probe."""
        credential.pace.leave()
        credential.health.end(who)
        if (offer := self._troubled(asked)) is not None:
            offer.end(who)

    def ordered(self, credential: Credential, asked: OfferAsked, reply: SubmitReply) -> None:
        """Note how an order was answered."""
        match reply:
            case Accepted():
                self._works(credential)
                if (offer := self._offers.get(asked)) is not None:
                    offer.accepted(self.rules)
            case Finished():
                self._works(credential)
                self._offers.pop(asked, None)
            case Rejected():
                self._rejected(credential, asked, reply, asking=False)
            case Unclear():
                self._offer_failed(asked, None)
            case _:
                assert_never(reply)

    def questioned(self, credential: Credential, asked: OfferAsked, reply: PollReply) -> None:
        """Note how a question was answered. That a job is done says nothing of the credential as it is now."""
        match reply:
            case Finished():
                self._offers.pop(asked, None)
            case Rejected():
                self._rejected(credential, asked, reply, asking=True)
            case Running() | Canceled() | Unclear():
                return
            case _:
                assert_never(reply)

    def _able(self, asked: OfferAsked, node: int, who: str, now_s: float) -> tuple[float, list[Credential]]:
        """In how many seconds the offer may be asked, and the credentials that may ask it now."""
        offer = self._troubled(asked)
        offer_s = 0.0 if offer is None else offer.wait_s(who, now_s)
        able: list[Credential] = []
        least_s = math.inf
        for one in self.good(asked.provider, asked.account_id, node):
            wait_s = one.health.wait_s(who, now_s)
            least_s = min(least_s, wait_s)
            if wait_s <= 0:
                able.append(one)
        return max(offer_s, least_s), able

    def _troubled(self, asked: OfferAsked) -> Health | None:
        """How the offer does, where it had trouble; mostly none has."""
        return self._offers.get(asked) if self._offers else None

    def _rejected(self, credential: Credential, asked: OfferAsked, rejected: Rejected, *, asking: bool) -> None:
        key = (credential.provider, credential.whose, rejected.fault)
        self.refusals[key] = self.refusals.get(key, 0) + 1
        match rejected.fault:
            case "provider_error":
                self._offer_failed(asked, rejected.retry_after_s)
            case "content_policy" | "bad_request" | "output_unavailable":
                if not asking:
                    self._works(credential)
                self._offers.pop(asked, None)
            case "throttled" | "no_balance" | "bad_credential":
                before = credential.health.trouble
                now_s = self._clock.monotonic_s()
                credential.health.refused(rejected.fault, rejected.retry_after_s, now_s, self.rules)
                self._alarm(credential, before)
            case _:
                assert_never(rejected.fault)

    def _works(self, credential: Credential) -> None:
        before = credential.health.trouble
        if before is not None:
            credential.health.answered()
            self._alarm(credential, before)
        elif not credential.proven:
            self.alarms.append(Alarm(credential.id, credential.provider, None))
        credential.proven = True

    def _offer_failed(self, asked: OfferAsked, retry_after_s: float | None) -> None:
        health = self._offers.setdefault(asked, Health())
        if len(self._offers) > OFFERS_MAX:
            del self._offers[next(iter(self._offers))]
        before = health.trouble
        health.failed(retry_after_s, self._clock.monotonic_s(), self.rules)
        if before is None and health.trouble == "errors":
            whose = HOUSE if asked.account_id is None else "own"
            details = {"provider": asked.provider, "upstream_model": asked.upstream_model, "whose_key": whose}
            _log.warning("an offer is left alone for a while", extra=details)

    def _alarm(self, credential: Credential, before: Trouble | None) -> None:
        """Say once that a trouble began or ended; throttling is no alarm. Own keys are their accounts' affair."""
        now = credential.health.trouble
        if now == before or not {now, before} & set(ALARMS):
            return
        details = {"provider": credential.provider, "credential": credential.id, "whose_key": credential.whose}
        if now in ALARMS:
            level = logging.ERROR if credential.account_id is None else logging.WARNING
            _log.log(level, "a credential is refused: %s", now, extra=details)
        else:
            _log.warning("a credential works again", extra=details)
        self.alarms.append(Alarm(credential.id, credential.provider, now if now in ALARMS else None))
