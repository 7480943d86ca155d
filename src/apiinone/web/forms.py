"""What a form sends: read within limits, bound to the page that showed it, typed."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final, TypeVar
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import Struct

from apiinone.core.errors import BadRequest, PermissionDenied, UnsupportedMediaType

BODY_BYTES_MAX: Final = 32 * 1024
FIELDS_MAX: Final = 100
CSRF_FIELD: Final = "csrf"
CSRF_HEADER: Final = b"x-csrf-token"
TYPE: Final = b"application/x-www-form-urlencoded"
Fields = Mapping[str, tuple[str, ...]]
Form = TypeVar("Form", bound=Struct)


class NotFromHere(PermissionDenied):
    """The form was not sent from a page of ours, or from one that is out of date."""


def read_fields(body: bytes, content_type: bytes) -> Fields:
    """The fields of a body in their order. Raises UnsupportedMediaType, BadRequest."""
    if content_type.partition(b";")[0].strip().lower() != TYPE:
        raise UnsupportedMediaType("This address takes a form.")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    except ValueError:
        raise BadRequest("The form is not written as it must be.") from None
    found: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if "\0" in value:
            raise BadRequest("A field holds a character that no text has.", param=name)
        found[name] = (*found.get(name, ()), value.replace("\r\n", "\n"))
    return found


def typed(fields: Fields, kind: type[Form]) -> Form:
    """A form's fields as this type: texts, and tuples of texts for what may be chosen several times.

    A field that was not sent is left at its default: browsers leave unticked boxes out. Raises BadRequest naming a
    field that the form has not, or one that came more than once.
    """
    kinds = {field.name: field.type for field in msgspec.structs.fields(kind)}
    values: dict[str, str | tuple[str, ...]] = {}
    for name, given in fields.items():
        if name == CSRF_FIELD:
            continue
        if name not in kinds:
            raise BadRequest("The form has no such field.", param=name)
        if kinds[name] is not str:
            values[name] = given
        elif len(given) == 1:
            values[name] = given[0]
        else:
            raise BadRequest("The field stands more than once.", param=name)
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise BadRequest(f"The form is not filled in as it must be: {error}") from None


class FormGuard:
    """Binds forms to who was shown them."""

    def __init__(self, key: bytes, base_url: str) -> None:
        """Take a key for this purpose alone, and the address of our own pages."""
        self._key = key
        parts = urlsplit(base_url)
        self._origin = f"{parts.scheme}://{parts.netloc}".lower()

    def token(self, bound_to: str) -> str:
        """What forms carry that are shown to this session, or to the browser with this cookie."""
        return hmac.digest(self._key, bound_to.encode(), hashlib.sha256).hex()

    def refuse_foreign(self, headers: Mapping[bytes, bytes], fields: Fields, bound_to: str) -> None:
        """Raise NotFromHere unless a page of ours, shown to the same visitor, sent this."""
        site = headers.get(b"sec-fetch-site")
        if site is not None and site != b"same-origin":
            raise NotFromHere("This form was sent from another site.")
        if site is None and not self._is_ours(headers):
            raise NotFromHere("This form was sent from another site.")
        given = fields.get(CSRF_FIELD, ("",))
        if not bound_to or len(given) != 1 or not hmac.compare_digest(given[0].encode(), self.token(bound_to).encode()):
            raise NotFromHere("This form is out of date.")

    def refuse_foreign_script(self, headers: Mapping[bytes, bytes], bound_to: str) -> None:
        """The same for a script's request, which carries the token in a header. Raises NotFromHere."""
        token = headers.get(CSRF_HEADER, b"").decode("latin-1")
        self.refuse_foreign(headers, {CSRF_FIELD: (token,)}, bound_to)

    def _is_ours(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether the browser names no origin, or ours; the host of a request is the one that a browser went to."""
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        if not origin or origin == self._origin:
            return True
        scheme, _, place = origin.partition("://")
        return scheme in ("http", "https") and place == headers.get(b"host", b"").decode("latin-1").lower()


def local_path(text: str, otherwise: str) -> str:
    """A path of our own to go on to; anything that a browser could read as another site is left alone."""
    plain = text.isascii() and text.isprintable() and "\\" not in text and " " not in text
    return text if plain and text.startswith("/") and not text.startswith("//") else otherwise
