"""What kinds of things are called on pages: endpoints, outputs, what is paid for, where credits come from."""

from collections.abc import Callable, Mapping
from typing import Final

from apiinone.web.languages import marked

KIND_NAMES: Final[Mapping[str, str]] = {
    "images": marked("images"),
    "videos": marked("videos"),
    "music": marked("music"),
    "speech": marked("speech"),
    "chat": marked("chat"),
    "remove-bg": marked("remove background"),
    "face-swap": marked("face swap"),
    "upscale": marked("upscale"),
    "vectorize": marked("vectorize"),
    "text": marked("text"),
    "image": marked("image"),
    "video": marked("video"),
    "audio": marked("audio"),
    "song": marked("song"),
    "swap": marked("swap"),
    "request": marked("request"),
    "1,000 characters": marked("1,000 characters"),
    "grant": marked("grant"),
    "refill": marked("refill"),
    "daily test credits": marked("daily test credits"),
    "Image API": marked("Image API"),
    "Video API": marked("Video API"),
    "Music API": marked("Music API"),
    "Speech API": marked("Speech API"),
    "Chat API": marked("Chat API"),
    "Tool API": marked("Tool API"),
}


def kind_name(code: str, say: Callable[[str], str]) -> str:
    """A kind's name in a language; the word itself where the catalogue has one that is not known here."""
    return say(KIND_NAMES.get(code, code))
