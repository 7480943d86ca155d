"""Asks an OpenID provider: where its places are, what its keys are, and for the token behind a code."""

import base64
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Struct

from apiinone.core.clock import Clock
from apiinone.core.exchange import InHeader, Request, Response
from apiinone.core.secret import Secret
from apiinone.outbound import Lost, NotSent, Outbound
from apiinone.people.outside import Flight, Identity, NotProven, Outsider, Places, identity_of

T = TypeVar("T", bound=Struct)
PLACES_KEPT_S: Final = 3600.0
TIMEOUT_S: Final = 10.0
ANSWER_BYTES_MAX: Final = 256 * 1024
WELL_KNOWN: Final = "/.well-known/openid-configuration"


class _Token(Struct, frozen=True):
    id_token: str


class OutsideDoor:
    """The way to one OpenID provider."""

    def __init__(self, outsider: Outsider, outbound: Outbound, clock: Clock) -> None:
        """Take whom to ask, and what sends."""
        self.outsider = outsider
        self._outbound = outbound
        self._clock = clock
        self._places: tuple[Places, float] | None = None

    async def places(self) -> Places:
        """Where it is asked, as it says itself. Raises NotProven."""
        now_s = self._clock.monotonic_s()
        if self._places is not None and now_s - self._places[1] < PLACES_KEPT_S:
            return self._places[0]
        issuer = self.outsider.issuer
        body = await self._get(f"{issuer.rstrip('/')}{WELL_KNOWN}")
        places = _read(body, Places)
        if places.issuer != issuer:
            raise NotProven("the provider calls itself otherwise")
        ends = (places.authorization_endpoint, places.token_endpoint, places.jwks_uri)
        if issuer.startswith("https://") and not all(end.startswith("https://") for end in ends):
            raise NotProven("the provider has places without encryption")
        self._places = (places, now_s)
        return places

    async def identity(self, flight: Flight, code: str, back: str, now_us: Callable[[], int]) -> Identity:
        """Who came back with this code. Raises NotProven."""
        places = await self.places()
        token = _read(await self._ask_for_token(places, flight, code, back), _Token)
        keys = await self._get(places.jwks_uri)
        return identity_of(self.outsider, flight, token.id_token, keys, now_us())

    async def _ask_for_token(self, places: Places, flight: Flight, code: str, back: str) -> bytes:
        outsider = self.outsider
        fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", back),
            ("code_verifier", flight.verifier),
        ]
        if outsider.secret is None:
            fields.append(("client_id", outsider.client_id))
        request = Request(
            "POST",
            places.token_endpoint,
            auth="none" if outsider.secret is None else InHeader("Authorization", "Basic "),
            fields=tuple(fields),
            timeout_s=TIMEOUT_S,
            body_bytes_max=ANSWER_BYTES_MAX,
        )
        return await self._asked(request, _basic(outsider))

    async def _get(self, url: str) -> bytes:
        return await self._asked(
            Request("GET", url, auth="none", timeout_s=TIMEOUT_S, body_bytes_max=ANSWER_BYTES_MAX), None
        )

    async def _asked(self, request: Request, secret: Secret | None) -> bytes:
        """The body of a good answer. A code is asked about once: a second try would be refused as a replay."""
        answer: Response | None
        try:
            answer = await self._outbound.send(request, secret=secret, hosts=(urlsplit(request.url).netloc.lower(),))
        except (NotSent, Lost):
            answer = None
        if answer is None or answer.status != HTTPStatus.OK:
            raise NotProven("the provider does not answer, or refuses")
        return answer.body


def _basic(outsider: Outsider) -> Secret | None:
    """The client's name and secret as RFC 6749, 2.3.1 has them in a header."""
    if outsider.secret is None:
        return None
    pair = f"{quote(outsider.client_id, safe='')}:{quote(outsider.secret.reveal(), safe='')}"
    return Secret(base64.b64encode(pair.encode()).decode())


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError:
        raise NotProven("the provider's answer is not what it must be") from None
