"""What is forgotten: nothing of a person stays in any row."""

from collections.abc import Mapping

from apiinone.accounts.key_rows import NewKey, make_key
from apiinone.db import Row, Sql, Tx
from apiinone.people.confirm import confirm_address
from apiinone.people.forget import erase_person, forget_over, forget_unconfirmed
from apiinone.people.reset_password import ask_for_reset
from apiinone.people.sign_in import SignedIn
from apiinone.people.viewing import view_account, viewings_of
from apiinone.schema import metadata
from people.office_for_tests import ADDRESS, OfficeForTests

WEEK_S = 7 * 24 * 3600
YEAR_S = 365 * 24 * 3600
CANARY = "canary-7d1f"


async def dump(office: OfficeForTests) -> Mapping[str, list[Row]]:
    """Every row of every table."""
    return {name: await office.database.rows(Sql(f"SELECT * FROM {name}")) for name in metadata.tables}  # pyright: ignore[reportArgumentType] # noqa: S608 - names of our own tables


async def test_somebody_who_never_confirmed_goes_after_a_week_with_their_account(office: OfficeForTests) -> None:
    await office.sign_up(f"{CANARY}@example.com", name=CANARY)
    office.database.let_pass(WEEK_S - 10)
    assert await office.database.transact(forget_unconfirmed) == 0
    office.database.let_pass(20)
    assert await office.database.transact(forget_unconfirmed) == 1
    found = await dump(office)
    assert {name: rows for name, rows in found.items() if CANARY in repr(rows)} == {}
    assert (found["accounts"], found["balances"], found["people"]) == ([], [], [])


async def test_an_account_that_was_given_a_key_stays(office: OfficeForTests) -> None:
    await office.sign_up()
    (account,) = await office.database.rows(Sql("SELECT id FROM accounts"))
    await office.database.transact(lambda tx: make_key(tx, NewKey(office.ids.new(), account[0], "test", b"hash")))
    office.database.let_pass(WEEK_S + 1)
    assert await office.database.transact(forget_unconfirmed) == 1
    assert await office.count_accounts() == 1


async def test_an_erased_person_is_in_no_row_of_theirs(office: OfficeForTests) -> None:
    email = f"{CANARY}@example.com"
    await office.sign_up(email, name=CANARY)
    tried = office.tried()
    signed_in = await confirm_address(office.office, await office.link(), tried)
    assert isinstance(signed_in, SignedIn)
    await office.sign_in(email, agent=CANARY)
    await ask_for_reset(office.office, email, ADDRESS)
    person = signed_in.person

    async def erase(tx: Tx) -> None:
        await erase_person(tx, person.id, person.email)

    await office.database.transact(erase)
    found = await dump(office)
    holding = {name for name, rows in found.items() if CANARY in repr(rows) or person.id in repr(rows)}
    assert holding == {"accounts"}  # which closing the account takes away
    assert await office.session(signed_in) is None


async def test_that_an_operator_looked_is_known_for_a_year(office: OfficeForTests) -> None:
    await office.sign_up()
    tried = office.tried()
    signed_in = await confirm_address(office.office, await office.link(), tried)
    assert isinstance(signed_in, SignedIn)
    found = await office.session(signed_in)
    assert found is not None
    assert found.membership is not None
    account_id = found.membership.account_id
    await view_account(office.office, found.session, account_id, "they asked")
    office.database.let_pass(YEAR_S - 10)
    await office.database.transact(forget_over)
    assert [one.reason for one in await office.database.read(lambda tx: viewings_of(tx, account_id))] == ["they asked"]
    office.database.let_pass(20)
    await office.database.transact(forget_over)
    assert await office.database.read(lambda tx: viewings_of(tx, account_id)) == []
