"""What is sold and by whom: packs, bounds of amounts of one's own choice, the seller and his taxes. Data, checked."""

from pathlib import Path
from typing import Annotated, Final

import msgspec
import msgspec.yaml
from msgspec import Meta, Struct

from apiinone.core.credits import Credits, whole
from apiinone.core.errors import BadRequest

CREDITS_MAX: Final = 10_000_000
"""The most credits that one order may bring."""
FILE_BYTES_MAX: Final = 256 * 1024
_PACKAGED: Final = Path(__file__).with_name("billing.yaml")
Currency = Annotated[str, Meta(pattern="^[a-z]{3}$")]
Minor = Annotated[int, Meta(ge=1, le=100_000_000)]
Count = Annotated[int, Meta(ge=1, le=CREDITS_MAX)]
Days = Annotated[int, Meta(ge=1, le=3650)]
Line = Annotated[str, Meta(max_length=200)]


class BillingInvalid(Exception):
    """The file of packs cannot be used; the message names it and the field."""


class Pack(Struct, frozen=True, forbid_unknown_fields=True):
    """Credits at a price. What is left of them after `credits_days` expires; None: never."""

    id: Annotated[str, Meta(pattern="^[a-z0-9-]{1,40}$")]
    title: Line
    currency: Currency
    amount_minor: Minor
    credits: Count
    bonus: Annotated[int, Meta(ge=0, le=CREDITS_MAX)] = 0
    credits_days: Days | None = None


class Custom(Struct, frozen=True, forbid_unknown_fields=True):
    """An amount of the buyer's choice, within bounds, at one rate."""

    currency: Currency
    amount_minor_min: Minor
    amount_minor_max: Minor
    credits_per_minor: Annotated[int, Meta(ge=1, le=1000)]
    credits_days: Days | None = None


class Seller(Struct, frozen=True, forbid_unknown_fields=True):
    """Who sells, as documents say it."""

    name: Line = ""
    address: tuple[Line, ...] = ()
    tax_number: Line = ""
    email: Line = ""


class Tax(Struct, frozen=True, forbid_unknown_fields=True):
    """A tax that prices include. Hundredths of a percent: 1900 is 19 %."""

    name: Line
    hundredths: Annotated[int, Meta(ge=0, le=10_000)]


class Billing(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    packs: tuple[Pack, ...]
    custom: Custom | None = None
    seller: Seller = Seller()
    taxes: tuple[Tax, ...] = ()
    bank: Annotated[str, Meta(max_length=1000)] = ""
    """How to transfer money, as buyers are told."""
    font: Annotated[str, Meta(max_length=1000)] = ""
    """A TrueType file for PDF documents, where Latin letters do not suffice."""


class Terms(Struct, frozen=True):
    """What an order freezes."""

    pack: str | None
    words: str
    currency: str
    amount_minor: int
    credits: Credits
    bonus: Credits
    credits_days: int | None


def load_billing(own: Path | None) -> Billing:
    """The packaged file, with the fields of the operator's own in place of its. Raises BillingInvalid."""
    fields = _read(_PACKAGED)
    if own is not None:
        fields |= _read(own)
    try:
        billing = msgspec.convert(fields, Billing)
    except msgspec.ValidationError as error:
        raise BillingInvalid(f"{(own or _PACKAGED).name}: {error}") from error
    ids = [pack.id for pack in billing.packs]
    dear = [pack.id for pack in billing.packs if pack.credits + pack.bonus > CREDITS_MAX]
    if len(set(ids)) != len(ids) or dear:
        raise BillingInvalid(f"a pack stands twice, or brings more than {CREDITS_MAX} credits")
    custom = billing.custom
    if custom is not None and not (
        custom.amount_minor_min <= custom.amount_minor_max <= CREDITS_MAX // custom.credits_per_minor
    ):
        raise BillingInvalid("custom: the bounds contradict each other, or bring too many credits")
    return billing


def terms_of_pack(billing: Billing, pack_id: str) -> Terms:
    """What this pack is sold for now. Raises BadRequest."""
    for pack in billing.packs:
        if pack.id == pack_id:
            amounts = (pack.currency, pack.amount_minor, whole(pack.credits), whole(pack.bonus))
            return Terms(pack.id, pack.title, *amounts, pack.credits_days)
    names = ", ".join(pack.id for pack in billing.packs)
    raise BadRequest(f"'pack' must be one of: {names}.", param="/pack")


def terms_of_amount(billing: Billing, amount_minor: int) -> Terms:
    """What an amount of the buyer's choice brings now. Raises BadRequest."""
    custom = billing.custom
    if custom is None:
        raise BadRequest("Amounts of your own choice are not sold here; name a pack.", param="/amount_minor")
    if not custom.amount_minor_min <= amount_minor <= custom.amount_minor_max:
        bounds = f"between {custom.amount_minor_min} and {custom.amount_minor_max}"
        raise BadRequest(f"'amount_minor' must be {bounds} ({custom.currency}).", param="/amount_minor")
    count = amount_minor * custom.credits_per_minor
    return Terms(None, f"{count:,} credits", custom.currency, amount_minor, whole(count), whole(0), custom.credits_days)


def _read(path: Path) -> dict[str, object]:
    try:
        data = path.read_bytes()
        if len(data) > FILE_BYTES_MAX:
            raise BillingInvalid(f"{path.name}: larger than {FILE_BYTES_MAX} bytes")
        return msgspec.yaml.decode(data, type=dict[str, object])
    except (OSError, msgspec.DecodeError, ValueError) as error:
        raise BillingInvalid(f"{path}: cannot be read: {error}") from error
