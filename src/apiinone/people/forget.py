"""What is forgotten in time, and what goes with a person."""

from apiinone.accounts.account_rows import drop_unused_account, let_go_of_address
from apiinone.db import Tx
from apiinone.mail.outbox import drop_mail_to
from apiinone.people import mail_links, session_rows
from apiinone.people.mail_links import drop_links_to
from apiinone.people.member_rows import alone_in
from apiinone.people.person_rows import forget_person, unconfirmed
from apiinone.people.throttles import drop_whole
from apiinone.people.viewing import drop_old_viewings


async def forget_over(tx: Tx) -> int:
    """Sessions, links, throttles and what operators looked at, once their time is over; how many."""
    people = await session_rows.drop_over(tx) + await mail_links.drop_over(tx)
    return people + await drop_whole(tx) + await drop_old_viewings(tx)


async def forget_unconfirmed(tx: Tx) -> int:
    """People who did not confirm their address in time, with the accounts that nobody ever used; how many."""
    found = await unconfirmed(tx)
    for person_id, email in found:
        accounts = await alone_in(tx, person_id)
        await erase_person(tx, person_id, email)
        for account_id in accounts:
            await drop_unused_account(tx, account_id)
    return len(found)


async def erase_person(tx: Tx, person_id: str, email: str) -> None:
    """Every row about a person, and the mail on its way to them. What their accounts hold is for others to erase."""
    await drop_mail_to(tx, email)
    await drop_links_to(tx, email)
    await let_go_of_address(tx, email)
    await forget_person(tx, person_id)
