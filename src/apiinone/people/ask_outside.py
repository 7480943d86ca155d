"""Asks an OpenID provider: where its places are, what its keys are, and for the tokens behind a code."""

import base64
from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlsplit

from apiinone.core.clock import Clock
from apiinone.core.exchange import InHeader, Request, Response
from apiinone.core.secret import Secret
from apiinone.outbound import Lost, NotSent, Outbound
from apiinone.people.outside import Flight, Identity, NotProven, Outsider, Places

KEPT_S: Final = 3600.0
"""How long a provider's places and keys are believed. Keys are asked for earlier where none of them signed a token."""
TIMEOUT_S: Final = 10.0
ANSWER_BYTES_MAX: Final = 256 * 1024


class OutsideDoor:
    """The way to one OpenID provider."""

    def __init__(self, outsider: Outsider, outbound: Outbound, clock: Clock) -> None:
        """Take whom to ask, and what sends."""
        self.outsider = outsider
        self._outbound = outbound
        self._clock = clock
        self._places: tuple[Places, float] | None = None
        self._keys: tuple[bytes, float] | None = None

    async def address_to_go_to(self, flight: Flight, back: str) -> str:
        """Where the browser is sent. Raises NotProven."""
        from apiinone.people import openid_protocol  # noqa: PLC0415 - loaded with the first who signs in so

        return openid_protocol.address_to_go_to(self.outsider, await self._known_places(), flight, back)

    async def identity(self, flight: Flight, code: str, back: str, now_us: Callable[[], int]) -> Identity:
        """Who came back with this code. Raises NotProven."""
        from apiinone.people import openid_protocol  # noqa: PLC0415 - as above

        places = await self._known_places()
        fields = openid_protocol.fields_for_tokens(self.outsider, flight, code, back)
        tokens = openid_protocol.tokens_of(await self._ask_for_tokens(places, fields))
        kept = self._kept_keys()
        if kept is not None:
            try:
                return openid_protocol.identity_of(self.outsider, flight, tokens, kept, now_us())
            except openid_protocol.UnknownKey:
                pass  # signed by a key that is newer than what we keep
        keys = await self._get(places.jwks_uri)
        identity = openid_protocol.identity_of(self.outsider, flight, tokens, keys, now_us())
        self._keys = (keys, self._clock.monotonic_s())
        return identity

    async def _known_places(self) -> Places:
        """Where it is asked, as it says itself. Raises NotProven."""
        from apiinone.people import openid_protocol  # noqa: PLC0415 - as above

        now_s = self._clock.monotonic_s()
        if self._places is not None and now_s - self._places[1] < KEPT_S:
            return self._places[0]
        issuer = self.outsider.issuer
        places = openid_protocol.places_of(issuer, await self._get(openid_protocol.address_of_places(issuer)))
        self._places = (places, now_s)
        return places

    def _kept_keys(self) -> bytes | None:
        if self._keys is None or self._clock.monotonic_s() - self._keys[1] >= KEPT_S:
            return None
        return self._keys[0]

    async def _ask_for_tokens(self, places: Places, fields: tuple[tuple[str, str], ...]) -> bytes:
        request = Request(
            "POST",
            places.token_endpoint,
            auth="none" if self.outsider.secret is None else InHeader("Authorization", "Basic "),
            fields=fields,
            timeout_s=TIMEOUT_S,
            body_bytes_max=ANSWER_BYTES_MAX,
        )
        return await self._asked(request, _basic(self.outsider))

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
    """The client's name and secret as RFC 6749, 2.3.1 has them in a header; Authlib leaves out the inner encoding."""
    if outsider.secret is None:
        return None
    pair = f"{quote(outsider.client_id, safe='')}:{quote(outsider.secret.reveal(), safe='')}"
    return Secret(base64.b64encode(pair.encode()).decode())
