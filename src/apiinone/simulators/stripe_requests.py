"""Requests of a simulated Stripe: forms whose names nest in brackets, read strictly; errors in its own form."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from apiinone.simulators.faults import json
from apiinone.simulators.stand_in import Refused
from apiinone.simulators.stripe_books import Shown

FIELDS_MAX: Final = 200
_CARD_ERROR: Final = 402


class Form:
    """The fields of a request; every one that is never read is refused at the end, as the vendor does."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        """Take the fields."""
        self._fields = fields
        self._read: set[str] = set()

    def text(self, name: str) -> str | None:
        """A field; None where it was not sent."""
        self._read.add(name)
        return self._fields.get(name)

    def needed(self, name: str) -> str:
        """A field that must be there. Raises Refused."""
        value = self.text(name)
        if not value:
            raise error(400, "invalid_request_error", f"Missing required param: {name}.", "parameter_missing")
        return value

    def count(self, name: str, least: int = 0) -> int:
        """A whole number that must be there. Raises Refused."""
        value = self.needed(name)
        if not (value.isascii() and value.isdigit() and len(value) <= 12 and int(value) >= least):  # noqa: PLR2004
            raise error(400, "invalid_request_error", f"Invalid {name}: {value[:20]}", "parameter_invalid_integer")
        return int(value)

    def under(self, name: str) -> dict[str, str]:
        """The fields `name[…]`, one level deep."""
        found = {key: value for key, value in self._fields.items() if key.startswith(f"{name}[")}
        self._read |= found.keys()
        return {key[len(name) + 1 : -1]: value for key, value in found.items()}

    def items(self, name: str) -> tuple[str, ...]:
        """The list `name[0]`, `name[1]` and so on."""
        return tuple(value for _, value in sorted(self.under(name).items()))

    def end(self) -> None:
        """Refuse what nobody read. Raises Refused."""
        left = sorted(self._fields.keys() - self._read)
        if left:
            raise error(400, "invalid_request_error", f"Received unknown parameter: {left[0]}", "parameter_unknown")


def read_fields(text: str) -> Form:
    """A query or a form. Raises Refused."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=FIELDS_MAX)
    except ValueError:
        raise error(400, "invalid_request_error", "The request cannot be read.") from None
    return Form(dict(pairs))


def error(status: int, kind: str, message: str, code: str | None = None, more: Shown | None = None) -> Refused:
    """An answer that is an error."""
    body: Shown = {"type": kind, "message": message, **({} if code is None else {"code": code}), **(more or {})}
    return Refused(json({"error": body}, status))


def card_declined(payment_intent: Shown, code: str = "card_declined") -> Refused:
    """A card that was declined."""
    return error(_CARD_ERROR, "card_error", "Your card was declined.", code, {"payment_intent": payment_intent})


def of_payment(query: Form) -> str:
    """The payment that a list is asked of, and nothing else. Raises Refused."""
    query.text("limit")
    payment = query.needed("payment_intent")
    query.end()
    return payment


def missing(what: str) -> Refused:
    """Nothing has this id."""
    return error(404, "invalid_request_error", f"No such {what}.", "resource_missing")
