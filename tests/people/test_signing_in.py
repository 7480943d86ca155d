"""Signing in: wrong is wrong, tries are counted, sessions end when they must."""

import asyncio

from apiinone.db import Sql, Tx
from apiinone.people.forget import forget_over
from apiinone.people.passwords import Cost, Match, Passwords
from apiinone.people.session_rows import end_sessions_of, touch_session
from apiinone.people.sign_in import SESSION, SignedIn, Unconfirmed, WrongPair, sign_out, sign_out_everywhere
from apiinone.people.throttles import SIGN_IN_NETWORK, SIGN_IN_PERSON, Throttled
from people.office_for_tests import CHEAP, PASSWORD, OfficeForTests

DAY_S = 24 * 3600
ROWS = Sql("SELECT id, agent FROM sessions")
SUSPEND = Sql("UPDATE people SET state = 'suspended'")


async def test_a_right_pair_begins_a_session_at_the_persons_account(office: OfficeForTests) -> None:
    await office.member()
    signed_in = await office.sign_in(" ADA@example.com")
    assert isinstance(signed_in, SignedIn)
    found = await office.session(signed_in)
    assert found is not None
    assert (found.person.email, found.session.mode, found.session.totp_due) == ("ada@example.com", "test", 0)
    assert found.membership is not None


async def test_an_unknown_address_and_a_wrong_password_cannot_be_told_apart(office: OfficeForTests) -> None:
    await office.member()
    wrong = [await office.sign_in(email, "another password") for email in ("ada@example.com", "bob@example.com", "x")]
    assert wrong == [WrongPair()] * 3


async def test_whoever_is_unknown_costs_as_much_work_as_who_is_known(small_office: OfficeForTests) -> None:
    class Counted(Passwords):
        hashed = 0

        async def match(self, stored: str | None, password: str) -> Match:
            self.hashed += 1
            return await super().match(stored, password)

    await small_office.member()
    counted = Counted(CHEAP)
    object.__setattr__(small_office.office, "passwords", counted)
    for email in ("ada@example.com", "bob@example.com", "no address"):
        await small_office.sign_in(email, "another password")
    assert counted.hashed == 3


async def test_who_has_not_confirmed_gets_a_new_letter_and_no_session(office: OfficeForTests) -> None:
    await office.sign_up()
    await office.letters()
    assert await office.sign_in() == Unconfirmed()
    assert [letter.kind for letter in await office.letters()] == ["verify"]
    assert await office.database.rows(ROWS) == []
    assert await office.sign_in(password="another password") == WrongPair()


async def test_tries_at_a_person_are_counted_whoever_makes_them_and_a_right_one_counts_anew(
    office: OfficeForTests,
) -> None:
    await office.member()
    for n in range(SIGN_IN_PERSON.at_once):
        assert await office.sign_in(password="wrong password", address=f"192.0.2.{n}") == WrongPair()
    assert isinstance(await office.sign_in(), Throttled)
    office.database.let_pass(SIGN_IN_PERSON.every_s)
    assert isinstance(await office.sign_in(), SignedIn)
    for _ in range(SIGN_IN_PERSON.at_once - 1):
        assert await office.sign_in(password="wrong password") == WrongPair()


async def test_tries_of_a_network_are_counted_whoever_they_are_for(office: OfficeForTests) -> None:
    tries = [office.sign_in(f"somebody{n}@example.com") for n in range(SIGN_IN_NETWORK.at_once + 5)]
    outcomes = await asyncio.gather(*tries)
    assert sum(isinstance(one, Throttled) for one in outcomes) == 5
    assert isinstance(await office.sign_in(), Throttled)
    assert await office.sign_in(address="2001:db8::1") == WrongPair()


async def test_signing_in_again_ends_the_session_that_the_browser_had(office: OfficeForTests) -> None:
    first = await office.member()
    session_id = office.office.hashes.of(SESSION, first.token)
    second = await office.sign_in(session_id=session_id)
    assert await office.session(first) is None
    assert await office.session(second) is not None
    assert first.token != second.token


async def test_of_a_sessions_cookie_only_a_hash_is_stored(small_office: OfficeForTests) -> None:
    signed_in = await small_office.member()
    rows = await small_office.database.rows(ROWS)
    assert signed_in.token not in repr(rows)
    assert signed_in.token not in repr(signed_in)


async def test_a_session_ends_without_use_and_in_the_end_anyway(office: OfficeForTests) -> None:
    idle, used = await office.member(), await office.sign_in()
    used_id = office.office.hashes.of(SESSION, used.token)
    for _ in range(4):
        office.database.let_pass(7 * DAY_S)
        await office.database.transact(lambda tx: touch_session(tx, used_id))
    assert await office.session(idle) is None
    assert await office.session(used) is not None
    office.database.let_pass(2 * DAY_S + 1)
    assert await office.session(used) is None
    assert await office.database.transact(forget_over) > 0
    assert await office.database.rows(ROWS) == []


async def test_signing_out_ends_one_session_and_everywhere_ends_all(office: OfficeForTests) -> None:
    first, second, third = await office.member(), await office.sign_in(), await office.sign_in()
    await sign_out(office.office, office.office.hashes.of(SESSION, first.token))
    assert [await office.session(one) is None for one in (first, second, third)] == [True, False, False]
    assert await sign_out_everywhere(office.office, second.person.id) == 2
    assert await office.session(third) is None


async def test_a_suspended_person_is_signed_in_nowhere(office: OfficeForTests) -> None:
    signed_in = await office.member()

    async def suspend(tx: Tx) -> None:
        await tx.run(SUSPEND)

    await office.database.transact(suspend)
    assert await office.session(signed_in) is None
    assert await office.sign_in() == WrongPair()


async def test_a_password_changed_while_it_was_tried_lets_nobody_in(small_office: OfficeForTests) -> None:
    await small_office.member()

    class Slow(Passwords):
        async def match(self, stored: str | None, password: str) -> Match:
            found = await super().match(stored, password)
            changed = await self.hash("a new password")
            update = Sql("UPDATE people SET password_hash = $1")

            async def change(tx: Tx) -> None:
                await tx.run(update, changed)
                await end_sessions_of(tx, "nobody")

            await small_office.database.transact(change)
            return found

    object.__setattr__(small_office.office, "passwords", Slow(CHEAP))
    assert await small_office.sign_in() == WrongPair()


async def test_a_hash_at_yesterdays_cost_is_made_anew_when_its_password_is_seen(small_office: OfficeForTests) -> None:
    await small_office.member()
    before = await small_office.person()
    object.__setattr__(small_office.office, "passwords", Passwords(Cost(rounds=2, memory_kib=64)))
    assert isinstance(await small_office.sign_in(), SignedIn)
    after = await small_office.person()
    assert before is not None
    assert after is not None
    assert before.password_hash != after.password_hash
    assert "t=2" in str(after.password_hash)


async def test_the_default_hash_is_argon2id_at_the_cost_that_is_recommended() -> None:
    passwords = Passwords()
    stored = await passwords.hash(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert (await passwords.match(stored, PASSWORD)).right
    assert not (await passwords.match(stored, PASSWORD + "x")).right
