"""What the built-in engines can write here."""

import importlib.util

from apiinone.cli.checks.finding import Finding, ok, warning


def engine_finding() -> Finding:
    """Whether test films and songs come in the formats that vendors use."""
    if importlib.util.find_spec("av") is not None:
        return ok("test media", "films are made as MP4, songs and speech as MP3")
    says = (
        "test films are animated WebP without sound, songs and speech are WAV: the optional encoders are not installed"
    )
    return warning("test media", says, "pip install 'apiinone[video]' (its wheel bundles encoders under the GPL)")
