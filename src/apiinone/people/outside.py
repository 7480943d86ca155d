"""Signing in with an OpenID provider (OpenID Connect Core 1.0): what is sent there, and what comes back. Pure.

The code flow with PKCE (RFC 7636), a state and a nonce, which stand sealed in a cookie of the browser that began.
"""

import base64
import hashlib
import hmac
from typing import Final
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.core.secret import Secret
from apiinone.people.hashes import Hashes
from apiinone.sealing import Seal, Unsealable

FLIGHT_S: Final = 600
"""How long somebody may take at the provider."""
SCOPES: Final = "openid email profile"
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures by a key pair only: whoever can check one cannot make one."""
LEEWAY_S: Final = 60
TEXT_CHARACTERS_MAX: Final = 255
"""Of a subject (Core 1.0, 2: `sub`); names and addresses are no longer here either."""
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


class _Claims(Struct, frozen=True):
    iss: str
    sub: str
    nonce: str
    email: str = ""
    email_verified: bool | str = False
    name: str = ""


_encode: Final = msgspec.json.Encoder().encode
_read_flight: Final = msgspec.json.Decoder(Flight).decode


def begin_flight(hashes: Hashes, now_us: int, next_path: str, session_id: str = "") -> Flight:
    """Everything that ties an answer to this browser and this moment."""
    until_us = now_us + FLIGHT_S * US_PER_S
    return Flight(hashes.new(), hashes.new(), hashes.new(), next_path, until_us, session_id)


def address_to_go_to(outsider: Outsider, places: Places, flight: Flight, back: str) -> str:
    """Where the browser is sent."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(flight.verifier.encode()).digest()).decode().rstrip("=")
    query = {
        "response_type": "code",
        "client_id": outsider.client_id,
        "redirect_uri": back,
        "scope": SCOPES,
        "state": flight.state,
        "nonce": flight.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in places.authorization_endpoint else "?"
    return f"{places.authorization_endpoint}{joint}{urlencode(query)}"


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


def identity_of(outsider: Outsider, flight: Flight, id_token: str, keys: bytes, now_us: int) -> Identity:
    """Who an ID token names, if the provider signed it for us, for this flight and just now. Raises NotProven."""
    from joserfc import jwk, jwt  # noqa: PLC0415 - loaded with the first who signs in so
    from joserfc.errors import JoseError  # noqa: PLC0415 - as above

    registry = jwt.JWTClaimsRegistry(
        now=now_us // US_PER_S,
        leeway=LEEWAY_S,
        iss={"essential": True, "value": outsider.issuer},
        sub={"essential": True},
        aud={"essential": True, "value": outsider.client_id},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": flight.nonce},
    )
    try:
        token = jwt.decode(id_token, jwk.KeySet.import_key_set(msgspec.json.decode(keys)), algorithms=ALGORITHMS)
        registry.validate(token.claims)
        claims = msgspec.convert(token.claims, _Claims)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):  # whatever is wrong, it proves nothing
        claims = None
    if claims is None or not 0 < len(claims.sub) <= TEXT_CHARACTERS_MAX:
        raise NotProven("the ID token proves nothing")
    verified = claims.email_verified in (True, "true")  # some providers write a word
    return Identity(claims.iss, claims.sub, claims.email, verified, claims.name)
