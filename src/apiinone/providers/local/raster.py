"""From the drawn document to the bytes of a file, with the sentence of origin inside."""

import io
import zlib

from apiinone.providers.local.brief import Format
from apiinone.providers.local.canvas import ORIGIN

CONTENT_TYPES: dict[Format, str] = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "svg": "image/svg+xml",
}
IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
PNG_HEADER_BYTES = 33
"""Signature and IHDR chunk (PNG specification, 5.2 and 11.2.1); text may stand right after."""
JPEG_QUALITY = 90
WEBP_QUALITY = 88
EXIF_IMAGE_DESCRIPTION = 0x010E


def encoded(svg: str, format: Format) -> bytes:  # noqa: A002 - that is its name
    """The picture as a file of that format."""
    if format == "svg":
        return svg.encode()
    png = _rendered(svg)
    if format == "png":
        return marked_png(png, ORIGIN)
    return _reencoded(png, format)


def marked_png(png: bytes, origin: str) -> bytes:
    """The same picture with a sentence of where it comes from; Latin-1."""
    return png[:PNG_HEADER_BYTES] + _text_chunk("Source", origin) + png[PNG_HEADER_BYTES:]


def _rendered(svg: str) -> bytes:
    import resvg  # noqa: PLC0415 - 60 ms that a caller who wants SVG need not pay

    tree = resvg.usvg.Tree.from_str(svg, resvg.usvg.Options.default())
    return resvg.render(tree, IDENTITY)


def _text_chunk(keyword: str, text: str) -> bytes:
    """A tEXt chunk (PNG specification, 11.3.4.3)."""
    body = b"tEXt" + keyword.encode("latin-1") + b"\0" + text.encode("latin-1")
    return (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


def _reencoded(png: bytes, format: Format) -> bytes:  # noqa: A002 - that is its name
    from PIL import Image  # noqa: PLC0415 - 90 ms that a caller who wants PNG need not pay

    exif = Image.Exif()
    exif[EXIF_IMAGE_DESCRIPTION] = ORIGIN
    out = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        opaque = picture.convert("RGB")
        if format == "jpeg":
            opaque.save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0, exif=exif)
        else:
            opaque.save(out, "WEBP", quality=WEBP_QUALITY, method=2, exif=exif)
    return out.getvalue()
