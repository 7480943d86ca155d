"""Which addresses are refused before anything is looked up or connected to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from yarl import URL

from apiinone.addresses import (
    Address,
    AddressRefused,
    is_listed,
    is_public,
    plain_parts,
    read_address,
    require_public,
)
from outbound.addresses_for_tests import ALWAYS, NEVER


def test_the_table_is_long_enough() -> None:
    assert len(set(NEVER)) >= 120


@pytest.mark.parametrize("url", NEVER)
def test_a_forbidden_spelling_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        require_public(read_address(url))
    assert str(refused.value) == f"address refused: {refused.value.reason}"


@pytest.mark.parametrize(("url", "used"), ALWAYS)
def test_an_honest_address_is_used_in_one_spelling(url: str, used: str) -> None:
    address = read_address(url)
    require_public(address)
    assert address.url == used
    assert read_address(used) == address


@settings(deadline=None)
@given(
    st.text()
    | st.builds("https://{}".format, st.text())
    | st.builds("https://{}.example/{}".format, st.text(), st.text())
)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        address = read_address(text)
    except AddressRefused:
        return
    assert read_address(address.url) == address


@settings(deadline=None)
@given(st.text(alphabet="abcdefgx0123456789.-_[]:%@/\\?#~+é\u3002 ", max_size=30))
def test_the_client_reads_the_same_host_as_we_do(tail: str) -> None:
    try:
        address = read_address(f"https://{tail}")
    except AddressRefused:
        return
    seen = URL(address.url, encoded=True)
    assert (seen.raw_host, seen.port, seen.user, seen.raw_path_qs) == (address.host, address.port, None, address.target)


PLAIN = st.text(alphabet="abcA019.-:/?#@%\\[]~ü ", max_size=30)


@settings(deadline=None)
@given(st.builds("{}{}".format, st.sampled_from(("https://a.example/", "http://10.0.0.7:8080/", "https://")), PLAIN))
def test_a_plain_address_judged_in_parts_is_the_one_that_is_read_whole(url: str) -> None:
    parts = plain_parts(url)
    if parts is None:
        return
    try:
        whole = read_address(url)
    except AddressRefused:
        with pytest.raises(AddressRefused):
            read_address(parts[0])
        return
    assert replace(read_address(parts[0]), target=parts[1]) == whole


def test_what_jobs_are_asked_by_is_plain() -> None:
    assert plain_parts("https://api.example/v3/jobs/a-1:b/result?x=%2B") == (
        "https://api.example",
        "/v3/jobs/a-1:b/result?x=%2B",
    )
    assert plain_parts("https://api.example") is None


@pytest.mark.parametrize(
    ("numeric", "public"),
    [
        ("8.8.8.8", True),
        ("172.15.255.255", True),
        ("172.32.0.0", True),
        ("100.63.255.255", True),
        ("100.128.0.0", True),
        ("223.255.255.255", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("2002:808:808::1", True),
        ("2001:200::1", True),
        ("172.16.0.0", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::1", False),
        ("fe80::1%eth0", False),
        ("2001:1ff::1", False),
        ("4000::1", False),
        ("", False),
        ("example.com", False),
        ("127.1", False),
    ],
)
def test_a_numeric_address_is_judged_by_the_table(numeric: str, public: bool) -> None:  # noqa: FBT001 - a column
    assert is_public(numeric) is public


@pytest.mark.parametrize(
    ("url", "hosts", "listed"),
    [
        ("https://api.example.com/v1", ("api.example.com",), True),
        ("https://api.example.com/v1", ("api.example.com:443",), True),
        ("https://API.example.com./v1", ("api.example.com",), True),
        ("https://api.example.com:8443/", ("api.example.com",), False),
        ("https://evil-api.example.com/", ("api.example.com",), False),
        ("https://api.example.com.evil.test/", ("api.example.com",), False),
        ("https://example.com/", ("api.example.com",), False),
        ("http://127.0.0.1:9001/", ("127.0.0.1:9001",), True),
        ("http://127.0.0.1:9002/", ("127.0.0.1:9001",), False),
        ("http://[::1]:9001/", ("[::1]:9001",), True),
        ("http://sim.example/", ("sim.example",), True),
        ("https://api.example.com/", (), False),
        ("https://api.example.com/", ("*.example.com",), True),
        ("https://eu.API.example.com./", ("*.example.com",), True),
        ("https://example.com/", ("*.example.com",), False),
        ("https://evilexample.com/", ("*.example.com",), False),
        ("https://api.example.com.evil.test/", ("*.example.com",), False),
        ("https://api.example.com:8443/", ("*.example.com",), False),
        ("http://api.example.com/", ("*.example.com",), False),
        ("https://example.com/", ("*.com",), False),
        ("https://example.com/", ("*.",), False),
        ("https://example.com/", ("*",), False),
    ],
)
def test_a_list_of_hosts_names_whole_hosts_and_ports(url: str, hosts: tuple[str, ...], listed: bool) -> None:  # noqa: FBT001 - a column
    assert is_listed(read_address(url), hosts) is listed


def test_an_address_shows_its_port_where_it_is_not_the_schemes_own() -> None:
    assert Address("http", "::1", 9001, "/a").url == "http://[::1]:9001/a"
