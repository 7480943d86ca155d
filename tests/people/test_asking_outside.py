"""What an OpenID provider said is believed for an hour, and nothing of Authlib is loaded before somebody goes there."""

import secrets
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from urllib.parse import parse_qs, urlsplit

import pytest

from apiinone.core.secret import Secret
from apiinone.outbound import Outbound
from apiinone.people.ask_outside import KEPT_S, OutsideDoor
from apiinone.people.hashes import Hashes
from apiinone.people.outside import Outsider, begin_flight
from clocks import ClockForTests
from web.openid_provider import CLIENT, SECRET, OpenIdProvider, openid_provider

BACK = "http://127.0.0.1/sign-in/with/back"
DOOR = """
import sys
from apiinone.core.clock import SystemClock
from apiinone.outbound import Outbound
from apiinone.people.ask_outside import OutsideDoor
from apiinone.people.outside import Outsider
outbound = Outbound(allowed_private=frozenset(), connections_max=1, user_agent="x")
OutsideDoor(Outsider("https://id.example", "one", None, "ID"), outbound, SystemClock())
print(*sys.modules)
"""


@pytest.fixture
async def provider() -> AsyncGenerator[OpenIdProvider]:
    async with openid_provider() as one:
        one.says = {"sub": "ada-1"}
        yield one


async def test_places_and_keys_are_believed_for_an_hour(provider: OpenIdProvider) -> None:
    clock, place = ClockForTests(), urlsplit(provider.url).netloc
    outbound = Outbound(allowed_private=frozenset({place}), connections_max=1, user_agent="x")
    door = OutsideDoor(Outsider(provider.url, CLIENT, Secret(SECRET), "ID"), outbound, clock)
    hashes = Hashes(b"k" * 32, secrets.token_bytes)
    asked: list[tuple[int, int]] = []
    try:
        for passing_s in (0, KEPT_S - 1, 2):
            clock.pass_s(passing_s)
            flight = begin_flight(hashes, clock.now_us(), "/account")
            (code,) = parse_qs(urlsplit(provider.approve(await door.address_to_go_to(flight, BACK))).query)["code"]
            identity = await door.identity(flight, code, BACK, lambda: int(time.time() * 1_000_000))
            assert identity.subject == "ada-1"
            asked.append((provider.asked.count("/.well-known/openid-configuration"), provider.asked.count("/jwks_uri")))
    finally:
        await outbound.aclose()
    assert asked == [(1, 1), (1, 1), (2, 2)]


def test_a_server_with_a_provider_waits_for_the_first_who_goes_there() -> None:
    loaded = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-B", "-c", DOOR], check=True, capture_output=True, text=True
    ).stdout.split()
    assert {module.partition(".")[0] for module in loaded} & {"authlib", "joserfc", "cryptography"} == set()
