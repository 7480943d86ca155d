"""ElevenLabs as its API description has it: lines of a dialogue go in, the bytes of an MP3 come out.

Unconfirmed at the vendor, and our choice here: the header that tells the characters charged.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apiinone.simulators.faults import AFTER, BEFORE, FaultName, Stage, json
from apiinone.simulators.options import Options
from apiinone.simulators.stand_in import Asked, Refused, StandIn, admit_by_key
from apiinone.simulators.wire import Wires

MICRO_USD_PER_CHARACTER: Final = 80
STABILITIES: Final = (0.0, 0.5, 1.0)
VOICES_MAX: Final = 10
FORMATS: Final = ("mp3_22050_32", "mp3_44100_64", "mp3_44100_128", "mp3_44100_192")

REFUSALS: Final[Mapping[FaultName, tuple[int, str, str, Mapping[str, str]]]] = {
    "bad_key": (401, "invalid_api_key", "Invalid API key", {}),
    "throttled": (429, "too_many_concurrent_requests", "Too many concurrent requests", {}),
    "throttled_retry_after": (429, "system_busy", "The system is busy", {"Retry-After": "1"}),
    "bad_request": (400, "voice_not_found", "A voice with this id does not exist", {}),
    "no_balance": (401, "quota_exceeded", "This request exceeds your quota", {}),
}
FAULTS: Final[Mapping[Stage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | REFUSALS.keys(),
    "poll": frozenset(),
    "output": frozenset(),
}


def refused(status: int, word: str, message: str, headers: Mapping[str, str] | None = None) -> Refused:
    """An answer that is an error, in the vendor's own form."""
    answer = json({"detail": {"status": word, "message": message}}, status)
    answer.headers.update(headers or {})
    return Refused(answer)


class ElevenLabsSimulator(StandIn):
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults."""
        super().__init__(wires, options, FAULTS)

    def routes(self) -> Sequence[BaseRoute]:
        """A dialogue."""
        return [Route("/v1/text-to-dialogue", self._dialogue, methods=["POST"])]

    def admit(self, asked: Asked) -> None:
        """Check the key. Raises Refused."""
        admit_by_key(asked, self.options.key, REFUSALS, refused, "xi-api-key")

    async def _dialogue(self, request: Request) -> Response:
        return await self.ordered(request, self._spoken)

    async def _spoken(self, asked: Asked) -> Response:
        characters = sum(len(line.text) for line in _read(asked).inputs)
        self.accept(asked, micro_usd=characters * MICRO_USD_PER_CHARACTER)
        made = self.sound()
        return Response(made.data, headers={"character-cost": str(characters)}, media_type=made.media_type)


class _Line(Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1)]
    voice_id: Annotated[str, Meta(min_length=1)]


class _Settings(Struct, forbid_unknown_fields=True):
    stability: float | None = None
    similarity: float | None = None
    clone_strength: float | None = None


class _Order(Struct, forbid_unknown_fields=True):
    """The body, as the SDK writes it. Stricter than the vendor, which is not known to refuse unknown fields."""

    inputs: Annotated[list[_Line], Meta(min_length=1)]
    model_id: Literal["eleven_v3"] = "eleven_v3"
    language_code: Annotated[str, Meta(pattern="^[a-z]{2,3}$")] | None = None
    settings: _Settings | None = None
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] | None = None
    apply_text_normalization: Literal["auto", "on", "off"] = "auto"


def _read(asked: Asked) -> _Order:
    """The order. Raises Refused."""
    if asked.request.query_params.get("output_format", FORMATS[0]) not in FORMATS:
        raise refused(400, "invalid_output_format", "This output format does not exist")
    try:
        order = msgspec.json.decode(asked.body, type=_Order)
    except (ValueError, RecursionError) as error:
        detail = [{"loc": ["body"], "msg": str(error), "type": "value_error"}]
        raise Refused(json({"detail": detail}, 422)) from None
    if order.settings and order.settings.stability not in (None, *STABILITIES):
        raise refused(400, "invalid_ttd_stability", "Invalid TTD stability value. Must be one of: [0.0, 0.5, 1.0]")
    if len({line.voice_id for line in order.inputs}) > VOICES_MAX:
        raise refused(400, "too_many_voices", "At most 10 different voices")
    if unknown := [line.voice_id for line in order.inputs if not line.voice_id.isalnum()]:
        raise refused(400, "voice_not_found", f"A voice with the id {unknown[0]} does not exist")
    return order
