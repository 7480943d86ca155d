"""Terms that an operator does not want to pass on, and whether a text has one. Pure.

Words are compared, not patterns, so that a text of any length takes time in proportion to it. Both sides are folded
alike: case, width and composed forms, and characters that nobody sees. Where a script puts no spaces between words,
each of its characters counts as a word, so that a term is found anywhere in such a text.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

TERMS_MAX: Final = 10_000
TERM_CHARACTERS_MAX: Final = 200
TERM_WORDS_MAX: Final = 16
COMMENT: Final = "#"
_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, Japanese kana, and Chinese characters."""
_WORD: Final = re.compile(f"[{_UNSPACED}]|[^\\W{_UNSPACED}]+")


class BlockedTerms:
    """The terms, ready to be looked for."""

    def __init__(self, terms: Iterable[str]) -> None:
        """Take them. Raises ValueError for a term without a word, or for too many or too long ones."""
        self._by_first: dict[str, dict[int, set[tuple[str, ...]]]] = {}
        for count, term in enumerate(terms, 1):
            words = tuple(_words(term))
            if count > TERMS_MAX:
                raise ValueError(f"there are more than {TERMS_MAX} terms")
            if not words or len(words) > TERM_WORDS_MAX or len(term) > TERM_CHARACTERS_MAX:
                limits = f"1 to {TERM_WORDS_MAX} words and at most {TERM_CHARACTERS_MAX} characters"
                raise ValueError(f"term {count} must have {limits}")
            self._by_first.setdefault(words[0], {}).setdefault(len(words), set()).add(words)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._by_first)

    def found_in(self, text: str) -> bool:
        """Whether one of the terms stands in the text, as whole words."""
        words = _words(text)
        for at, word in enumerate(words):
            for length, terms in self._by_first.get(word, {}).items():
                if tuple(words[at : at + length]) in terms:
                    return True
        return False


def read_terms(text: str) -> BlockedTerms:
    """One term a line; empty lines and what begins with `#` are left out. Raises ValueError."""
    lines = (line.strip() for line in text.splitlines())
    return BlockedTerms(line for line in lines if line and not line.startswith(COMMENT))


def _words(text: str) -> Sequence[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    if not folded.isascii():
        folded = "".join(character for character in folded if unicodedata.category(character) != "Cf")
    return _WORD.findall(folded)
