"""The vendors we know, one line each; others join by an entry point that the operator names."""

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import entry_points
from typing import Final, cast

from apiinone.providers import elevenlabs, kling, recraft, wavespeed
from apiinone.providers.provider import Remote

Make = tuple[Callable[[str], Remote], str]
"""What makes the adapter from where the vendor's API stands, and where that is."""

REMOTES: Final[Mapping[str, Make]] = {
    "elevenlabs": (elevenlabs.ElevenLabs, elevenlabs.BASE_URL),
    "kling": (kling.Kling, kling.BASE_URL),
    "recraft": (recraft.Recraft, recraft.BASE_URL),
    "wavespeed": (wavespeed.WaveSpeed, wavespeed.BASE_URL),
}
"""By name."""
PLUG_INS: Final = "apiinone.providers"
"""The group of entry points: a package names its adapter's class, which has a `BASE_URL` beside it."""


def remote_providers(base_urls: Mapping[str, str], plug_ins: Sequence[str] = ()) -> dict[str, Remote]:
    """Every adapter by name, at the operator's own address where `base_urls` names one.

    Of the adapters that other packages bring only those in `plug_ins` are loaded, since loading runs their code.
    Raises ValueError for an unknown name or what is no URL.
    """
    known = {**REMOTES, **{name: _plugged_in(name) for name in plug_ins}}
    unknown = base_urls.keys() - known.keys()
    if unknown:
        raise ValueError(f"no such provider: {', '.join(sorted(unknown))}")
    return {name: make(base_urls.get(name, default)) for name, (make, default) in known.items()}


def _plugged_in(name: str) -> Make:
    if name in REMOTES:
        raise ValueError(f"a provider of the product is named {name} already")
    found = next(iter(entry_points(group=PLUG_INS, name=name)), None)
    if found is None:
        raise ValueError(f"no installed package brings a provider named {name}")
    make = cast("Callable[[str], Remote]", found.load())
    return make, str(getattr(make, "BASE_URL", ""))
