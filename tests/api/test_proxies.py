"""X-Forwarded-For is believed as far as trusted proxies wrote it, and no further (hazard 48)."""

from pathlib import Path

import pytest

from api.served_api import served_api
from apiinone.accounts.keys import KeyRules
from apiinone.addresses import read_networks
from apiinone.api.proxies import client_address
from databases import sqlite_url

TRUSTED = read_networks(("10.0.0.0/8", "2001:db8::/32"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.1", [b"203.0.113.9"], "198.51.100.1"),
        ("10.0.0.1", [b"203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", [b"1.1.1.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", [b"1.1.1.1", b"203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [b"10.0.0.3"], "10.0.0.3"),
        ("10.0.0.1", [b"203.0.113.9, nonsense"], "10.0.0.1"),
        ("10.0.0.1", [b"nonsense, 203.0.113.9"], "203.0.113.9"),
        ("::ffff:10.0.0.1", [b"203.0.113.9"], "203.0.113.9"),
        ("2001:db8::1", [b"2001:db9::5"], "2001:db9::5"),
        ("", [b"203.0.113.9"], ""),
    ],
)
def test_the_nearest_address_that_no_trusted_proxy_has_is_the_clients(
    peer: str, forwarded: list[bytes], address: str
) -> None:
    assert client_address(peer, forwarded, TRUSTED) == address


def test_without_trusted_proxies_the_header_says_nothing() -> None:
    assert client_address("10.0.0.1", [b"203.0.113.9"], ()) == "10.0.0.1"


async def test_an_address_list_holds_behind_a_trusted_proxy(sqlite_path: Path, tmp_path: Path) -> None:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False, trusted_proxies=("127.0.0.1",)) as api:
        tenant = await api.tenant(rules=KeyRules(ip_ranges=("203.0.113.0/24",)))
        inside, outside = {"X-Forwarded-For": "203.0.113.9"}, {"X-Forwarded-For": "203.0.113.9, 198.51.100.1"}
        assert (await api.ask("GET", "/api/v1/me", key=tenant.key, headers=inside)).status == 200
        assert (await api.ask("GET", "/api/v1/me", key=tenant.key, headers=outside)).status == 403
        assert (await api.get("/api/v1/me", tenant.key)).status == 403
