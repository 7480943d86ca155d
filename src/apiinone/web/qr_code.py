"""A QR code as a drawing that stands in the page itself: nobody else's server ever sees what is in it."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from markupsafe import Markup

SCALE: Final = 5
BORDER: Final = 3


def qr_code(text: str) -> "Markup":
    """The drawing, dark on white in either theme, because cameras expect it so."""
    import segno  # noqa: PLC0415 - loaded with the first code that is set up
    from markupsafe import Markup  # noqa: PLC0415 - as above

    drawn = segno.make(text, error="m", micro=False).svg_inline(
        scale=SCALE, border=BORDER, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return Markup(drawn)  # noqa: S704 - drawn from squares, and the text is not in it
