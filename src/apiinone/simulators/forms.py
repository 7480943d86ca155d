"""A form with files as it came over the wire (RFC 7578), read strictly: simulated vendors take nothing half right."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

PARTS_MAX: Final = 100


class Field(Struct, frozen=True):
    """One field: its name, its bytes and, of a file, the name and type that it came with."""

    name: str
    data: bytes
    file_name: str | None = None
    content_type: str = ""


def read_form(content_type: str, body: bytes) -> list[Field]:
    """The fields in their order. Raises ValueError for what is no such form."""
    kind, _, boundary = content_type.partition("; boundary=")
    if kind.strip().lower() != "multipart/form-data" or not boundary:
        raise ValueError("not multipart/form-data")
    line = b"--" + boundary.strip('"').encode()
    first, *parts, last = (b"\r\n" + body).split(b"\r\n" + line)
    if first or last not in (b"--", b"--\r\n") or len(parts) > PARTS_MAX:
        raise ValueError("the form does not begin or end with its boundary")
    return [_field(part) for part in parts]


def texts_and_files(fields: list[Field]) -> tuple[dict[str, str], list[Field]]:
    """Texts by name, and the files. Raises ValueError where a text is there twice or is no UTF-8."""
    texts = [field for field in fields if field.file_name is None]
    named = {field.name: field.data.decode() for field in texts}
    if len(named) < len(texts):
        raise ValueError("a field is there twice")
    return named, [field for field in fields if field.file_name is not None]


class Form(Struct, frozen=True):
    """Texts and files by their names."""

    texts: Mapping[str, str]
    files: Mapping[str, tuple[bytes, ...]]


def read_named(content_type: str, body: bytes) -> Form | None:
    """The form with its parts by their names, or None where it is none."""
    try:
        texts, files = texts_and_files(read_form(content_type, body))
    except ValueError:
        return None
    named: dict[str, tuple[bytes, ...]] = {}
    for file in files:
        named[file.name] = (*named.get(file.name, ()), file.data)
    return Form(texts, named)


def _field(part: bytes) -> Field:
    head, blank, data = part.partition(b"\r\n\r\n")
    if not blank or not head.startswith(b"\r\n"):
        raise ValueError("a part without a head")
    headers = {name.lower(): value for name, _, value in (_line(line) for line in head[2:].decode().split("\r\n"))}
    pieces = headers.get("content-disposition", "").split("; ")
    told = {name: value.strip('"') for name, _, value in (piece.partition("=") for piece in pieces[1:])}
    if pieces[0] != "form-data" or "name" not in told:
        raise ValueError("a part without a name")
    return Field(told["name"], data, told.get("filename"), headers.get("content-type", ""))


def _line(line: str) -> tuple[str, str, str]:
    return line.partition(": ")
