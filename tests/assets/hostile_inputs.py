"""Files that clients may send to do harm or by mistake, and why each is refused, by the kind of their field."""

import io
import struct

from PIL import Image

from apiinone.assets.inputs import DATA_BYTES_MAX, InputKind
from apiinone.assets.media import Refused
from assets.films_and_sounds import FLAC, M4A, MP3, MP4, OGG, WAV, WEBM, animated_webp
from assets.pictures import PNG_MAGIC, animated, chunk, picture, png_bomb, png_header, png_of, webp

PNG = picture("PNG")
JPEG = picture("JPEG")
SVG_WITH_ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&b;</text></svg>'
)
SVG_WITH_FILE = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>'


def many_frames(kind: str) -> bytes:
    """Ten thousand frames of next to nothing."""
    if kind == "GIF":
        out = io.BytesIO()
        Image.new("P", (1, 1)).save(out, "GIF")
        return out.getvalue()[:-1] + out.getvalue()[13:-1] * 10_000 + b";"
    whole = animated_webp(duration_ms=1)
    at = whole.index(b"ANMF")
    frame = whole[at : at + 8 + struct.unpack("<I", whole[at + 4 : at + 8])[0]]
    body = whole[12:at] + frame * 10_000
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


HOSTILE: dict[str, tuple[InputKind, bytes, Refused]] = {
    "nothing": ("image", b"", "empty"),
    "a page": ("image", b"<html><body>gone</body></html>", "unknown_type"),
    "a picture bomb": ("image", png_bomb(4097), "too_many_pixels"),
    "a line longer than a side may be": ("image", png_of(png_header(8193, 1), bytes(8193 * 3 + 1)), "too_many_pixels"),
    "a header that promises more than is there": ("image", png_of(png_header(4000, 4000), bytes(90)), "broken"),
    "more bytes than a data URL may hold": ("image", PNG + bytes(DATA_BYTES_MAX), "too_large"),
    "a picture cut off": ("image", PNG[:-7], "broken"),
    "a photograph cut off": ("image", JPEG[: len(JPEG) // 2], "broken"),
    "a drawing with entities": ("image", SVG_WITH_ENTITIES, "unknown_type"),
    "a drawing that loads a file": ("image", SVG_WITH_FILE, "wrong_type"),
    "an archive behind a picture": ("image", PNG + b"PK\x03\x04" * 9, "broken"),
    "a page behind a photograph": ("image", JPEG + b"<script>alert(1)</script>", "broken"),
    "a page behind the magic of a picture": ("image", PNG_MAGIC + b"<script>alert(1)</script>" * 9, "broken"),
    "a picture with a second one behind it": ("image", webp(lossless=True) + PNG, "broken"),
    "too many chunks": ("image", PNG[:33] + chunk(b"tEXt", b"x") * 20_001 + PNG[33:], "broken"),
    "a GIF": ("image", picture("GIF"), "wrong_type"),
    "ten thousand frames of GIF": ("image", many_frames("GIF"), "wrong_type"),
    "ten thousand frames of WebP": ("image", many_frames("WEBP"), "wrong_type"),
    "ten thousand frames of WebP as a film": ("video", many_frames("WEBP"), "too_long"),
    "an animated PNG": ("image", animated("PNG"), "wrong_type"),
    "a film as a picture": ("image", MP4, "wrong_type"),
    "a sound as a picture": ("image", MP3, "wrong_type"),
    "a PDF": ("image", b"%PDF-1.7 " + bytes(99), "wrong_type"),
    "a picture as a film": ("video", PNG, "wrong_type"),
    "a sound as a film": ("video", WAV, "wrong_type"),
    "a sound in a film's container": ("video", M4A, "wrong_type"),
    "a film cut off": ("video", MP4[:-20], "broken"),
    "a film with an archive behind it": ("video", MP4 + b"PK\x03\x04" * 9, "broken"),
    "a film without its data": ("video", MP4[: MP4.index(b"mdat") - 4], "broken"),
    "another film cut off": ("video", WEBM[:-20], "broken"),
    "a film as a sound": ("audio", WEBM, "wrong_type"),
    "a picture as a sound": ("audio", PNG, "wrong_type"),
    "a sound cut off": ("audio", WAV[:-2], "broken"),
    "a sound with a page behind it": ("audio", MP3 + b"<script>alert(1)</script>", "broken"),
    "a sound that ends in the middle of a frame": ("audio", MP3[:-9], "broken"),
    "an Ogg cut off": ("audio", OGG[:-9], "broken"),
    "a FLAC without its header": ("audio", FLAC[:20], "broken"),
}
