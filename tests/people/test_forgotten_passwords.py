"""A forgotten password."""

from apiinone.people.confirm import LinkOver
from apiinone.people.reset_password import PasswordSet, ask_for_reset, set_forgotten_password
from apiinone.people.sign_in import SignedIn, WrongPair
from apiinone.people.sign_up import LetterSent
from people.office_for_tests import ADDRESS, LEVEL, PASSWORD, OfficeForTests

NEW = "another good one"
HOUR_S = 3600


async def test_asking_says_the_same_whether_the_address_is_known(office: OfficeForTests) -> None:
    await office.member()
    known = await ask_for_reset(office.office, "Ada@example.com", ADDRESS)
    unknown = await ask_for_reset(office.office, "Bob@example.com", ADDRESS)
    assert (known, unknown) == (LetterSent("ada@example.com"), LetterSent("bob@example.com"))
    assert [letter.to for letter in await office.letters()] == ["ada@example.com"]


async def test_a_new_password_ends_every_session_and_every_other_link(office: OfficeForTests) -> None:
    first, second = await office.member(), await office.sign_in()
    await ask_for_reset(office.office, "ada@example.com", ADDRESS)
    older = await office.link()
    await ask_for_reset(office.office, "ada@example.com", ADDRESS)
    link = await office.link()
    assert await set_forgotten_password(office.office, older, NEW) == LinkOver()
    assert await set_forgotten_password(office.office, link, NEW) == PasswordSet()
    assert await set_forgotten_password(office.office, link, NEW) == LinkOver()
    assert [await office.session(one) for one in (first, second)] == [None, None]
    assert await office.sign_in(password=PASSWORD) == WrongPair()
    assert isinstance(await office.sign_in(password=NEW), SignedIn)


async def test_a_link_is_good_for_an_hour(office: OfficeForTests) -> None:
    await office.member()
    await ask_for_reset(office.office, "ada@example.com", ADDRESS)
    link = await office.link()
    office.database.let_pass(HOUR_S + 1)
    assert await set_forgotten_password(office.office, link, NEW) == LinkOver()


async def test_whoever_reads_the_letter_takes_the_address_back_from_a_stranger(office: OfficeForTests) -> None:
    await office.sign_up(password="what the stranger chose")
    strangers_link = await office.link()
    await ask_for_reset(office.office, "ada@example.com", ADDRESS)
    assert await set_forgotten_password(office.office, await office.link(), NEW) == PasswordSet()
    signed_in = await office.sign_in(password=NEW)
    assert isinstance(signed_in, SignedIn)
    found = await office.session(signed_in)
    assert found is not None
    assert found.membership is not None
    assert await office.test_credits(found.membership.account_id) == LEVEL
    assert await set_forgotten_password(office.office, strangers_link, NEW) == LinkOver()
