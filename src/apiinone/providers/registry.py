"""The vendors we know, one line each; others join by an entry point that the operator names.

Some stand at no fixed address: servers of the operator's own. Their `BASE_URL` has no host, only the usual path.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import entry_points
from typing import Final, cast
from urllib.parse import urlsplit

from apiinone.providers import (
    bfl,
    bytedance_ark,
    comfyui,
    dashscope,
    elevenlabs,
    fal,
    google,
    ideogram,
    kie,
    kling,
    minimax,
    openai,
    openai_compatible,
    recraft,
    replicate,
    stability,
    wavespeed,
    zhipu,
)
from apiinone.providers.chat import ChatRemote
from apiinone.providers.chat_openai_form import CHAT_FORMS, OpenAiChat
from apiinone.providers.kie_lyrics import KieLyrics
from apiinone.providers.lyrics import LyricsRemote
from apiinone.providers.provider import Remote

Make = tuple[Callable[[str], Remote], str]
"""What makes the adapter from where the vendor's API stands, and where that is; without a host: nobody can know."""

REMOTES: Final[Mapping[str, Make]] = {
    "bfl": (bfl.BlackForestLabs, bfl.BASE_URL),
    "bytedance-ark": (bytedance_ark.ByteDanceArk, bytedance_ark.BASE_URL),
    "comfyui": (comfyui.ComfyUI, comfyui.BASE_URL),
    "dashscope": (dashscope.DashScope, dashscope.BASE_URL),
    "elevenlabs": (elevenlabs.ElevenLabs, elevenlabs.BASE_URL),
    "fal": (fal.Fal, fal.BASE_URL),
    "google": (google.Google, google.BASE_URL),
    "ideogram": (ideogram.Ideogram, ideogram.BASE_URL),
    "kie": (kie.Kie, kie.BASE_URL),
    "kling": (kling.Kling, kling.BASE_URL),
    "minimax": (minimax.MiniMax, minimax.BASE_URL),
    "openai": (openai.OpenAI, openai.BASE_URL),
    "openai-compatible": (openai_compatible.OpenAICompatible, openai_compatible.BASE_URL),
    "recraft": (recraft.Recraft, recraft.BASE_URL),
    "replicate": (replicate.Replicate, replicate.BASE_URL),
    "stability": (stability.Stability, stability.BASE_URL),
    "wavespeed": (wavespeed.WaveSpeed, wavespeed.BASE_URL),
    "zhipu": (zhipu.Zhipu, zhipu.BASE_URL),
}
"""By name."""
CHATS: Final[Mapping[str, tuple[Callable[[str], ChatRemote], str]]] = {
    form.name: (partial(OpenAiChat, form), form.base_url) for form in CHAT_FORMS
}
"""Vendors that chat, by name; one that also makes media has the same name and credential in both tables."""
LYRICS: Final[Mapping[str, Callable[[str], LyricsRemote]]] = {"kie": KieLyrics}
"""Vendors that time the words of their songs at once, by name: that of `REMOTES`, at the same address."""
CHAT_ADDRESS: Final = "-chat"
"""After a vendor's name: where its chat alone stands, for who has put it elsewhere than its media."""
PLUG_INS: Final = "apiinone.providers"
"""The group of entry points: a package names its adapter's class, which has a `BASE_URL` beside it."""


def remote_providers(base_urls: Mapping[str, str], plug_ins: Sequence[str] = ()) -> dict[str, Remote]:
    """Every adapter by name, at the operator's own address where `base_urls` names one.

    Those that stand at no fixed address are there only if it names one for them.
    Of the adapters that other packages bring only those in `plug_ins` are loaded, since loading runs their code.
    Raises ValueError for an unknown name or what is no URL.
    """
    known = {**REMOTES, **{name: _plugged_in(name) for name in plug_ins}}
    unknown = {name for name in base_urls if name.removesuffix(CHAT_ADDRESS) not in CHATS} - known.keys()
    if unknown:
        raise ValueError(f"no such provider: {', '.join(sorted(unknown))}")
    placed = {name: made for name, made in known.items() if name in base_urls or urlsplit(made[1]).netloc}
    return {name: make(base_urls.get(name, default)) for name, (make, default) in placed.items()}


def chat_remotes(base_urls: Mapping[str, str]) -> dict[str, ChatRemote]:
    """Every adapter that chats and whose address is known, at the operator's own where `base_urls` names one.

    Raises ValueError for what is no URL.
    """
    own = {name: base_urls.get(f"{name}{CHAT_ADDRESS}") or base_urls.get(name, "") for name in CHATS}
    return {name: make(own[name]) for name, (make, default) in CHATS.items() if own[name] or default}


def lyrics_remotes(base_urls: Mapping[str, str]) -> dict[str, LyricsRemote]:
    """Every adapter that times words, at the operator's own address where `base_urls` names one. Raises ValueError."""
    return {name: make(base_urls.get(name, REMOTES[name][1])) for name, make in LYRICS.items()}


def _plugged_in(name: str) -> Make:
    if name in REMOTES:
        raise ValueError(f"a provider of the product is named {name} already")
    found = next(iter(entry_points(group=PLUG_INS, name=name)), None)
    if found is None:
        raise ValueError(f"no installed package brings a provider named {name}")
    make = cast("Callable[[str], Remote]", found.load())
    return make, str(getattr(make, "BASE_URL", ""))
