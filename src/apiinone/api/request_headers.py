"""Request headers that change what a route does: read strictly, refused by name."""

import re
from typing import Final

from apiinone.accounts.keys import Mode
from apiinone.api.answer import Header
from apiinone.api.call import Call
from apiinone.core.errors import BadRequest
from apiinone.tasks.scenario import HEADER as SCENARIO
from apiinone.tasks.scenario import refuse_not_for

WAIT_S_MAX: Final = 60
IDEMPOTENCY_KEY_CHARACTERS_MAX: Final = 255
SCENARIO_CHARACTERS_MAX: Final = 200
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9_-]{1,64}")
_SCENARIO: Final = SCENARIO.lower().encode()
REQUEST_ID_BYTES: Final = 12
_KEY: Final = re.compile(r"[ -~]{1,255}")


def new_request_id(randomness: bytes) -> str:
    """Ours, of `REQUEST_ID_BYTES`."""
    return f"req_{randomness.hex()}"


def own_request_id(value: bytes | None) -> str | None:
    """The client's own request id, if it has the form of one; else we make one."""
    return value.decode() if value is not None and _REQUEST_ID.fullmatch(value) else None


def idempotency_key(call: Call) -> str | None:
    """The key under which a request may be sent again; None where there is none. Raises BadRequest."""
    key = call.header(b"idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        sentence = f"An Idempotency-Key has 1 to {IDEMPOTENCY_KEY_CHARACTERS_MAX} printable ASCII characters."
        raise BadRequest(sentence, param="Idempotency-Key")
    return key


def preferred_wait_s(call: Call) -> int:
    """The seconds in `Prefer: wait=N`; 0 without. Preferences we do not know are passed over (RFC 7240)."""
    header = call.header(b"prefer")
    if header is None:
        return 0
    for preference in re.split("[,;]", header):
        name, _, value = preference.partition("=")
        if name.strip().lower() == "wait":
            return _seconds(value.strip().strip('"'))
    return 0


def preference_applied(wait_s: int) -> tuple[Header, ...]:
    """What the response says of a wait that was preferred; nothing where none was."""
    return ((b"preference-applied", b"wait=%d" % wait_s),) if wait_s else ()


def scenario(call: Call, mode: Mode, *, calls: bool = False) -> str | None:
    """What a test key wants to be played; None for the plain way. Raises BadRequest, for live keys always.

    `calls`: for a call that answers at once, else for a task.
    """
    header = call.header(_SCENARIO)
    if header is None:
        return None
    if mode == "live":
        raise BadRequest(f"{SCENARIO} works with test keys only.", param=SCENARIO)
    if len(header) > SCENARIO_CHARACTERS_MAX:
        raise BadRequest(f"{SCENARIO} has at most {SCENARIO_CHARACTERS_MAX} characters.", param=SCENARIO)
    refuse_not_for(header, calls=calls)
    return header


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(WAIT_S_MAX)) and int(text) <= WAIT_S_MAX):
        raise BadRequest(f"`wait` takes whole seconds from 0 to {WAIT_S_MAX}.", param="Prefer")
    return int(text)
