"""The operator's rules for what is asked, applied before anything is held and before any vendor sees a prompt."""

import base64
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Literal, cast
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from apiinone.accounts.keys import Mode
from apiinone.assets.media import Unacceptable
from apiinone.assets.sniff import kind_of
from apiinone.core.blocked_terms import BlockedTerms
from apiinone.core.exchange import Request
from apiinone.core.secret import Secret
from apiinone.outbound import Lost, NotSent, Outbound

Verdict = Literal["allowed", "blocked_term", "moderation", "unchecked"]
"""`unchecked`: the moderation endpoint does not answer, and the operator wants nothing to pass then; or there is
more text than it is asked about."""
TEXT_CHARACTERS_MAX: Final = 30_000
"""In one piece for the moderation endpoint."""
PIECES_MAX: Final = 32
TIMEOUT_S: Final = 10.0
ANSWER_BYTES_MAX: Final = 1024 * 1024
START_CHARACTERS: Final = 8192
"""So much of a file shows what kind it is."""
_BASE64_URL_FROM: Final = "data:"
_BASE64: Final = re.compile(r"[A-Za-z0-9+/=%]*")
_log = logging.getLogger("apiinone.policy")


class Moderation(Struct, frozen=True):
    """An endpoint in the form of OpenAI's moderations (its API reference): `input` in, `results[].flagged` out."""

    url: str
    host: str
    model: str
    secret: Secret | None
    passes_on_failure: bool = False


class Asked(Struct, frozen=True):
    """A request, as far as rules and the log care."""

    mode: Mode
    account_id: str
    request_id: str
    model: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules. With none of them everything is allowed."""

    terms: BlockedTerms
    outbound: Outbound | None = None
    moderation: Moderation | None = None
    in_test_mode: bool = True
    """Whether the terms hold for test keys too; the moderation endpoint is never asked for these."""
    keeps_prompts: bool = False
    """Whether the log keeps the texts of what was refused."""

    @property
    def has_rules(self) -> bool:
        """Whether there is anything to ask."""
        return bool(self.terms) or self.moderation is not None

    async def verdict(self, asked: Asked) -> Verdict:
        """What the rules say; whatever is not allowed is logged."""
        if asked.mode == "test" and not self.in_test_mode:
            return "allowed"
        verdict: Verdict = "allowed"
        if self.terms and any(self.terms.found_in(text) for text in texts_of(asked.fields)):
            verdict = "blocked_term"
        elif self.moderation is not None and self.outbound is not None and asked.mode == "live":
            verdict = await _moderated(self.outbound, self.moderation, list(texts_of(asked.fields)))
        if verdict != "allowed":
            self._log(asked, verdict)
        return verdict

    def _log(self, asked: Asked, verdict: Verdict) -> None:
        told: dict[str, object] = {
            "rule": verdict,
            "account_id": asked.account_id,
            "request_id": asked.request_id,
            "model": asked.model,
            "mode": asked.mode,
        }
        if self.keeps_prompts:
            told["texts"] = list(texts_of(asked.fields))
        _log.info("refused by the operator's rules", extra=told)


NO_POLICY: Final = Policy(BlockedTerms(()))


def texts_of(value: object) -> Iterator[str]:
    """Every text in a request's fields, however deep; files in base64 are none."""
    match value:
        case str():
            if not _is_file(value):
                yield value
        case dict():
            for inner in cast("Mapping[str, object]", value).values():
                yield from texts_of(inner)
        case list():
            for inner in cast("Sequence[object]", value):
                yield from texts_of(inner)
        case _:
            return


def _is_file(text: str) -> bool:
    """Whether it is a `data:` URL of base64 alone, perhaps percent-encoded, and begins as a picture, film or sound.

    Whatever else is read as a text, such as words in letters that base64 has too.
    """
    head, mark, data = text.partition(";base64,")
    if not mark or not head.startswith(_BASE64_URL_FROM) or _BASE64.fullmatch(data) is None:
        return False
    start = unquote(data[:START_CHARACTERS]).rstrip("=")
    try:
        kind_of(base64.b64decode(start[: len(start) // 4 * 4]))
    except (ValueError, Unacceptable):
        return False
    return True


class _Result(Struct):
    flagged: bool


class _Answer(Struct):
    results: list[_Result]


async def _moderated(outbound: Outbound, moderation: Moderation, texts: Sequence[str]) -> Verdict:
    whole = "\n".join(texts)
    pieces = [whole[at : at + TEXT_CHARACTERS_MAX] for at in range(0, len(whole), TEXT_CHARACTERS_MAX)]
    if not pieces:
        return "allowed"
    failed: Verdict = "allowed" if moderation.passes_on_failure else "unchecked"
    if len(pieces) > PIECES_MAX:  # what its sender chose is no failure of the endpoint
        return "unchecked"
    request = Request(
        method="POST",
        url=moderation.url,
        auth="none" if moderation.secret is None else "bearer",
        json={"model": moderation.model, "input": pieces},
        timeout_s=TIMEOUT_S,
        body_bytes_max=ANSWER_BYTES_MAX,
    )
    try:
        response = await outbound.send(request, secret=moderation.secret, hosts=(moderation.host,))
    except (NotSent, Lost):
        return failed
    if response.status != HTTPStatus.OK:
        return failed
    try:
        results = msgspec.json.decode(response.body, type=_Answer).results
    except (ValueError, RecursionError):
        return failed
    if any(result.flagged for result in results):
        return "moderation"
    return "allowed" if len(results) >= len(pieces) else failed
