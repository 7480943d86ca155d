"""ElevenLabs: one synchronous request answers with the sound's bytes.

Facts: the vendor's API description and its Python SDK 2.78.0 (`text_to_dialogue`), and its help page "API - Error Code
400 or 401"; what none of them says is marked unconfirmed.
"""

from collections.abc import Mapping
from typing import Final, cast

from msgspec import Raw, Struct

from apiinone.core.exchange import Auth, InHeader, Request, Response
from apiinone.providers.provider import Fault, Finished, Inline, Order, SubmitReply, Unclear
from apiinone.providers.reading import decoded, refusal, rejected, retry_after_s
from apiinone.providers.transports import Synchronous

BASE_URL: Final = "https://api.elevenlabs.io"
OUTPUT_FORMAT: Final = "mp3_44100_128"
TIMEOUT_S: Final = 180.0
"""Two thousand characters are about two minutes of sound; the SDK waits 240 s. Our choice between."""
BODY_BYTES_MAX: Final = 16 * 1024 * 1024
"""A quarter of an hour at 128 kbit/s."""
OK: Final = 200
SERVER_ERROR: Final = 500
"""From here on nothing is certain: the sound may have been made."""
MICRO_USD_PER_CHARACTER: Final = 80
CHARACTERS_MAX: Final = 10**6
COST_HEADERS: Final = ("character-cost", "x-character-count")
"""Where the vendor tells the characters that it charges (unconfirmed: seen by clients, not in the description)."""
MP3_TAG: Final = b"ID3"
MP3_SYNC: Final = (0xFF, 0xE0)
"""A frame begins with eleven set bits."""

VOICES: Final[Mapping[str, str]] = {
    "alice": "Xb7hH8MSUJpSbSDYk0k2",
    "aria": "9BWtsMINqrJLrRacOk9x",
    "brian": "nPczCjzI2devNBz1zQrb",
    "callum": "N2lVS1w4EtoT3dr4eOWO",
    "charlie": "IKne3meq5aSn9XLyUdCD",
    "charlotte": "XB0fDUnXU5powFXDhCwa",
    "chris": "iP95p4xoKVk53GoZ742B",
    "daniel": "onwK4e9ZLuTAKqWW03F9",
    "eric": "cjVigY5qzO86Huf0OWal",
    "george": "JBFqnCBsd6RMkjVDRZzb",
    "jessica": "cgSgspJ2msm6clMCkdW9",
    "laura": "FGY2WhTYpPnrIDTdsKH5",
    "liam": "TX3LPaxmHKxFdv7VOQHJ",
    "lily": "pFZP5JQG7iQjIQuC4Bku",
    "matilda": "XrExE9yKIg1WjnnlVkGX",
    "river": "SAz9YHcvj6GT2YYXdXww",
    "roger": "CwhRBWXzGAHq8TQ4Fs17",
    "sarah": "EXAVITQu4vr4xnSDxMaL",
    "will": "bIHbv24MWmeRgasZH58o",
}
"""Voices that every account has, by their first names (public clients list them alike). Any other word is taken for an
id, which the vendor refuses where it knows none."""
DEFAULT_VOICE: Final = VOICES["george"]
"""The voice of the vendor's own examples."""

STATUSES: Final[Mapping[str, Fault]] = {
    "invalid_api_key": "bad_credential",
    "missing_api_key": "bad_credential",
    "needs_authorization": "bad_credential",
    "missing_permissions": "bad_credential",
    "detected_unusual_activity": "bad_credential",
    "quota_exceeded": "no_balance",
    "max_character_limit_exceeded": "bad_request",
    "voice_not_found": "bad_request",
    "invalid_ttd_stability": "bad_request",
    "too_many_concurrent_requests": "throttled",
    "system_busy": "throttled",
}
"""What `detail.status` says, whatever the HTTP status below 500: an empty quota comes as 401, like a wrong key."""


class ElevenLabs(Synchronous):
    """The adapter. Pure: it describes requests and reads answers."""

    name = "elevenlabs"
    auth: Auth = InHeader("xi-api-key")
    credential_names: tuple[str, ...] = ("ELEVENLABS_API_KEY",)
    submit_per_s_max = 5.0
    """Our choice: the vendor limits what runs at a time, not how often."""
    concurrent_max = 5
    """Our choice: a small paid plan."""

    def __init__(self, base_url: str = BASE_URL) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        super().__init__(base_url)

    def submit(self, order: Order) -> Request:
        """``POST /v1/text-to-dialogue``: lines with the ids of their voices."""
        lines = cast("list[Mapping[str, object]]", order.fields.get("inputs", []))
        inputs = [{"text": line["text"], "voice_id": _voice_id(line.get("voice"))} for line in lines]
        return Request(
            method="POST",
            url=f"{self._url}/v1/text-to-dialogue?output_format={OUTPUT_FORMAT}",
            auth=self.auth,
            json={**order.fields, "inputs": inputs, "model_id": order.upstream_model},
            timeout_s=TIMEOUT_S,
            body_bytes_max=BODY_BYTES_MAX,
        )

    def read_submit(self, response: Response) -> SubmitReply:
        """Sound; or a refusal, by the word in `detail` or by the status; or `Unclear`.

        The bytes decide whether it is sound, since a body under a wrong type is still one. The vendor publishes no word
        for moderation (unconfirmed).
        """
        if response.status == OK:
            if not _is_mp3(response.body):
                return Unclear("an answer without sound")
            return Finished((Inline(response.body),), _cost_micro_usd(response.headers))
        fault = _named(response.body)
        if fault is None or response.status >= SERVER_ERROR:
            return refusal(response)
        return rejected(fault, retry_after_s(response.headers))


class _Detail(Struct):
    status: str = ""
    code: str = ""
    """The newer name of the same word (unconfirmed)."""


class _Error(Struct):
    detail: Raw = Raw(b"null")
    """An object; for what fails the description, a list."""


def _named(body: bytes) -> Fault | None:
    error = decoded(body, _Error)
    detail = decoded(error.detail, _Detail) if error else None
    return None if detail is None else STATUSES.get(detail.status) or STATUSES.get(detail.code)


def _voice_id(voice: object) -> str:
    return DEFAULT_VOICE if voice is None else VOICES.get(str(voice).lower(), str(voice))


def _is_mp3(body: bytes) -> bool:
    first, second = MP3_SYNC
    framed = len(body) > 1 and body[0] == first and body[1] & second == second
    return framed or body.startswith(MP3_TAG)


def _cost_micro_usd(headers: Mapping[str, str]) -> int | None:
    for name in COST_HEADERS:
        text = headers.get(name, "")
        if text.isascii() and text.isdigit() and len(text) <= len(str(CHARACTERS_MAX)):
            return int(text) * MICRO_USD_PER_CHARACTER
    return None
