"""Why an offer was chosen, in a reader's language, from the sentence that the router noted in English.

The sentence is part of the API's receipt and stays as it is there (`tasks/routing.py` writes it).
"""

import re
from collections.abc import Callable
from typing import Final

from apiinone.web.languages import marked

PARTS: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (
        re.compile(r"test mode: the built-in local provider makes everything"),
        marked("test mode: the built-in provider makes everything"),
    ),
    (re.compile(r"the only configured offer"), marked("the only configured offer")),
    (
        re.compile(r"try (?P<number>\d+) on the only configured offer, after a certain refusal"),
        marked("try %(number)s on the only configured offer, after a certain refusal"),
    ),
    (re.compile(r"first by priority of (?P<number>\d+) offers"), marked("first by priority of %(number)s offers")),
    (
        re.compile(r"next of (?P<number>\d+) offers, after a certain refusal"),
        marked("next of %(number)s offers, after a certain refusal"),
    ),
    (
        re.compile(r"(?P<number>\d+) before it (?:is|are) out of service for now"),
        marked("out of service before it: %(number)s"),
    ),
    (re.compile(r"with the account's own key"), marked("with the account’s own key")),  # noqa: RUF001 - as pages write
)
"""What it is made of, between semicolons."""


def reason_in(reason: str, say: Callable[[str], str]) -> str:
    """The sentence in a language; a part that is not known here stays as it was written."""
    return "; ".join(_said(part, say) for part in reason.split("; "))


def _said(part: str, say: Callable[[str], str]) -> str:
    for pattern, words in PARTS:
        found = pattern.fullmatch(part)
        if found is not None:
            return say(words) % found.groupdict()
    return part
