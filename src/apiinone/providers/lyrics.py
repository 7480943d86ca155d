"""The protocol of timed lyrics: what a vendor is asked about a song of its own, and what it says. Pure values."""

from typing import Protocol

from msgspec import Struct

from apiinone.core.exchange import Request, Response
from apiinone.providers.provider import Reference, Rejected, Unclear


class LyricsOrder(Struct, frozen=True):
    """Whose song: the attempt that made it, and which of its takes, counted from 0."""

    provider: str
    song: Reference
    take: int
    credential_id: str | None
    """With which the song was made; only that one knows it at the vendor."""
    own_key: bool = False
    """Whether that is the account's own."""


class Word(Struct, frozen=True):
    """A word, or a few, with line ends as they are sung; moments in seconds from the song's beginning."""

    text: str
    start_s: float
    end_s: float


class TimedWords(Struct, frozen=True, tag=True):
    """The words in order, and the song's loudness where the vendor tells it."""

    words: tuple[Word, ...]
    waveform: tuple[float, ...] = ()


LyricsReply = TimedWords | Rejected | Unclear


class LyricsRemote(Protocol):
    """A vendor that times the words of its own songs, at once. All methods are pure."""

    hosts: tuple[str, ...]
    """The only hosts that requests with our credential may go to."""

    def ask(self, song_id: str, take_id: str) -> Request:
        """Describe the one paid request, by the vendor's own names of song and take."""
        ...

    def read(self, response: Response) -> LyricsReply:
        """Understand the answer."""
        ...
