"""What one process of an installation asks another: to chat, answered by lines of JSON, or to time a song. Pure.

A request is signed over method, path, time, nonce and the body's hash, by a key that all processes of the installation
derive from its secret. It counts for `WINDOW_S` on either side, and once: the other side remembers nonces for as long.
"""

import hashlib
import hmac
from collections import deque
from collections.abc import Mapping
from typing import Final, assert_never

import msgspec
from msgspec import Struct

from apiinone.providers.chat import Called, ChatEvent, ChatOrder, Ended, Said, Thought, Used
from apiinone.providers.lyrics import LyricsOrder, LyricsReply, TimedWords
from apiinone.providers.provider import Rejected, Unclear

CHAT_PATH: Final = "/internal/v1/chat"
LYRICS_PATH: Final = "/internal/v1/lyrics"
PURPOSE: Final = "nodes"
"""What the key is derived for."""
WINDOW_S: Final = 30
NONCES_MAX: Final = 1_000_000
"""Beyond, requests are refused until older ones have passed the window."""
TIME_HEADER: Final = "x-apiinone-time"
NONCE_HEADER: Final = "x-apiinone-nonce"
SIGNATURE_HEADER: Final = "x-apiinone-signature"
NONCE_CHARACTERS_MAX: Final = 64


class Refused(Struct, frozen=True, tag=True):
    """The last line where the vendor certainly refused."""

    rejected: Rejected


class NotClear(Struct, frozen=True, tag=True):
    """What was asked may have been done, and cannot be read."""

    reason: str


class Signed(Struct, frozen=True):
    """What a signature is over, beside time and nonce."""

    method: str
    path: str
    body: bytes


Line = Said | Thought | Called | Ended | Used | Refused


def sign(key: bytes, signed: Signed, now_s: int, nonce: str) -> dict[str, str]:
    """The headers that prove where a request comes from."""
    time = str(now_s)
    return {TIME_HEADER: time, NONCE_HEADER: nonce, SIGNATURE_HEADER: _signature(key, signed, time, nonce)}


class Gate:
    """Lets each signed request through once."""

    def __init__(self, key: bytes) -> None:
        """Take the installation's key."""
        self._key = key
        self._seen: set[str] = set()
        self._order: deque[tuple[int, str]] = deque()

    def admits(self, headers: Mapping[str, str], signed: Signed, now_s: int) -> bool:
        """Whether it is signed by us, now, and new."""
        time, nonce = headers.get(TIME_HEADER, ""), headers.get(NONCE_HEADER, "")
        if not (time.isascii() and time.isdigit() and len(time) < len(str(now_s)) + 1):
            return False
        if not 0 < len(nonce) <= NONCE_CHARACTERS_MAX or abs(now_s - int(time)) > WINDOW_S:
            return False
        told = headers.get(SIGNATURE_HEADER, "").encode()
        if not hmac.compare_digest(_signature(self._key, signed, time, nonce).encode(), told):
            return False
        return self._is_new(nonce, now_s)

    def _is_new(self, nonce: str, now_s: int) -> bool:
        while self._order and self._order[0][0] < now_s:
            self._seen.discard(self._order.popleft()[1])
        if nonce in self._seen or len(self._seen) >= NONCES_MAX:
            return False
        self._seen.add(nonce)
        self._order.append((now_s + 2 * WINDOW_S, nonce))  # a clock that runs ahead gives it that long
        return True


def write_order(order: ChatOrder) -> bytes:
    """The body of a request."""
    return msgspec.json.encode(order)


def read_order(body: bytes) -> ChatOrder:
    """The order. Raises ValueError."""
    return msgspec.json.decode(body, type=ChatOrder)


def write_lyrics_order(order: LyricsOrder) -> bytes:
    """The body of a request for timed lyrics."""
    return msgspec.json.encode(order)


def read_lyrics_order(body: bytes) -> LyricsOrder:
    """The order. Raises ValueError."""
    return msgspec.json.decode(body, type=LyricsOrder)


def write_timed(reply: LyricsReply) -> bytes:
    """The answer to it."""
    match reply:
        case TimedWords():
            return msgspec.json.encode(reply)
        case Rejected():
            return msgspec.json.encode(Refused(reply))
        case Unclear(reason):
            return msgspec.json.encode(NotClear(reason))
        case _:
            assert_never(reply)


def read_timed(body: bytes) -> LyricsReply:
    """The answer. Raises ValueError."""
    match msgspec.json.decode(body, type=TimedWords | Refused | NotClear):
        case TimedWords() as timed:
            return timed
        case Refused(rejected):
            return rejected
        case NotClear(reason):
            return Unclear(reason)
        case other:
            assert_never(other)


def write_line(event: ChatEvent | Refused) -> bytes:
    """One line."""
    return msgspec.json.encode(event) + b"\n"


read_line: Final = msgspec.json.Decoder(Line).decode
"""One line, without its end. Raises ValueError."""


def _signature(key: bytes, signed: Signed, time: str, nonce: str) -> str:
    digest = hashlib.sha256(signed.body).hexdigest()
    text = f"{signed.method}\n{signed.path}\n{time}\n{nonce}\n{digest}"
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()
