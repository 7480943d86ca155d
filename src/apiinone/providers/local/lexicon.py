"""The tables of words made ready for reading: prompts cut into words, phrases looked up."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from apiinone.providers.local.words import COLOURS, MEANINGS, NEGATIONS, SHADES, SILENT, UNDRAWN

Meanings = tuple[tuple[str, str], ...]
"""Kinds and names, such as ``(("terrain", "desert"), ("mood", "mars"))``."""

PROMPT_READ_MAX = 4000
"""Characters that are read; what follows could change little in a picture of a few things."""
PHRASE_WORDS_MAX = 3
UNSPACED_WORD_MAX = 6
PLURAL_LENGTH_MIN = 4
SHORT_HEX_LENGTH = 4

_WORD = re.compile(r"#[0-9a-f]{6}(?![0-9a-z])|#[0-9a-f]{3}(?![0-9a-z])|[^\W_]+(?:['\u2019][^\W_]+)?|&")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def words_in(prompt: str) -> list[str]:
    """Lower-case words; scripts without spaces are cut into the longest words that are known."""
    found: list[str] = []
    for word in _WORD.findall(_folded(prompt[:PROMPT_READ_MAX])):
        found += _cut(word) if _UNSPACED.search(word) else [word]
    return found


def longest_phrase(words: Sequence[str], at: int) -> tuple[int, Meanings]:
    """How many words the longest known phrase at a place has, and what it means; `unknown` where nothing is known."""
    known = lexicon()
    for size in range(min(PHRASE_WORDS_MAX, len(words) - at), 0, -1):
        for phrase in _forms(" ".join(words[at : at + size])):
            if phrase in known:
                return size, known[phrase]
    word = words[at]
    if word.startswith("#"):
        full = word if len(word) > SHORT_HEX_LENGTH else "#" + "".join(2 * digit for digit in word[1:])
        return 1, (("colour", full),)
    return 1, (("silent" if word.isdecimal() else "unknown", ""),)


@cache
def lexicon() -> Mapping[str, Meanings]:
    """Every known phrase with its meanings."""
    table: dict[str, Meanings] = {}
    for kind, name, phrase in _entries():
        key = " ".join(_WORD.findall(_folded(phrase)))
        table[key] = (*table.get(key, ()), (kind, name))
    for phrase in SILENT.replace("\n", " ").split(","):
        table.setdefault(phrase.strip(), (("silent", ""),))
    return table


def _entries() -> Iterator[tuple[str, str, str]]:
    """Kind, name and phrase of every entry but the silent words."""
    for meaning, phrase in _table(MEANINGS):
        kind, _, name = meaning.partition(":")
        yield kind, name, phrase
    for kind, table in (("colour", COLOURS), ("shade", SHADES)):
        for name, phrase in _table(table):
            yield kind, name, phrase
    for kind, phrases in (("unknown", UNDRAWN), ("negation", NEGATIONS)):
        for _, phrase in _table(f"{kind}\n{phrases}"):
            yield kind, "", phrase


def _table(text: str) -> Iterator[tuple[str, str]]:
    """The meaning and phrase of every entry of a table in `words.py`."""
    meaning = ""
    for line in text.strip().splitlines():
        if line.startswith(" "):
            for phrase in line.split(","):
                if phrase.strip():
                    yield meaning, phrase
        elif line:
            meaning = line


def _folded(text: str) -> str:
    """One spelling for all the ways in which the same letters can be written."""
    return unicodedata.normalize("NFKC", text).casefold()


def _forms(phrase: str) -> list[str]:
    """The phrase, and what it might be the plural of."""
    forms = [phrase]
    if len(phrase) >= PLURAL_LENGTH_MIN and phrase.endswith("s"):
        forms.append(phrase[:-1])
        if phrase.endswith("es"):
            forms.append(phrase[:-2])
        if phrase.endswith("ies"):
            forms.append(phrase[:-3] + "y")
    return forms


def _cut(run: str) -> list[str]:
    """Known words inside a run of characters, and what is left between them."""
    known = lexicon()
    pieces: list[str] = []
    at = rest = 0
    while at < len(run):
        size = next((n for n in range(UNSPACED_WORD_MAX, 0, -1) if run[at : at + n] in known), 0)
        if size:
            pieces += [piece for piece in (run[rest:at], run[at : at + size]) if piece]
            rest = at + size
        at += size or 1
    return [*pieces, run[rest:]] if run[rest:] else pieces
