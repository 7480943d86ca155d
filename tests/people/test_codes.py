"""Codes from an app: each good once, few tries, and the session goes on under another id."""

import asyncio
import base64

import pytest

from apiinone.db import Sql, Tx
from apiinone.people.codes import STEP_S, WrongCode, code_at
from apiinone.people.person_rows import Person
from apiinone.people.session_rows import Found
from apiinone.people.sign_in import SignedIn
from apiinone.people.step_up import (
    Renewed,
    begin_codes,
    codes_to_set_up,
    confirm_codes,
    end_codes,
    enter_code,
    enter_password,
    remake_recovery_codes,
)
from apiinone.people.throttles import CODE_PERSON, Throttled
from people.office_for_tests import OfficeForTests

RFC = b"12345678901234567890"
"""The key of the examples in RFC 6238, appendix B."""
SEALED = Sql("SELECT totp_sealed FROM people")
CODES = Sql("SELECT id FROM recovery_codes")


@pytest.mark.parametrize(
    ("moment_s", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_every_app(moment_s: int, code: str) -> None:
    assert code_at(RFC, moment_s // STEP_S) == code


class WithCodes:
    """Somebody with codes: their secret, their recovery codes, their session."""

    def __init__(self, office: OfficeForTests, secret: bytes, codes: tuple[str, ...], found: Found) -> None:
        self.office = office
        self.secret = secret
        self.recovery_codes = codes
        self.found = found

    async def code(self, later: int = 0) -> str:
        async def now(tx: Tx) -> int:
            return tx.now_us

        now_us = await self.office.database.read(now)
        return code_at(self.secret, now_us // 1_000_000 // STEP_S + later)

    async def due(self) -> Found:
        """A session whose code is due."""
        signed_in = await self.office.sign_in()
        assert isinstance(signed_in, SignedIn)
        assert signed_in.code_due
        found = await self.office.session(signed_in)
        assert found is not None
        return found


async def found_of(office: OfficeForTests, signed_in: SignedIn) -> Found:
    found = await office.session(signed_in)
    assert found is not None
    return found


async def renewed(office: OfficeForTests, outcome: object, person: Person) -> Found:
    assert isinstance(outcome, Renewed), outcome
    found = await office.session(SignedIn(outcome.token, person, code_due=False))
    assert found is not None
    return found


async def with_codes(office: OfficeForTests) -> WithCodes:
    signed_in = await office.member()
    found = await found_of(office, signed_in)
    await begin_codes(office.office, found.person)
    person = await office.person()
    assert person is not None
    setup = codes_to_set_up(office.office, person)
    assert setup is not None
    secret = base64.b32decode(setup.secret)
    made = WithCodes(office, secret, (), found)
    outcome = await confirm_codes(office.office, found, await made.code())
    made.found = await renewed(office, outcome, person)
    assert isinstance(outcome, Renewed)
    made.recovery_codes = outcome.recovery_codes
    office.database.let_pass(5 * STEP_S)
    return made


async def test_whoever_has_codes_is_signed_in_once_one_was_right(office: OfficeForTests) -> None:
    somebody = await with_codes(office)
    due = await somebody.due()
    assert due.session.totp_due == 1
    assert isinstance(await enter_code(office.office, due, "000000"), WrongCode)
    after = await renewed(office, await enter_code(office.office, due, await somebody.code()), due.person)
    assert (after.session.totp_due, after.session.id != due.session.id) == (0, True)


async def test_a_code_is_good_once_wherever_it_is_entered(office: OfficeForTests) -> None:
    somebody = await with_codes(office)
    first, second = await somebody.due(), await somebody.due()
    code = await somebody.code()
    outcomes = await asyncio.gather(*(enter_code(office.office, one, code) for one in (first, second)))
    assert sorted(type(one).__name__ for one in outcomes) == ["Renewed", "WrongCode"]
    assert isinstance(await enter_code(office.office, somebody.found, await somebody.code(later=-1)), WrongCode)
    assert isinstance(await enter_code(office.office, somebody.found, await somebody.code(later=1)), Renewed)


async def test_a_clock_may_go_wrong_by_one_step_and_no_more(office: OfficeForTests) -> None:
    somebody = await with_codes(office)
    for later in (-2, 2):
        wrong = await enter_code(office.office, somebody.found, await somebody.code(later))
        assert isinstance(wrong, WrongCode), later
    assert isinstance(await enter_code(office.office, somebody.found, await somebody.code(-1)), Renewed)


async def test_few_codes_can_be_tried(office: OfficeForTests) -> None:
    somebody = await with_codes(office)
    due = await somebody.due()
    for _ in range(CODE_PERSON.at_once):
        assert isinstance(await enter_code(office.office, due, "000000"), WrongCode)
    assert isinstance(await enter_code(office.office, due, await somebody.code()), Throttled)


async def test_a_recovery_code_is_good_once_however_it_is_typed(office: OfficeForTests) -> None:
    somebody = await with_codes(office)
    assert len(set(somebody.recovery_codes)) == 10
    typed = somebody.recovery_codes[0].upper().replace("-", " ")
    first, second = await somebody.due(), await somebody.due()
    assert isinstance(await enter_code(office.office, first, typed), Renewed)
    assert isinstance(await enter_code(office.office, second, typed), WrongCode)
    codes = await remake_recovery_codes(office.office, second)
    assert isinstance(await enter_code(office.office, second, somebody.recovery_codes[1]), WrongCode)
    assert isinstance(await enter_code(office.office, second, codes[0]), Renewed)


async def test_a_code_that_is_due_is_waited_for_ten_minutes(office: OfficeForTests) -> None:
    somebody = await with_codes(office)
    signed_in = await office.sign_in()
    office.database.let_pass(601)
    assert await office.session(signed_in) is None
    del somebody


async def test_codes_are_in_force_once_one_was_entered_and_other_sessions_end_then(office: OfficeForTests) -> None:
    first, second = await office.member(), await office.sign_in()
    found = await found_of(office, first)
    await begin_codes(office.office, found.person)
    again = await office.sign_in()
    assert isinstance(again, SignedIn)
    assert not again.code_due
    assert isinstance(await confirm_codes(office.office, found, "123456"), WrongCode)
    person = await office.person()
    assert person is not None
    setup = codes_to_set_up(office.office, person)
    assert setup is not None
    made = WithCodes(office, base64.b32decode(setup.secret), (), found)
    await renewed(office, await confirm_codes(office.office, found, await made.code()), person)
    assert [await office.session(one) for one in (first, second, again)] == [None, None, None]
    person = await office.person()
    assert person is not None
    assert codes_to_set_up(office.office, person) is None


async def test_the_secret_is_sealed_and_recovery_codes_are_hashed(office: OfficeForTests) -> None:
    somebody = await with_codes(office)
    (row,) = await office.database.rows(SEALED)
    assert somebody.secret not in bytes(row[0])
    stored = repr(await office.database.rows(CODES))
    assert not any(code.replace("-", "") in stored or code in stored for code in somebody.recovery_codes)


async def test_without_codes_the_password_shows_who_one_is_and_with_codes_it_does_not(office: OfficeForTests) -> None:
    signed_in = await office.member()
    found = await found_of(office, signed_in)
    office.database.let_pass(3600)
    assert not found.session.stepped_up(found.session.created_us + 3600 * 1_000_000)
    assert not isinstance(await enter_password(office.office, found, office.tried(password="wrong one")), Renewed)
    after = await renewed(office, await enter_password(office.office, found, office.tried()), found.person)
    assert after.session.id != found.session.id
    assert after.session.stepped_up_us is not None
    assert after.session.expires_us == found.session.expires_us


async def test_where_codes_are_in_force_a_password_alone_steps_nobody_up(office: OfficeForTests) -> None:
    somebody = await with_codes(office)
    assert not isinstance(await enter_password(office.office, somebody.found, office.tried()), Renewed)


async def test_codes_are_turned_off(office: OfficeForTests) -> None:
    somebody = await with_codes(office)
    await renewed(office, await end_codes(office.office, somebody.found), somebody.found.person)
    signed_in = await office.sign_in()
    assert isinstance(signed_in, SignedIn)
    assert not signed_in.code_due
    assert await office.database.rows(CODES) == []
