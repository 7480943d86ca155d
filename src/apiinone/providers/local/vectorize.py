"""Turns pixels into filled shapes with vtracer, on a copy that is small enough to stay quick."""

import io
from html import escape

import vtracer  # pyright: ignore[reportMissingTypeStubs] - it has annotations, though no stubs
from PIL import Image, ImageFilter

from apiinone.providers.local.media_briefs import EditBrief, Made, Result
from apiinone.providers.local.photo import answered, decoded
from apiinone.providers.local.raster import CONTENT_TYPES

ORIGIN = "traced by the built-in local engine of API in One (test mode); not made by any vendor"
TRACED_SIDE = 640
"""Traced in a size of at most this many pixels a side; the drawing is drawn in the input's own."""
COLOURS = 24
CALM = 3
"""Side of the median filter that takes away noise, which would become thousands of shapes."""


def vectorize(brief: EditBrief) -> Result:
    """The picture as an SVG with its own sides."""
    return answered(lambda: _traced(brief))


def _traced(brief: EditBrief) -> Made:
    picture = decoded(brief.picture)
    width, height = picture.size
    picture.thumbnail((TRACED_SIDE, TRACED_SIDE), Image.Resampling.LANCZOS)
    calm = picture.filter(ImageFilter.MedianFilter(CALM)).quantize(COLOURS, dither=Image.Dither.NONE).convert("RGB")
    png = io.BytesIO()
    calm.save(png, "PNG")
    svg = vtracer.convert_raw_image_to_svg(
        png.getvalue(), img_format="png", filter_speckle=6, color_precision=6, layer_difference=16, path_precision=2
    )
    body = svg[svg.index("<path") : svg.rindex("</svg>")] if "<path" in svg else ""
    begin = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {calm.width} {calm.height}" preserveAspectRatio="none">'
    )
    return Made(f"{begin}\n<metadata>{escape(ORIGIN)}</metadata>\n{body}</svg>\n".encode(), CONTENT_TYPES["svg"])
