"""A credential that cannot be shown by accident."""

import hmac
from typing import Final, NoReturn

SHOWN: Final = "•••"
"""What a secret looks like wherever it is printed, formatted or logged."""

SECRET_CHARACTERS_MAX: Final = 4096

KEY_CHARACTERS_MIN: Final = 32
"""Of a secret that keys are derived from."""


class Secret:
    """A credential. Printing, formatting, encoding, copying and pickling give nothing away; only `reveal` does.

    A search for ``.reveal()`` therefore finds every place where a credential leaves its wrapping.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Wrap printable ASCII. Raises ValueError, which never repeats the text, for what no header could carry."""
        usable = text.isascii() and text.isprintable() and " " not in text
        if not text or not usable or len(text) > SECRET_CHARACTERS_MAX:
            raise ValueError("a credential must be printable ASCII without spaces, and neither empty nor very long")
        self._text = text

    def reveal(self) -> str:
        """The credential itself."""
        return self._text

    def __eq__(self, other: object) -> bool:
        """Compare in constant time; never equal to a plain string."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text, other._text)

    __hash__ = None  # pyright: ignore[reportAssignmentType]  # a hash of the text would be a handle on it

    def __repr__(self) -> str:
        """Dots."""
        return SHOWN

    def __str__(self) -> str:
        """Dots."""
        return SHOWN

    def __format__(self, format_spec: str) -> str:
        """Dots, whatever the format asks for."""
        return SHOWN

    def __reduce__(self) -> NoReturn:
        """Refuse pickling and copying: a child process or a cache is no place for a credential."""
        raise TypeError("a secret is not copied, pickled or encoded")
