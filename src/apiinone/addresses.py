"""Which addresses we may talk to: pure rules on URLs and on numeric addresses (hazard 32).

A URL is read once, strictly, into an `Address`; odd spellings that another reader might understand differently are
refused instead of being understood. Numeric addresses are judged by one table that can be seen whole.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final, Literal
from urllib.parse import SplitResult, quote, urlsplit

from msgspec import Struct

URL_CHARACTERS_MAX: Final = 8192
"""Signed links of object stores reach a few thousand characters; nothing honest is longer than this."""

Refused = Literal["malformed", "scheme", "userinfo", "port", "not_public"]


class AddressRefused(ValueError):
    """We do not talk to this address. The text names the rule and never the address."""

    def __init__(self, reason: Refused) -> None:
        """Take the rule that was broken."""
        super().__init__(f"address refused: {reason}")
        self.reason: Refused = reason


class Address(Struct, frozen=True):
    """A URL in the one spelling in which it is checked, and then used."""

    scheme: Literal["http", "https"]
    host: str
    """Lower case, without a final dot; an IPv6 address compressed and without brackets."""
    port: int
    target: str
    """Path and query, percent-encoded as they came."""

    @property
    def url(self) -> str:
        """The whole URL; the port stands there only where it is not the scheme's own."""
        shown = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.bracketed}{shown}{self.target}"

    @property
    def host_and_port(self) -> str:
        """``host:port``, the form of an operator's allow-list."""
        return f"{self.bracketed}:{self.port}"

    @property
    def bracketed(self) -> str:
        """The host as a URL writes it."""
        return f"[{self.host}]" if ":" in self.host else self.host


DEFAULT_PORTS: Final = {"http": 80, "https": 443}
PORT_MAX: Final = 65_535


Network = IPv4Network | IPv6Network


def read_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Addresses and ranges. Raises ValueError."""
    return tuple(ip_network(text, strict=False) for text in texts)


def read_host_and_port(text: str) -> tuple[str, int]:
    """Of ``host:port``, an IPv6 address in brackets. Raises ValueError."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= PORT_MAX:
        raise ValueError(f"not host:port: {text[:100]!r}")
    return host, int(port)


def read_address(url: str) -> Address:
    """Read an absolute http(s) URL. Raises AddressRefused: malformed, scheme, userinfo.

    Refused as malformed: white space, control characters, backslashes, host names that are not plain ASCII labels,
    and every spelling of an IPv4 address but the four decimal numbers (octal, hexadecimal, shortened, one integer).
    """
    if len(url) > URL_CHARACTERS_MAX or _UNCLEAN.search(url):
        raise AddressRefused("malformed")
    parts, port = _split(url)
    if parts.scheme not in ("http", "https"):
        raise AddressRefused("scheme")
    if "@" in parts.netloc:
        raise AddressRefused("userinfo")
    if not parts.netloc.isascii():
        raise AddressRefused("malformed")
    host = _read_host(parts.netloc, parts.hostname or "")
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    return Address(
        scheme=scheme,
        host=host,
        port=DEFAULT_PORTS[scheme] if port is None else port,
        target=target if target.isascii() else quote(target, safe=_KEPT),
    )


def plain_parts(url: str) -> tuple[str, str] | None:
    """Where a URL leads and what is asked there, for those that need no reading; None for all others.

    `read_address` of the whole is that of the first part, with the second one as its target.
    """
    found = _PLAIN.fullmatch(url) if len(url) <= URL_CHARACTERS_MAX else None
    return None if found is None else (found[1], found[2])


def require_public(address: Address) -> None:
    """Refuse what can be refused before a name is looked up: plain http, odd ports, private literals, local names.

    Raises AddressRefused: scheme, port, not_public. What the name resolves to is judged by `is_public` on connecting.
    """
    if address.scheme != "https":
        raise AddressRefused("scheme")
    if address.port != DEFAULT_PORTS["https"]:
        raise AddressRefused("port")
    if is_literal(address.host):
        if not is_public(address.host):
            raise AddressRefused("not_public")
    elif "." not in address.host or address.host.endswith(LOCAL_NAMES):
        raise AddressRefused("not_public")


def read_callback(url: str, *, allowed: frozenset[str], https_only: bool) -> tuple[Address, bool]:
    """Where a client wants to be called back, and whether the operator allows that host by name (``host:port``).

    An allowed host may be reached by http where not `https_only`; every other must be public as far as its form tells.
    Nothing is looked up. Raises AddressRefused.
    """
    address = read_address(url)
    if address.host_and_port not in allowed:
        require_public(address)
        return address, False
    if https_only and address.scheme != "https":
        raise AddressRefused("scheme")
    return address, True


def is_listed(address: Address, hosts: tuple[str, ...]) -> bool:
    """Whether a list of ``host`` (at the scheme's own port), ``host:port`` and ``*.host`` names this address.

    ``*.host`` stands for every host below that one, by https at its own port; it must itself have two labels, so that
    none names a whole top-level domain.
    """
    if address.host_and_port in hosts:
        return True
    if address.port != DEFAULT_PORTS[address.scheme]:
        return False
    return address.bracketed in hosts or (
        address.scheme == "https" and any(_is_below(address.host, entry) for entry in hosts)
    )


def is_public(numeric: str) -> bool:
    """Whether an IPv4 or IPv6 address, as a socket shows it, is on the public internet.

    Addresses that carry an IPv4 address inside (mapped, NAT64, 6to4) are judged by that. Anything unreadable is not.
    """
    try:
        if ":" not in numeric:
            return _is_public_v4(IPv4Address(numeric))
        address = IPv6Address(numeric)
    except ValueError:
        return False
    inside = _carried_v4(address)
    if inside is not None:
        return _is_public_v4(inside)
    return address in GLOBAL_UNICAST_V6 and not any(address in network for network in NOT_PUBLIC_V6)


def is_literal(host: str) -> bool:
    """Whether the host of an `Address` is a numeric address and no name."""
    return ":" in host or host.rpartition(".")[2].isdigit()


LOCAL_NAMES: Final = (".localhost", ".local", ".internal", ".home.arpa", ".onion")
"""Endings that never name a public host (RFC 6761, 6762, 7686, 8375; .internal is reserved by ICANN)."""

NOT_PUBLIC_V4: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; the metadata service of one cloud stands in it
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's host service at an address that looks public
        "169.254.0.0/16",  # link-local, with the metadata service of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments, with another metadata service
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # former 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved and broadcast
    )
)
"""IANA's special-purpose registry for IPv4, and three addresses that clouds chose for themselves."""

GLOBAL_UNICAST_V6: Final = IPv6Network("2000::/3")
"""Everything outside is loopback, private, link-local, multicast or unassigned."""

NOT_PUBLIC_V6: Final = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID and others
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
)

_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR: Final = IPv6Network("2002::/16")


def _is_public_v4(address: IPv4Address) -> bool:
    return not any(address in network for network in NOT_PUBLIC_V4)


def _carried_v4(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address inside an IPv6 address of a form that routers translate."""
    if address in _MAPPED or address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address((int(address) >> 80) & 0xFFFF_FFFF)
    return None


_UNCLEAN: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ud800-\udfff]")
_PLAIN: Final = re.compile(r"(https?://[a-z0-9.:-]+)(/[!-\"$->@-\[\]-~]*(?:\?[!-\"$-\[\]-~]+)?)")
"""No upper case before the path, and after it printable ASCII without a fragment and without a backslash."""
_KEPT: Final = "".join(chr(code) for code in range(0x21, 0x7F))
"""Printable ASCII stays as it came: re-encoding would break the signature in a signed link."""
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_HOST_CHARACTERS_MAX: Final = 253


def _split(url: str) -> tuple[SplitResult, int | None]:
    """The parts of a URL and its port. Raises AddressRefused."""
    with suppress(ValueError):
        parts = urlsplit(url)
        return parts, parts.port
    # Raised out here and not from the ValueError, which repeats the URL. So below.
    raise AddressRefused("malformed")


def _read_host(netloc: str, hostname: str) -> str:
    """The host in its one spelling. Raises AddressRefused."""
    if netloc.startswith("["):
        return _numeric(IPv6Address, hostname)
    host = hostname.removesuffix(".")
    labels = host.split(".")
    if len(host) > _HOST_CHARACTERS_MAX or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressRefused("malformed")
    # A host whose last label is a number is an address for some reader, so only the canonical form of one may pass.
    return _numeric(IPv4Address, host) if _NUMBER.fullmatch(labels[-1]) else host


def _numeric(kind: type[IPv4Address] | type[IPv6Address], text: str) -> str:
    """A literal in its one spelling; the zone of a link-local address is none. Raises AddressRefused."""
    with suppress(ValueError):
        if "%" not in text:
            return kind(text).compressed
    raise AddressRefused("malformed")


def _is_below(host: str, entry: str) -> bool:
    return entry.startswith("*.") and "." in entry[2:] and host.endswith(entry[1:])
