"""How often something may be tried: counted in the database, so that all processes count together.

One moment for each bucket says when it will be whole again (a leaky bucket). Names of buckets are hashed: a row tells
nobody who tried what.
"""

import ipaddress
from typing import Final

from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.db import Sql, Tx
from apiinone.people.hashes import Hashes

_TAKE = Sql(
    "INSERT INTO throttles (id, free_us) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET free_us ="
    " CASE WHEN throttles.free_us > $3 THEN throttles.free_us ELSE $3 END + $4 WHERE throttles.free_us <= $5"
)
_FREE = Sql("SELECT free_us FROM throttles WHERE id = $1")
_RESET = Sql("DELETE FROM throttles WHERE id = $1")
_DROP = Sql("DELETE FROM throttles WHERE free_us <= $1")
_IPV6_NETWORK: Final = 64
"""One subscriber has so many bits of an address to themselves (RFC 6177)."""


class Throttle(Struct, frozen=True):
    """So many tries at once, then one every so often."""

    name: str
    at_once: int
    every_s: int


SIGN_IN_PERSON: Final = Throttle("sign_in/person", at_once=10, every_s=60)
SIGN_IN_NETWORK: Final = Throttle("sign_in/network", at_once=60, every_s=5)
MAIL_PERSON: Final = Throttle("mail/person", at_once=3, every_s=900)
"""Letters that strangers can have sent to one address."""
MAIL_NETWORK: Final = Throttle("mail/network", at_once=20, every_s=120)
CODE_PERSON: Final = Throttle("code/person", at_once=5, every_s=300)
"""Codes of six digits: who has the password and guesses without pause needs years, even odds after three."""


class Throttled(Struct, frozen=True):
    """Too many tries; the next one is let through then."""

    retry_after_s: int


async def take(tx: Tx, hashes: Hashes, throttle: Throttle, whose: str) -> Throttled | None:
    """Take one try from a bucket; None where it may be made. In a transaction that is undone nothing was taken."""
    every_us = throttle.every_s * US_PER_S
    bucket = hashes.of(throttle.name, whose)
    latest_us = tx.now_us + every_us * (throttle.at_once - 1)
    if await tx.run(_TAKE, bucket, tx.now_us + every_us, tx.now_us, every_us, latest_us):
        return None
    row = await tx.row(_FREE, bucket)
    wait_us = every_us if row is None else row[0] - latest_us
    return Throttled(max(1, -(-wait_us // US_PER_S)))


async def reset(tx: Tx, hashes: Hashes, throttle: Throttle, whose: str) -> None:
    """Make a bucket whole: whoever it counted has shown who they are."""
    await tx.run(_RESET, hashes.of(throttle.name, whose))


async def drop_whole(tx: Tx) -> int:
    """Forget buckets that would let everything through."""
    return await tx.run(_DROP, tx.now_us)


def network_of(address: str) -> str:
    """What is counted as one origin: an IPv4 address, or the 64 bits of an IPv6 network."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), _IPV6_NETWORK), strict=False))
