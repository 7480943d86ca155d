"""`callback_url` of a creation, judged by its form; where it leads is judged when it is connected to."""

from typing import Final

from apiinone.accounts.keys import Mode
from apiinone.addresses import AddressRefused, Refused, read_callback
from apiinone.catalog.schema import Parsed, refuse_callback_without_webhook
from apiinone.core.errors import BadRequest
from apiinone.webhooks.outbox import Address

_WHY: Final[dict[Refused, str]] = {
    "malformed": "is not an address that everybody reads alike",
    "scheme": "must be https",
    "userinfo": "must hold no user and no password",
    "port": "must use port 443",
    "not_public": "must be on the public internet",
}


def read_callback_address(parsed: Parsed, mode: Mode, allowed: frozenset[str]) -> Address | None:
    """Where the task's end is to be told; None where nobody asked. Raises BadRequest.

    `allowed` are the operator's exceptions: hosts that need not be public, nor speak https to test keys.
    """
    if parsed.callback_url is None:
        return None
    if mode == "live":
        refuse_callback_without_webhook(parsed)
    return read_address("callback_url", parsed.callback_url, mode, allowed)


def read_address(field: str, url: str, mode: Mode, allowed: frozenset[str]) -> Address:
    """An address to be called, as this field gives it. Raises BadRequest naming the field."""
    try:
        address, _ = read_callback(url, allowed=allowed, https_only=mode == "live")
    except AddressRefused as refused:
        reason: Refused = refused.reason
    else:
        return Address(address.url, address.host_and_port)
    raise BadRequest(f"'{field}' {_WHY[reason]}.", param=f"/{field}")
