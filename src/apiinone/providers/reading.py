"""What adapters share to read an answer: typed JSON or nothing, clean text only, and refusals in our own sentences."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

import msgspec

from apiinone.core.exchange import Response
from apiinone.providers.provider import Fault, Linked, Rejected, Unclear

T = TypeVar("T")

FOREIGN_TEXT_BYTES_MAX: Final = 8192
"""How much of a vendor's error text is searched for words."""
LINK_CHARACTERS_MAX: Final = 8192
RETRY_AFTER_S_MAX: Final = 3600


class Base(NamedTuple):
    """Where a vendor's API stands."""

    url: str
    """Without a final slash."""
    host: str
    """``host`` or ``host:port``: the only place that our credential goes to."""
    output_hosts: tuple[str, ...]
    """Plain http is for simulators and private relays: what they make comes from where they stand, or not at all."""


def read_base(base_url: str) -> Base:
    """Read the operator's base URL. Raises ValueError, without repeating it, where it is none."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
        raise ValueError("a provider's base URL must be http(s)://host[:port][/path]")
    host = parts.netloc.lower()
    return Base(base_url.rstrip("/"), host, (host,) if parts.scheme == "http" else ())


def decoded(body: bytes | msgspec.Raw, shape: type[T]) -> T | None:
    """The body as a value of this type, or None where it is anything else."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (ValueError, RecursionError):
        return None


def linked(url: str) -> Linked | None:
    """An output's address, or None where it is no clean http(s) URL. Whether we go there is judged by the sender."""
    if len(url) > LINK_CHARACTERS_MAX or not url.startswith(("https://", "http://")) or _UNCLEAN.search(url):
        return None
    return Linked(url)


def is_upstream_id(text: str) -> bool:
    """Whether a vendor's id has a form that we store and put into a path."""
    return _UPSTREAM_ID.fullmatch(text) is not None


SENTENCES: Final[Mapping[Fault, tuple[str, bool]]] = {
    "content_policy": ("The provider's safety rules refuse this request.", False),
    "bad_request": ("The provider does not accept this combination of inputs.", False),
    "throttled": ("The provider is too busy at the moment.", True),
    "no_balance": ("The provider is not available at the moment.", True),
    "bad_credential": ("The provider is not available at the moment.", True),
    "provider_error": ("The provider failed to make the result.", True),
    "output_unavailable": ("The provider no longer has the result.", False),
}
"""For each fault what the client reads, and whether another try, here or at another provider, may succeed."""


def rejected(fault: Fault, retry_after_s: float | None = None) -> Rejected:
    """A refusal in our own words."""
    message, retryable = SENTENCES[fault]
    return Rejected(fault, message, retryable, retry_after_s)


def made_nothing(fault: Fault | None) -> Rejected:
    """Why a job that was accepted came to nothing, by what the vendor says of it.

    Only what the client's request can be to blame for is believed; whatever else it says, the vendor failed.
    """
    return rejected(fault if fault in ("content_policy", "bad_request") else "provider_error")


def refusal(response: Response, status: int | None = None) -> Rejected | Unclear:
    """What an answer that is no success means for a paid request that was delivered.

    Refused: what the vendor checks before it starts. Everything else is `Unclear`, above all 5xx: a gateway that gave
    up waiting (502, 504) or a crash (500) may stand before a job that is running and charged. One 5xx is a refusal:
    503 that says "overloaded" or when to come back, which is how servers turn work away. `status` takes the place of
    the HTTP status where the vendor's own code stands in a body with HTTP 200.
    """
    code = response.status if status is None else status
    wait_s = retry_after_s(response.headers)
    words = fault_in(response.body)
    if code == HTTPStatus.SERVICE_UNAVAILABLE:
        turned_away = wait_s is not None or words == "throttled"
        return rejected("throttled", wait_s) if turned_away else Unclear("status 503")
    if code not in STATUS_FAULTS:
        return Unclear(f"status {code}")
    plain, told = STATUS_FAULTS[code]
    return rejected(words if words in told else plain, wait_s)


def refusal_where_free(response: Response) -> Rejected | Unclear:
    """As `refusal`, for a server of the operator's own: nothing is paid there, so that 500 is a refusal too."""
    failed = response.status == HTTPStatus.INTERNAL_SERVER_ERROR
    return rejected("provider_error") if failed else refusal(response)


STATUS_FAULTS: Final[Mapping[int, tuple[Fault, tuple[Fault, ...]]]] = {
    301: ("provider_error", ()),  # answered by something that is not the API: nothing was carried out
    307: ("provider_error", ()),
    308: ("provider_error", ()),
    400: ("bad_request", ("no_balance", "content_policy", "bad_credential")),
    401: ("bad_credential", ("no_balance",)),
    402: ("no_balance", ()),
    403: ("bad_credential", ("no_balance", "content_policy")),
    404: ("provider_error", ()),
    405: ("provider_error", ()),
    413: ("bad_request", ()),
    415: ("bad_request", ()),
    422: ("bad_request", ("no_balance", "content_policy")),
    429: ("throttled", ("no_balance",)),
    451: ("content_policy", ()),
}
"""For each refusing status the fault it means, and the faults that the vendor's words may make of it instead."""

FAULT_WORDS: Final[tuple[tuple[Fault, str], ...]] = (
    (
        "no_balance",
        r"(insufficient|not enough|no) (credit|balance|fund|unit)|payment required|top[ -]up|out of credits",
    ),
    ("content_policy", r"moderat|nsfw|content[ _]polic|safety|sensitive|prohibited|inappropriate|flagged|violat"),
    ("throttled", r"rate[ _]limit|too many requests|overload|at capacity|try again later"),
    ("bad_credential", r"unauthori[sz]ed|(invalid|missing|wrong) (api[ _-]?)?(key|token)"),
    (
        "bad_request",
        r"invalid (input|param|value|size|image|prompt)|not supported|must be|required|out of range|too long",
    ),
)
"""Words in a vendor's error text, first match first. Our choice from what such texts commonly say: no vendor here
publishes a list of codes (recraft: "Errors, limits"; wavespeed: "Not confirmed")."""


def fault_in(text: bytes) -> Fault | None:
    """The fault that an error text speaks of, or None where it says nothing we know."""
    lower = text[:FOREIGN_TEXT_BYTES_MAX].decode(errors="replace").lower()
    return next((fault for fault, pattern in _FAULT_PATTERNS if pattern.search(lower)), None)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by the `Retry-After` header; None where there is none, or a date (no vendor here sends one)."""
    text = headers.get("retry-after", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < len(str(RETRY_AFTER_S_MAX)) + 1):
        return None
    return float(min(int(text), RETRY_AFTER_S_MAX))


_FAULT_PATTERNS: Final[tuple[tuple[Fault, re.Pattern[str]], ...]] = tuple(
    (fault, re.compile(pattern)) for fault, pattern in FAULT_WORDS
)
_UPSTREAM_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_UNCLEAN: Final = re.compile(r"[\x00-\x20\x7f\ud800-\udfff]")
