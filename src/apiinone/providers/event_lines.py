"""Server-sent events, taken apart piece by piece (WHATWG HTML, 9.2.6): only their data matters here. Pure."""

from typing import Final

EVENT_BYTES_MAX: Final = 4 * 1024 * 1024
"""The longest event that is kept; what vendors send is a thousand times shorter."""


class EventTooLong(Exception):
    """An event that does not end."""


class EventLines:
    """Gives each event's data. Pieces may be cut anywhere: within a character, a line end, a field's name."""

    __slots__ = ("_data", "_rest", "_returned")

    def __init__(self) -> None:
        """Start at the beginning of a stream."""
        self._rest = b""
        self._data: list[bytes] = []
        self._returned = False
        """Whether the last piece ended with a carriage return, so that a line feed still belongs to that line's end."""

    def feed(self, piece: bytes) -> list[bytes]:
        """The data of the events that this piece completes. Raises EventTooLong."""
        if not piece:  # it says nothing, neither that a line feed does not come
            return []
        if self._returned and piece.startswith(b"\n"):
            piece = piece[1:]
        self._returned = piece.endswith(b"\r")
        if b"\n" not in piece and b"\r" not in piece:
            self._rest += piece
            self._refuse_too_long()
            return []
        lines = (self._rest + piece).splitlines()
        self._rest = b"" if piece.endswith((b"\n", b"\r")) else lines.pop()
        found: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line[5:6] == b" " else line[5:])
            elif not line and self._data:
                found.append(b"\n".join(self._data))
                self._data.clear()
        self._refuse_too_long()
        return found

    def _refuse_too_long(self) -> None:
        if len(self._rest) > EVENT_BYTES_MAX or (self._data and sum(map(len, self._data)) > EVENT_BYTES_MAX):
            raise EventTooLong
