"""The whole answer of a chat that is not streamed, put together from its pieces."""

from typing import assert_never

from msgspec import Struct

from apiinone.providers.chat import Called, ChatPiece, Said, Thought


class Spoken(Struct):
    """What was said, thought and called so far."""

    text: list[str] = []
    thoughts: list[str] = []
    parts: dict[int, list[Called]] = {}
    """Of each call, by its index."""

    def add(self, piece: ChatPiece) -> None:
        """Take one more piece."""
        match piece:
            case Said(text):
                self.text.append(text)
            case Thought(text):
                self.thoughts.append(text)
            case Called():
                self.parts.setdefault(piece.index, []).append(piece)
            case _:
                assert_never(piece)

    @property
    def calls(self) -> list[Called]:
        """Each call, whole."""
        return [_joined(parts) for _, parts in sorted(self.parts.items())]


def _joined(parts: list[Called]) -> Called:
    return Called(
        next((part.call_id for part in parts if part.call_id), ""),
        next((part.name for part in parts if part.name), ""),
        "".join(part.arguments for part in parts),
        parts[0].index,
        next((part.extra for part in parts if part.extra), ""),
    )
