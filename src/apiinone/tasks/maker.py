"""What makes files in test mode, as the executor sees it, and how making can fail."""

from collections.abc import Mapping
from typing import Protocol

from apiinone.catalog.entry import Choice
from apiinone.providers.provider import Inline


class Maker(Protocol):
    """The local provider at work. Raises CannotMake, UnusableInput."""

    async def make(
        self, choice: Choice, fields: Mapping[str, object], outputs: int, operation: str = ""
    ) -> tuple[Inline, ...]:
        """The bytes of so many outputs; `operation` is the further create route that asks, such as `music/extend`."""
        ...


class CannotMake(Exception):
    """The local provider failed; the message is for the client."""


class UnusableInput(Exception):
    """A file that the request names cannot be had, or is not what it should be; the message names the field."""

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        """Take a sentence for the client, and whether another try may help."""
        super().__init__(message)
        self.retryable = retryable
