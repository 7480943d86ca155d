"""Signing up: one transaction, one letter, and the same answer whoever asks."""

import asyncio

import pytest

from apiinone.accounts.account_rows import open_account
from apiinone.core.credits import whole
from apiinone.db import Sql, Tx
from apiinone.people.confirm import LinkOver, confirm_address
from apiinone.people.email_address import NotAnAddress, read_address
from apiinone.people.member_rows import memberships_of
from apiinone.people.passwords import WeakPassword
from apiinone.people.sign_in import SignedIn, WrongPair
from apiinone.people.sign_up import LetterSent, NotOpen
from apiinone.people.throttles import Throttled
from people.office_for_tests import LEVEL, PASSWORD, OfficeForTests

HASHES = Sql("SELECT id FROM mail_tokens")
DAY_S = 24 * 3600


async def test_signing_up_makes_a_person_an_account_and_its_owner_at_once(office: OfficeForTests) -> None:
    assert await office.sign_up("  Ada@Example.COM ") == LetterSent("ada@example.com")
    person = await office.person()
    assert person is not None
    assert (person.verified_us, person.name) == (None, "Ada")
    (membership,) = await office.database.read(lambda tx: memberships_of(tx, person.id))
    assert (membership.account_email, membership.account_name, membership.role) == ("ada@example.com", "Ada", "owner")


async def test_test_credits_come_once_the_address_is_confirmed_and_not_before(office: OfficeForTests) -> None:
    await office.sign_up()
    person = await office.person()
    assert person is not None
    (membership,) = await office.database.read(lambda tx: memberships_of(tx, person.id))
    assert await office.test_credits(membership.account_id) == 0
    assert isinstance(await confirm_address(office.office, await office.link(), office.tried()), SignedIn)
    assert await office.test_credits(membership.account_id) == LEVEL


async def test_a_known_address_is_told_to_its_owner_alone(office: OfficeForTests) -> None:
    fresh = await office.sign_up("new@example.com")
    await office.letters()
    await office.member()
    known = await office.sign_up("ada@example.com", "another password")
    assert type(known) is type(fresh)
    (letter,) = await office.letters()
    assert (letter.kind, letter.to) == ("known", "ada@example.com")
    assert "token=" not in letter.text
    assert isinstance(await office.sign_in(password=PASSWORD), SignedIn)


async def test_the_same_address_at_once_makes_one_person_and_one_account(office: OfficeForTests) -> None:
    await asyncio.gather(*(office.sign_up() for _ in range(3)))
    assert await office.count_accounts() == 1


async def test_a_link_confirms_nothing_without_the_password_that_was_chosen_last(office: OfficeForTests) -> None:
    await office.sign_up(password="what the stranger chose")
    first = await office.link()
    await office.sign_up(password=PASSWORD)
    second = await office.link()
    stranger = office.tried(password="what the stranger chose")
    assert isinstance(await confirm_address(office.office, first, office.tried()), LinkOver)
    assert isinstance(await confirm_address(office.office, second, stranger), WrongPair)
    assert isinstance(await confirm_address(office.office, second, office.tried()), SignedIn)


async def test_a_link_is_good_once_and_for_a_day(office: OfficeForTests) -> None:
    await office.sign_up()
    link = await office.link()
    at_once = await asyncio.gather(*(confirm_address(office.office, link, office.tried()) for _ in range(3)))
    assert sorted(type(one).__name__ for one in at_once) == ["LinkOver", "LinkOver", "SignedIn"]
    await office.sign_up("late@example.com")
    late = await office.link()
    office.database.let_pass(DAY_S + 1)
    assert isinstance(await confirm_address(office.office, late, office.tried()), LinkOver)


async def test_of_a_link_only_a_hash_is_stored(small_office: OfficeForTests) -> None:
    await small_office.sign_up()
    (row,) = await small_office.database.rows(HASHES)
    assert await small_office.link() not in row[0]


async def test_an_account_that_an_operator_opened_is_its_owners_who_signs_up(office: OfficeForTests) -> None:
    account_id = office.ids.new()

    async def work(tx: Tx) -> None:
        lot_id = office.ids.new()
        await open_account(tx, account_id=account_id, email="ada@example.com", lot_id=lot_id, test_credits=whole(5))

    await office.database.transact(work)
    signed_in = await office.member()
    found = await office.session(signed_in)
    assert found is not None
    assert found.membership is not None
    assert (found.membership.account_id, found.membership.role) == (account_id, "owner")
    assert await office.test_credits(account_id) == whole(5)


async def test_strangers_can_have_three_letters_sent_to_an_address_and_no_more(small_office: OfficeForTests) -> None:
    for _ in range(5):
        assert isinstance(await small_office.sign_up(), LetterSent)
    assert len(await small_office.letters()) == 3


async def test_a_network_can_have_so_many_letters_sent_and_no_more(small_office: OfficeForTests) -> None:
    outcomes = [await small_office.sign_up(f"somebody{n}@example.com") for n in range(21)]
    assert [isinstance(one, Throttled) for one in outcomes] == [False] * 20 + [True]


@pytest.mark.parametrize("policy", ["invited", "closed"])
async def test_where_sign_up_is_not_open_nobody_signs_up(small_office: OfficeForTests, policy: str) -> None:
    closed = OfficeForTests(small_office.database, policy)  # pyright: ignore[reportArgumentType] - from the list above
    assert await closed.sign_up() == NotOpen()
    assert await closed.person() is None


@pytest.mark.parametrize("password", ["short", "x" * 257, "ada@example.com", "abababababab"])
async def test_a_weak_password_is_refused(small_office: OfficeForTests, password: str) -> None:
    with pytest.raises(WeakPassword):
        await small_office.sign_up(password=password)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Ada@EXAMPLE.com", "ada@example.com"),
        ("Jo\u0308rg@bücher.example", "j\u00f6rg@bücher.example"),
        ("someone@host.internal", "someone@host.internal"),
        ("ada", None),
        ("ada@nowhere", None),
        ("ada@@example.com", None),
        ("ada@example.com\nBcc: b@example.com", None),
        ("a" * 250 + "@example.com", None),
    ],
)
def test_an_address_has_one_spelling(text: str, address: str | None) -> None:
    if address is None:
        with pytest.raises(NotAnAddress):
            read_address(text)
    else:
        assert read_address(text) == address
