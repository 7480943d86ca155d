"""What the type of a setting does not say of it. What needs more than the text itself is judged where it is used."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from apiinone.addresses import read_host_and_port, read_networks
from apiinone.core.secret import KEY_CHARACTERS_MIN


def _long_enough(text: str) -> None:
    if len(text) < KEY_CHARACTERS_MIN:
        raise ValueError(f"it needs at least {KEY_CHARACTERS_MIN} characters")


def _web_address(text: str) -> None:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("this must be https://host[:port][/path]")


def _database(text: str) -> None:
    """The text may hold a password: it is not repeated."""
    parts = urlsplit(text)
    if not text.startswith("sqlite:///") and parts.scheme not in ("postgresql", "postgres"):
        raise ValueError("this must be postgresql://…, or empty for SQLite in the data folder")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("its port is no number up to 65535") from None


def _hosts_and_ports(texts: tuple[str, ...]) -> None:
    for text in texts:
        read_host_and_port(text)


RULES: Mapping[str, Callable[[Any], object]] = {
    "database_url": _database,
    "public_url": _web_address,
    "secret_key": _long_enough,
    "credentials_key": _long_enough,
    "credentials_key_before": _long_enough,
    "trusted_proxies": read_networks,
    "allowed_private_hosts": _hosts_and_ports,
    "internal_listen": read_host_and_port,
}
"""By field; each raises ValueError."""
