"""From our fields to an upstream's, as an offer declares it. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

from apiinone.catalog.conditions import omitted
from apiinone.catalog.offer import Form, Offer, Send
from apiinone.catalog.pricing import word
from apiinone.catalog.sizes import ratio_name, read_size


def upstream_fields(offer: Offer, fields: Mapping[str, object]) -> dict[str, object]:
    """The upstream's body for a parsed request: sent fields under their upstream names, then the offer's constants.

    Fields that travel as files are left out: see `file_fields`.
    """
    body: dict[str, object] = {}
    for send in offer.send:
        if send.field not in fields:
            continue
        value = fields[send.field]
        if send.is_copied:
            body[send.path[0]] = value
        elif send.form != "file" and not omitted(send, value):
            _put(body, send.path, _formed(send, value))
    for name, value in offer.constants.items():
        _put(body, name.split("."), value)
    return body


def file_fields(offer: Offer, fields: Mapping[str, object]) -> dict[str, str]:
    """Our fields whose files travel as bytes, with the upstream's names for them."""
    sent = [send for send in offer.files if send.field in fields and not omitted(send, fields[send.field])]
    return {send.field: send.name or send.field for send in sent}


def _put(body: dict[str, object], path: Sequence[str], value: object) -> None:
    *above, key = path
    for name in above:
        body = cast("dict[str, object]", body.setdefault(name, {}))
    body[key] = value


def _formed(send: Send, value: object) -> object:
    if send.values:
        return send.values[word(value)]
    if send.form in ("ratio_of_size", "ratio_among"):
        return ratio_name(*read_size(str(value)), send.among)
    return _WRITTEN[send.form](value)


_WRITTEN: Final[Mapping[Form, Callable[[object], object]]] = {
    "as_is": lambda value: value,
    "link": lambda value: value,
    "links": lambda value: value,
    "list": lambda value: [value],
    "list_of_link": lambda value: [value],
    "size_star": lambda value: "{}*{}".format(*read_size(str(value))),
    "size_x": lambda value: "{}x{}".format(*read_size(str(value))),
    "ratio_x": lambda value: str(value).replace(":", "x"),
    "upper": lambda value: str(value).upper(),
    "lower": lambda value: str(value).lower(),
    "text": word,
    "integer": lambda value: int(str(value)),
    "on_off": lambda value: "on" if value else "off",
}
"""The forms that need nothing but the value."""
