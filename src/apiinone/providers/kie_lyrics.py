"""The words of a Suno song at kie, with their moments: one of its routes answers at once.

Facts: the vendor's page "get timestamped lyrics"; older copies of it write `start_s` and `end_s`. That an instrumental
song has no words is our reading (unconfirmed).
"""

from http import HTTPStatus
from math import isfinite
from typing import Final

from msgspec import Raw, Struct, field

from apiinone.core.exchange import Request, Response
from apiinone.providers.kie import BASE_URL, HEADERS
from apiinone.providers.lyrics import LyricsReply, TimedWords, Word
from apiinone.providers.provider import Unclear
from apiinone.providers.reading import decoded, read_base, refusal

PATH: Final = "/generate/get-timestamped-lyrics"
TIMEOUT_S: Final = 60.0
OK: Final = 200
WORDS_MAX: Final = 10_000
POINTS_MAX: Final = 100_000
SONG_S_MAX: Final = 3600.0
NULL: Final = Raw(b"null")


class KieLyrics:
    """The adapter. Pure: it describes requests and reads answers."""

    def __init__(self, base_url: str = BASE_URL) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        base = read_base(base_url)
        self._url = base.url
        self.hosts: tuple[str, ...] = (base.host,)

    def ask(self, song_id: str, take_id: str) -> Request:
        """``POST /generate/get-timestamped-lyrics``."""
        return Request(
            method="POST",
            url=f"{self._url}{PATH}",
            auth="bearer",
            json={"taskId": song_id, "audioId": take_id},
            headers=HEADERS,
            timeout_s=TIMEOUT_S,
        )

    def read(self, response: Response) -> LyricsReply:
        """Words; or a refusal, by HTTP status or by the envelope's `code`; or `Unclear`."""
        if response.status != HTTPStatus.OK:
            return refusal(response)
        answer = decoded(response.body, _Answer)
        if answer is None:
            return Unclear("unreadable answer")
        if answer.code != OK:
            return refusal(response, answer.code)
        data = decoded(answer.data, _Data)
        words = None if data is None else decoded(data.words, tuple[_Word, ...])
        if data is None or words is None or len(words) > WORDS_MAX:
            return Unclear("an answer without words")
        points = decoded(data.waveform, tuple[float, ...]) or ()
        whole = all(map(isfinite, points)) and len(points) <= POINTS_MAX
        return TimedWords(tuple(word.read() for word in words), points if whole else ())


class _Word(Struct):
    word: str = ""
    startS: float | None = None  # noqa: N815 - the vendor's own names, below too
    endS: float | None = None  # noqa: N815
    start_s: float = 0.0
    end_s: float = 0.0

    def read(self) -> Word:
        """The word within the song's time."""
        start = self.start_s if self.startS is None else self.startS
        end = self.end_s if self.endS is None else self.endS
        return Word(self.word.replace("\x00", ""), _moment(start), _moment(end))


class _Data(Struct):
    words: Raw = field(name="alignedWords", default=NULL)
    waveform: Raw = field(name="waveformData", default=NULL)


class _Answer(Struct):
    code: int = OK
    data: Raw = NULL


def _moment(seconds: float) -> float:
    return min(max(seconds, 0.0), SONG_S_MAX) if isfinite(seconds) else 0.0
