"""A credential that signs: each request carries a token of its own, and never the secret."""

import base64
import hashlib
import hmac
import json

import pytest

from apiinone.core.exchange import Request, SignedToken
from apiinone.core.secret import Secret
from apiinone.outbound import Outbound
from clocks import ClockForTests
from outbound.loopback import USER_AGENT, Loopback

AUTH = SignedToken(valid_s=1800, early_s=5)
NOW_S = 1_800_000_000


async def shown(credential: str, at_s: int = NOW_S) -> str:
    """What stands in the header after `Bearer`."""
    async with Loopback() as server:
        outbound = Outbound(
            allowed_private=frozenset({server.netloc}),
            connections_max=1,
            user_agent=USER_AGENT,
            clock=ClockForTests(at_s * 1_000_000),
        )
        request = Request("GET", server.url, auth=AUTH)
        await outbound.send(request, secret=Secret(credential), hosts=(server.netloc,))
        await outbound.aclose()
    lines = server.requests[0].decode().split("\r\n")
    return next(line for line in lines if line.startswith("Authorization: ")).removeprefix("Authorization: Bearer ")


def read(part: str) -> dict[str, object]:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


async def test_a_pair_signs_a_token_that_names_the_key_and_holds_for_a_while() -> None:
    head, claims, signature = (await shown("access:secret")).split(".")
    assert read(head) == {"alg": "HS256", "typ": "JWT"}
    assert read(claims) == {"iss": "access", "exp": NOW_S + 1800, "nbf": NOW_S - 5}
    digest = hmac.new(b"secret", f"{head}.{claims}".encode(), hashlib.sha256).digest()
    assert signature == base64.urlsafe_b64encode(digest).decode().rstrip("=")


async def test_a_later_request_has_a_later_token() -> None:
    claims = read((await shown("access:secret", NOW_S + 1000)).split(".")[1])
    assert claims["exp"] == NOW_S + 2800


@pytest.mark.parametrize("credential", ["plain-key", "plain.key"])
async def test_a_credential_that_is_no_pair_is_shown_as_it_is(credential: str) -> None:
    assert await shown(credential) == credential
