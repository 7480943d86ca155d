"""From our fields to an upstream's, as an offer declares it. Pure."""

from collections.abc import Mapping
from typing import assert_never

from apiinone.catalog.offer import Offer, Send
from apiinone.catalog.sizes import ratio_name, read_size


def upstream_fields(offer: Offer, fields: Mapping[str, object]) -> dict[str, object]:
    """The upstream's body for a parsed request: sent fields under their upstream names, then the offer's constants."""
    sent = {
        send.name or send.field: _formed(send, fields[send.field])
        for send in offer.send
        if send.field in fields and not _omitted(send, fields[send.field])
    }
    return {**sent, **offer.constants}


def _omitted(send: Send, value: object) -> bool:
    return send.omit_when is not None and value == send.omit_when and type(value) is type(send.omit_when)


def _formed(send: Send, value: object) -> object:
    match send.form:
        case "as_is":
            return value
        case "size_star":
            return "{}*{}".format(*read_size(str(value)))
        case "size_x":
            return "{}x{}".format(*read_size(str(value)))
        case "ratio_of_size":
            return ratio_name(*read_size(str(value)), send.among)
        case _:
            assert_never(send.form)
