"""OpenID Connect as Authlib speaks it: where to ask, what to send, and whom an answer proves. Pure.

Core 1.0 and Discovery 1.0, on OAuth 2.0 (RFC 6749) with PKCE (RFC 7636). Authlib's parts that send are left alone: all
requests leave by the one sender. Whoever needs this module loads it with the first who signs in so.
"""

from typing import Annotated, Final, TypeVar

import msgspec
from authlib.common.urls import url_decode
from authlib.oauth2.rfc6749.parameters import (
    prepare_grant_uri,  # pyright: ignore[reportUnknownVariableType] - Authlib names few types
    prepare_token_request,  # pyright: ignore[reportUnknownVariableType] - as above
)
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # pyright: ignore[reportUnknownVariableType] - as above
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc import jwk, jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from msgspec import Meta, Struct

from apiinone.core.clock import US_PER_S
from apiinone.people.outside import Flight, Identity, NotProven, Outsider, Places

T = TypeVar("T")
SCOPES: Final = "openid email profile"
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures by a key pair only: whoever can check one cannot make one."""
LEEWAY_S: Final = 60
TEXT_CHARACTERS_MAX: Final = 255
"""Of a subject (Core 1.0, 2: `sub`); names and addresses are no longer here either."""


class UnknownKey(NotProven):
    """None of these keys signed it. The provider may have others by now."""


class Tokens(Struct, frozen=True):
    """What a code was exchanged for. Both must be there (Core 1.0, 3.1.3.3): a hash in one vouches for the other."""

    id_token: str
    access_token: Annotated[str, Meta(min_length=1)]

    def __repr__(self) -> str:
        """Nothing."""
        return "Tokens()"


class _Claims(Struct, frozen=True):
    iss: str
    sub: Annotated[str, Meta(min_length=1, max_length=TEXT_CHARACTERS_MAX)]
    email: str = ""
    email_verified: bool | str = False
    name: str = ""


def address_of_places(issuer: str) -> str:
    """Where a provider says where it is asked."""
    return get_well_known_url(issuer, external=True)


def places_of(issuer: str, said: bytes) -> Places:
    """Where this issuer is asked, by what it says itself. Raises NotProven.

    Only what we go by is judged. As a whole many would not pass: Microsoft's names `private_key_jwt` and leaves out the
    algorithms that ought to stand with it.
    """
    metadata: dict[str, object] = _read(said, dict[str, object])
    judged = OpenIDProviderMetadata(metadata)
    try:
        judged.validate_issuer()
        judged.validate_authorization_endpoint()
        judged.validate_token_endpoint()
        judged.validate_jwks_uri()  # pyright: ignore[reportUnknownMemberType] - as above
        places = msgspec.convert(metadata, Places)
    except (ValueError, TypeError, AttributeError):  # an entry of another type than Authlib counts on
        raise NotProven("the provider does not say where it is asked") from None
    if places.issuer != issuer:
        raise NotProven("the provider calls itself otherwise")
    ends = (places.authorization_endpoint, places.token_endpoint, places.jwks_uri)
    if issuer.startswith("https://") and not all(end.startswith("https://") for end in ends):
        raise NotProven("the provider has places without encryption")  # Authlib lets some on the loopback network pass
    return places


def address_to_go_to(outsider: Outsider, places: Places, flight: Flight, back: str) -> str:
    """Where the browser is sent."""
    challenge: str = create_s256_code_challenge(flight.verifier)  # pyright: ignore[reportUnknownVariableType] - as above
    return prepare_grant_uri(  # pyright: ignore[reportUnknownVariableType] - as above
        places.authorization_endpoint,
        outsider.client_id,
        "code",
        back,
        SCOPES,
        flight.state,
        nonce=flight.nonce,
        code_challenge=challenge,
        code_challenge_method="S256",
    )


def fields_for_tokens(outsider: Outsider, flight: Flight, code: str, back: str) -> tuple[tuple[str, str], ...]:
    """The form that exchanges a code. Who has a secret shows it in a header; who has none says its name here."""
    client_id = outsider.client_id if outsider.secret is None else None
    body = prepare_token_request(
        "authorization_code", "", back, code=code, code_verifier=flight.verifier, client_id=client_id
    )
    return tuple(url_decode(body))  # pyright: ignore[reportUnknownVariableType] - as above


def tokens_of(answer: bytes) -> Tokens:
    """What the provider gave for a code. Raises NotProven."""
    return _read(answer, Tokens)


def identity_of(outsider: Outsider, flight: Flight, tokens: Tokens, keys: bytes, now_us: int) -> Identity:
    """Who an ID token names, if the provider signed it for us, for this flight and just now.

    Raises UnknownKey where it was signed by none of these keys, else NotProven.
    """
    options = {"iss": {"value": outsider.issuer}, "aud": {"value": outsider.client_id}}
    ours = {"nonce": flight.nonce, "client_id": outsider.client_id, "access_token": tokens.access_token}
    try:
        key_set = jwk.KeySet.import_key_set(msgspec.json.decode(keys))
        token = jwt.decode(tokens.id_token, key_set, algorithms=ALGORITHMS)
        claimed = CodeIDToken(token.claims, token.header, options, ours)
        claimed.validate(now_us // US_PER_S, LEEWAY_S)  # pyright: ignore[reportUnknownMemberType] - as above
        claims = msgspec.convert(token.claims, _Claims)
    except (InvalidKeyIdError, BadSignatureError):
        raise UnknownKey("the ID token is signed by none of the provider's keys") from None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):  # whatever is wrong, it proves nothing
        raise NotProven("the ID token proves nothing") from None
    verified = claims.email_verified in (True, "true")  # some providers write a word
    return Identity(claims.iss, claims.sub, claims.email, verified, claims.name)


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError:
        raise NotProven("the provider's answer is not what it must be") from None
