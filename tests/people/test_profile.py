"""The address moves once the new one has answered; the old one is told."""

from apiinone.accounts.account_rows import account_by_email
from apiinone.people.confirm import LinkOver
from apiinone.people.profile import AddressChanged, Profile, ask_for_new_address, change_address, set_profile
from apiinone.people.sign_in import SignedIn, WrongPair
from apiinone.people.sign_up import LetterSent
from people.office_for_tests import ADDRESS, OfficeForTests

NEW = "ada@new.example"
DAY_S = 24 * 3600


async def test_an_address_moves_with_its_account_once_the_new_one_has_answered(office: OfficeForTests) -> None:
    signed_in = await office.member()
    assert await ask_for_new_address(office.office, signed_in.person, " Ada@NEW.example", ADDRESS) == LetterSent(NEW)
    assert isinstance(await office.sign_in(), SignedIn)
    link = await office.link()
    assert await change_address(office.office, link) == AddressChanged(NEW)
    assert await change_address(office.office, link) == LinkOver()
    assert [letter.to for letter in await office.letters()] == ["ada@example.com"]
    assert await office.sign_in() == WrongPair()
    assert isinstance(await office.sign_in(NEW), SignedIn)
    assert await office.database.read(lambda tx: account_by_email(tx, NEW)) is not None
    assert await office.database.read(lambda tx: account_by_email(tx, "ada@example.com")) is None


async def test_an_address_that_somebody_has_is_not_given_away_nor_told_of(office: OfficeForTests) -> None:
    await office.member("bob@example.com")
    signed_in = await office.member()
    outcome = await ask_for_new_address(office.office, signed_in.person, "bob@example.com", ADDRESS)
    assert outcome == LetterSent("bob@example.com")
    assert await office.letters() == []


async def test_an_address_that_was_taken_meanwhile_is_not_moved_to(office: OfficeForTests) -> None:
    signed_in = await office.member()
    await ask_for_new_address(office.office, signed_in.person, NEW, ADDRESS)
    link = await office.link()
    await office.member(NEW)
    assert await change_address(office.office, link) == LinkOver()
    person = await office.person()
    assert person is not None
    assert person.id == signed_in.person.id


async def test_a_link_to_a_new_address_is_good_for_a_day_and_only_the_newest(office: OfficeForTests) -> None:
    signed_in = await office.member()
    await ask_for_new_address(office.office, signed_in.person, NEW, ADDRESS)
    older = await office.link()
    await ask_for_new_address(office.office, signed_in.person, "other@new.example", ADDRESS)
    newer = await office.link()
    assert await change_address(office.office, older) == LinkOver()
    office.database.let_pass(DAY_S + 1)
    assert await change_address(office.office, newer) == LinkOver()


async def test_what_one_says_of_oneself_is_stored(small_office: OfficeForTests) -> None:
    signed_in = await small_office.member()
    await set_profile(small_office.office, signed_in.person.id, Profile("Ada L.", "en", "Europe/London"))
    person = await small_office.person()
    assert person is not None
    assert (person.name, person.language, person.time_zone) == ("Ada L.", "en", "Europe/London")
