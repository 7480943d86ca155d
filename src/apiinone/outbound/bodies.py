"""Reading a response body, whole and bounded: what counts are the decoded bytes (hazard 33)."""

import zlib
from collections.abc import AsyncIterator
from typing import Final, Protocol

CHUNK_BYTES: Final = 64 * 1024


class BodyTooLarge(Exception):
    """More bytes than allowed, announced or sent."""


class BodyMalformed(Exception):
    """Encoded in a way that we did not ask for and do not read, or not decodable."""


class Decoder(Protocol):
    """Turns the bytes of the wire into those of the body."""

    def feed(self, chunk: bytes, bytes_max: int) -> bytes:
        """Decode a part. Raises BodyTooLarge, BodyMalformed."""
        ...

    def finish(self) -> None:
        """Raise BodyMalformed where the stream stops before its end."""
        ...


async def read_bounded(chunks: AsyncIterator[bytes], encoding: str, announced: int | None, bytes_max: int) -> bytes:
    """The whole body. `encoding` is the Content-Encoding (empty: none), `announced` the Content-Length.

    Raises BodyTooLarge, BodyMalformed, and whatever the chunks raise.
    """
    if announced is not None and announced > bytes_max:
        raise BodyTooLarge
    decoder = decoder_for(encoding)
    parts: list[bytes] = []
    total = 0
    async for chunk in chunks:
        part = decoder.feed(chunk, bytes_max - total)
        total += len(part)
        parts.append(part)
    decoder.finish()
    return parts[0] if len(parts) == 1 else b"".join(parts)


def decoder_for(encoding: str) -> Decoder:
    """We ask for `identity`; stores that keep a file compressed send gzip all the same. Raises BodyMalformed."""
    match encoding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip" | "deflate":
            return _Inflate()
        case _:
            raise BodyMalformed


class _Plain:
    def feed(self, chunk: bytes, bytes_max: int) -> bytes:
        if len(chunk) > bytes_max:
            raise BodyTooLarge
        return chunk

    def finish(self) -> None:
        """The connection itself knows whether a plain body is whole."""


class _Inflate:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # 32: tell gzip and zlib apart by their headers

    def feed(self, chunk: bytes, bytes_max: int) -> bytes:
        try:
            part = self._stream.decompress(chunk, bytes_max + 1)
        except zlib.error:
            raise BodyMalformed from None
        if len(part) > bytes_max:
            raise BodyTooLarge
        if self._stream.unused_data:
            raise BodyMalformed
        return part

    def finish(self) -> None:
        if not self._stream.eof:
            raise BodyMalformed
