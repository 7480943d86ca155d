"""Codes of six digits that change every half minute (TOTP, RFC 6238), and the recovery codes beside them.

The secret is sealed and bound to its person. Each code is good once: the newest step that was used is kept, and none at
or before it is taken again. Codes one step to either side are taken, for clocks that go a little wrong.
"""

import base64
import hmac
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.db import Sql, Tx
from apiinone.people.office import Office
from apiinone.people.person_rows import Person
from apiinone.people.throttles import CODE_PERSON, Throttled, reset, take
from apiinone.sealing import Unsealable

STEP_S: Final = 30
STEPS_TO_EITHER_SIDE: Final = 1
SECRET_BYTES: Final = 20
"""RFC 4226 recommends 160 bits."""
DIGITS: Final = 6
RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 10
RECOVERY: Final = "recovery"
ISSUER: Final = "API in One"

_PREPARE = Sql("UPDATE people SET totp_sealed = $1, totp_confirmed_us = NULL, totp_step = NULL WHERE id = $2")
_CONFIRM = Sql("UPDATE people SET totp_confirmed_us = $1 WHERE id = $2 AND totp_sealed IS NOT NULL")
_USE_STEP = Sql("UPDATE people SET totp_step = $1 WHERE id = $2 AND (totp_step IS NULL OR totp_step < $1)")
_TAKE_AWAY = Sql("UPDATE people SET totp_sealed = NULL, totp_confirmed_us = NULL, totp_step = NULL WHERE id = $1")
_ADD_RECOVERY = Sql("INSERT INTO recovery_codes (id, person_id) VALUES ($1, $2)")
_USE_RECOVERY = Sql("DELETE FROM recovery_codes WHERE id = $1 AND person_id = $2")
_DROP_RECOVERY = Sql("DELETE FROM recovery_codes WHERE person_id = $1")
_COUNT_RECOVERY = Sql("SELECT count(*) FROM recovery_codes WHERE person_id = $1")


class WrongCode(Struct, frozen=True):
    """No such code is good now; or it was used."""


class RightCode(Struct, frozen=True):
    """A code was right, and is used up. `by_recovery`: it was one of those on paper."""

    by_recovery: bool


class Setup(Struct, frozen=True):
    """What an app that shows codes is given, once."""

    secret: str
    link: str
    """``otpauth://…`` (Key Uri Format, google-authenticator wiki), drawn as a QR code."""

    def __repr__(self) -> str:
        """Nothing."""
        return "Setup()"


async def prepare_codes(tx: Tx, office: Office, person: Person) -> None:
    """Make a new secret, which is not in force before a code of it was entered."""
    secret = office.hashes.random(SECRET_BYTES)
    await tx.run(_PREPARE, office.seal.close(secret, _place(person.id)), person.id)


def setup_of(office: Office, person: Person) -> Setup | None:
    """What the app is given, while the secret is not in force; afterwards nobody sees it again."""
    if person.totp_sealed is None or person.has_codes:
        return None
    secret = base64.b32encode(office.seal.open(person.totp_sealed, _place(person.id))).decode()
    named = f"{quote(ISSUER)}:{quote(person.email)}"
    return Setup(secret, f"otpauth://totp/{named}?secret={secret}&issuer={quote(ISSUER)}")


async def put_in_force(tx: Tx, office: Office, person: Person) -> tuple[str, ...]:
    """Sign in with codes from now on; the recovery codes, which are shown once."""
    await tx.run(_CONFIRM, tx.now_us, person.id)
    return await new_recovery_codes(tx, office, person)


async def new_recovery_codes(tx: Tx, office: Office, person: Person) -> tuple[str, ...]:
    """Ten codes for the day the app is lost; those from before are void."""
    await tx.run(_DROP_RECOVERY, person.id)
    made = tuple(_written(office.hashes.random(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES))
    await tx.many(_ADD_RECOVERY, [(_recovery_id(office, person, code), person.id) for code in made])
    return made


async def take_codes_away(tx: Tx, person_id: str) -> None:
    """Sign in without codes from now on."""
    await tx.run(_TAKE_AWAY, person_id)
    await tx.run(_DROP_RECOVERY, person_id)


async def recovery_codes_left(tx: Tx, person_id: str) -> int:
    """How many recovery codes are unused."""
    row = await tx.row(_COUNT_RECOVERY, person_id)
    return 0 if row is None else int(row[0])


async def use_code(tx: Tx, office: Office, person: Person, text: str) -> RightCode | WrongCode | Throttled:
    """Use a code, of the app or a recovery code, for somebody who is locked in this transaction."""
    throttled = await take(tx, office.hashes, CODE_PERSON, person.id)
    if throttled is not None:
        return throttled
    plain = "".join(one for one in text.lower() if one.isalnum())
    step = _step_of(office, person, plain, tx.now_us)
    right: RightCode | WrongCode = WrongCode()
    if step is not None and await tx.run(_USE_STEP, step, person.id):
        right = RightCode(by_recovery=False)
    elif person.has_codes and await tx.run(_USE_RECOVERY, _recovery_id(office, person, plain), person.id):
        right = RightCode(by_recovery=True)
    if isinstance(right, RightCode):
        await reset(tx, office.hashes, CODE_PERSON, person.id)
    return right


def code_at(secret: bytes, step: int) -> str:
    """The code of a step (RFC 4226, 5.3: HMAC-SHA-1, dynamic truncation), which every app computes the same."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 0xF
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def _step_of(office: Office, person: Person, code: str, now_us: int) -> int | None:
    """The step that this is the code of, if it is near enough."""
    if person.totp_sealed is None or len(code) != DIGITS or not code.isascii() or not code.isdigit():
        return None
    try:
        secret = office.seal.open(person.totp_sealed, _place(person.id))
    except Unsealable:
        return None
    now = now_us // US_PER_S // STEP_S
    found: int | None = None
    for step in range(now - STEPS_TO_EITHER_SIDE, now + STEPS_TO_EITHER_SIDE + 1):
        if hmac.compare_digest(code_at(secret, step), code):
            found = step
    return found


def _recovery_id(office: Office, person: Person, code: str) -> str:
    return office.hashes.of(RECOVERY, f"{person.id}:{''.join(one for one in code.lower() if one.isalnum())}")


def _written(data: bytes) -> str:
    """80 bits as `k3v9-…`, in groups of four."""
    text = base64.b32hexencode(data).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def _place(person_id: str) -> str:
    return f"totp/{person_id}"
