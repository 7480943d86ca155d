"""Signing in with an OpenID provider: whom one goes to, the flight there and back, and who comes. Pure.

The code flow with PKCE (RFC 7636), a state and a nonce, which stand sealed in a cookie of the browser that began. What
is said on the way is in `openid_protocol`.
"""

import base64
import hmac
from typing import Final

import msgspec
from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.core.secret import Secret
from apiinone.people.hashes import Hashes
from apiinone.sealing import Seal, Unsealable

FLIGHT_S: Final = 600
"""How long somebody may take at the provider."""
_PLACE: Final = "oidc-flight"


class Outsider(Struct, frozen=True):
    """The OpenID provider that this installation's people may sign in with."""

    issuer: str
    client_id: str
    secret: Secret | None
    name: str


class Places(Struct, frozen=True):
    """Where it is asked (Discovery 1.0, 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Flight(Struct, frozen=True):
    """Somebody on their way there and back. `session_id`: they are signed in, and want to add it to their person."""

    state: str
    nonce: str
    verifier: str
    next: str
    until_us: int
    session_id: str = ""

    def __repr__(self) -> str:
        """Nothing."""
        return "Flight()"


class Identity(Struct, frozen=True):
    """Who somebody is there. Issuer and subject name them; the address counts only where it was verified there."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str

    def __repr__(self) -> str:
        """Nothing."""
        return "Identity()"


class NotProven(Exception):
    """What came back does not show who somebody is. The text says why, and nothing of what came."""


_encode: Final = msgspec.json.Encoder().encode
_read_flight: Final = msgspec.json.Decoder(Flight).decode


def begin_flight(hashes: Hashes, now_us: int, next_path: str, session_id: str = "") -> Flight:
    """Everything that ties an answer to this browser and this moment."""
    until_us = now_us + FLIGHT_S * US_PER_S
    return Flight(hashes.new(), hashes.new(), hashes.new(), next_path, until_us, session_id)


def sealed_flight(seal: Seal, flight: Flight) -> str:
    """The cookie's text."""
    return base64.urlsafe_b64encode(seal.close(_encode(flight), _PLACE)).decode().rstrip("=")


def landed(seal: Seal, cookie: str, state: str, now_us: int) -> Flight:
    """The flight that this answer ends. Raises NotProven."""
    try:
        flight = _read_flight(seal.open(base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4)), _PLACE))
    except (Unsealable, ValueError):
        flight = None
    if flight is None or not hmac.compare_digest(flight.state.encode(), state.encode()):
        raise NotProven("the answer belongs to no flight of this browser")
    if now_us > flight.until_us:
        raise NotProven("it took too long")
    return flight
