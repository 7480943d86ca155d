"""A form with files (`multipart/form-data`), as simulated vendors read it."""

from collections.abc import Mapping
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import cast

from msgspec import Struct


class Form(Struct, frozen=True):
    """Texts and files by their names; of several with one name the last text counts."""

    texts: Mapping[str, str]
    files: Mapping[str, tuple[bytes, ...]]


def read_form(content_type: str, body: bytes) -> Form | None:
    """The form, or None where it is none."""
    if not content_type.startswith("multipart/form-data;"):
        return None
    whole = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    texts: dict[str, str] = {}
    files: dict[str, tuple[bytes, ...]] = {}
    for part in cast("list[Message]", whole.get_payload() if whole.is_multipart() else []):
        name = str(part.get_param("name", header="content-disposition") or "")
        data = cast("bytes", part.get_payload(decode=True) or b"")
        if part.get_filename() is None:
            texts[name] = data.decode(errors="replace")
        else:
            files[name] = (*files.get(name, ()), data)
    return Form(texts, files)
