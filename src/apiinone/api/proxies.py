"""Whose network address a request came from; a proxy is believed only where the operator trusts it (hazard 48)."""

import ipaddress
from collections.abc import Sequence
from typing import Final

from starlette.types import Scope

from apiinone.addresses import Network

HOPS_MAX: Final = 32


def address_of(scope: Scope, trusted: Sequence[Network]) -> str:
    """The client's address of an ASGI request; empty where it is unknown."""
    client: tuple[str, int] | None = scope.get("client")
    peer = "" if client is None else client[0]
    if not trusted:
        return peer
    forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return client_address(peer, forwarded, trusted)


def client_address(peer: str, forwarded: Sequence[bytes], trusted: Sequence[Network]) -> str:
    """The nearest address that is not a trusted proxy's. `forwarded`: all X-Forwarded-For headers, in their order.

    What stands left of it in the headers was written by others and proves nothing. The peer, where all are trusted or
    what a trusted proxy wrote is no address.
    """
    if not _among(peer, trusted):
        return peer
    hops = b",".join(forwarded).decode("latin-1").split(",")[-HOPS_MAX:]
    nearest = peer
    for hop in reversed([hop.strip() for hop in hops]):
        if not _is_address(hop):
            return nearest
        nearest = hop
        if not _among(hop, trusted):
            return hop
    return nearest


def _among(text: str, networks: Sequence[Network]) -> bool:
    if not _is_address(text):
        return False
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
