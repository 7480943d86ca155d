"""The vendors we know, one line each."""

from collections.abc import Callable, Mapping
from typing import Final

from apiinone.providers import recraft, wavespeed
from apiinone.providers.provider import Remote

REMOTES: Final[Mapping[str, tuple[Callable[[str], Remote], str]]] = {
    "recraft": (recraft.Recraft, recraft.BASE_URL),
    "wavespeed": (wavespeed.WaveSpeed, wavespeed.BASE_URL),
}
"""By name: what makes the adapter, and where the vendor's API stands."""


def remote_providers(base_urls: Mapping[str, str]) -> dict[str, Remote]:
    """Every adapter by name, at the operator's own address where `base_urls` names one.

    Raises ValueError for an unknown name or what is no URL.
    """
    unknown = base_urls.keys() - REMOTES.keys()
    if unknown:
        raise ValueError(f"no such provider: {', '.join(sorted(unknown))}")
    return {name: make(base_urls.get(name, default)) for name, (make, default) in REMOTES.items()}
