"""The languages of the pages: which there are, which one a reader gets, and its words.

English stands in the templates and in the code; every other language is one file, `pages.po` below `languages/<name>`,
with its compiled twin beside it, so that a server needs nothing but the standard library to speak it.
"""

import gettext
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from msgspec import Struct

FOLDER: Final = Path(__file__).parent / "languages"
DOMAIN: Final = "pages"
ENGLISH: Final = "en"
ACCEPTED_MAX: Final = 20
ACCEPT_CHARACTERS_MAX: Final = 400
NAMES: Final = {"en": "English", "es": "Español", "zh": "中文"}
"""What each language calls itself."""


class Look(Struct, frozen=True):
    """What a kept page differs by: its language, and whether its reader seems to be signed in."""

    language: str = ENGLISH
    signed_in: bool = False


class Languages:
    """Those whose words are there."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Look which there are."""
        self._folder = folder
        found = sorted(path.parts[-3] for path in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
        self.names = (ENGLISH, *(name for name in found if name != ENGLISH))
        self.words = cache(self._words)

    def own_names(self) -> tuple[tuple[str, str], ...]:
        """Each with what it calls itself."""
        return tuple((name, NAMES.get(name, name)) for name in self.names)

    def choose(self, chosen: Iterable[str], accepted: str) -> str:
        """The first of these choices that there is, else what the browser asks for (RFC 9110, 12.5.4), else English."""
        for name in (*chosen, *_preferred(accepted)):
            if name in self.names:
                return name
        return ENGLISH

    def _words(self, language: str) -> gettext.NullTranslations:
        if language not in self.names or language == ENGLISH:
            return gettext.NullTranslations()
        return gettext.translation(DOMAIN, self._folder, [language])


def marked(text: str) -> str:
    """The text itself: it is translated where it is shown, and found by the tool that gathers texts here."""
    return text


def kept_query(query: Mapping[str, str]) -> str:
    """What the address of the same page in another language asks besides `lang`: `state=all&`, or nothing."""
    kept = urlencode({name: value for name, value in query.items() if name != "lang"})
    return f"{kept}&" if kept else ""


def _preferred(accepted: str) -> list[str]:
    """Languages of an Accept-Language header, the best first, without regions: `zh-Hant-TW` asks for `zh`."""
    found: list[tuple[float, int, str]] = []
    for position, part in enumerate(accepted[:ACCEPT_CHARACTERS_MAX].split(",")[:ACCEPTED_MAX]):
        name, _, weight = part.partition(";")
        found.append((-_quality(weight), position, name.strip().lower().partition("-")[0]))
    return [name for quality, _, name in sorted(found) if quality < 0]


def _quality(weight: str) -> float:
    _, is_given, text = weight.partition("q=")
    try:
        return float(text) if is_given else 1.0
    except ValueError:
        return 0.0
