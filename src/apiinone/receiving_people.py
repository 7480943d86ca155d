"""What a gateway's pages work with, put together: the office where people sign up and in, and what time does to it."""

from apiinone.api.house import House
from apiinone.control.desk import Desk
from apiinone.core.credits import whole
from apiinone.core.ids import Ids
from apiinone.core.randomness import RandomPool
from apiinone.db import Database
from apiinone.installation import InstallationSecret
from apiinone.mail.outbox import Outbox
from apiinone.people.forget import forget_over, forget_unconfirmed
from apiinone.people.hashes import Hashes
from apiinone.people.office import Office
from apiinone.people.passwords import Passwords
from apiinone.sealing import Seal
from apiinone.settings import Settings
from apiinone.tasks.clear_closed import clear_closed
from apiinone.tasks.duties import SLOW_S, Duty
from apiinone.web.cookies import Cookies
from apiinone.web.letters import TemplateLetters
from apiinone.web.open_site import SiteParts
from apiinone.web.page_route import Rooms


def rooms_of(
    settings: Settings, secret: InstallationSecret, house: House, site: SiteParts, around: tuple[Outbox, str, Desk]
) -> Rooms:
    """What pages that know their visitor work with; `around`: the outbox, the address that people use, the desk."""
    outbox, base_url, desk = around
    randomness = RandomPool()
    office = Office(
        database=house.context.database,
        ids=Ids(house.context.clock),
        hashes=Hashes(secret.key("people"), randomness),
        passwords=Passwords(),
        outbox=outbox,
        letters=TemplateLetters(site.templates),
        seal=Seal(secret.key("codes"), randomness),
        base_url=base_url,
        sign_up=settings.sign_up,
        test_credits=whole(settings.test_credits_per_day),
        sign_up_switched=lambda: house.context.board.now.sign_up,
    )
    return Rooms(house, office, Cookies(base_url), site.languages, base_url, desk)


def people_duties(database: Database) -> list[Duty]:
    """What is to be forgotten in time."""

    async def over() -> int:
        return await database.transact(forget_over)

    async def unconfirmed() -> int:
        return await database.transact(forget_unconfirmed)

    async def closed() -> int:
        return await database.transact(clear_closed)

    return [
        Duty("closed accounts cleared", SLOW_S, closed),
        Duty("sessions and links forgotten", SLOW_S, over),
        Duty("unconfirmed people forgotten", SLOW_S, unconfirmed),
    ]
