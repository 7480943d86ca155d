"""Style, scripts and drawings of the pages, ours and others', each under an address that changes with its content."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from apiinone.web.answer_page import Document, document

FOLDERS: Final = (Path(__file__).parent / "static", Path(__file__).parent / "vendored")
"""Ours, and what others wrote and we keep as it is; its licences stand beside it and are no part of a page."""
TYPES: Final[Mapping[str, bytes]] = {
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
}
PREFIX: Final = "/static/"
MARK_CHARACTERS: Final = 12


class StaticFiles:
    """Read once, when the first page is made."""

    def __init__(self) -> None:
        """Read all of them: they are small and few."""
        self._addresses: dict[str, str] = {}
        self._documents: dict[str, Document] = {}
        for path in sorted(path for folder in FOLDERS for path in folder.iterdir() if path.suffix in TYPES):
            data = path.read_bytes()
            address = f"{PREFIX}{path.stem}-{hashlib.sha256(data).hexdigest()[:MARK_CHARACTERS]}{path.suffix}"
            self._addresses[path.name] = address
            self._documents[address] = document(data, TYPES[path.suffix])

    def address(self, name: str) -> str:
        """Where a file is served. Raises KeyError for a name that is not there."""
        return self._addresses[name]

    def document(self, address: str) -> Document | None:
        """The file at an address; None: there is none."""
        return self._documents.get(address)
