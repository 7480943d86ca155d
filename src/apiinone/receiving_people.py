"""What a gateway's pages work with, put together: the office where people sign up and in, and what time does to it."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from apiinone.api.house import House
from apiinone.control.desk import Desk
from apiinone.core.clock import Clock
from apiinone.core.credits import whole
from apiinone.core.ids import Ids
from apiinone.core.randomness import RandomPool
from apiinone.db import Database
from apiinone.installation import InstallationSecret
from apiinone.mail.outbox import Outbox
from apiinone.outbound import Outbound
from apiinone.people.ask_outside import OutsideDoor
from apiinone.people.forget import forget_over, forget_unconfirmed
from apiinone.people.hashes import Hashes
from apiinone.people.office import Office
from apiinone.people.outside import Outsider
from apiinone.people.passwords import Passwords
from apiinone.sealing import Seal
from apiinone.settings import Settings, SettingsError, read_secret
from apiinone.tasks.clear_closed import clear_closed
from apiinone.tasks.duties import SLOW_S, Duty
from apiinone.web.cookies import Cookies, on_loopback
from apiinone.web.letters import TemplateLetters
from apiinone.web.open_site import SiteParts
from apiinone.web.page_route import Rooms

CLIENT_SECRET: Final = "OIDC_CLIENT_SECRET"  # noqa: S105 - the name of a setting


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


def outside_of(settings: Settings, environ: Mapping[str, str], outbound: Outbound, clock: Clock) -> OutsideDoor | None:
    """Whom people may sign in with; None where nobody is set. Raises SettingsError."""
    if not settings.oidc_issuer:
        return None
    parts = urlsplit(settings.oidc_issuer)
    host = parts.hostname or ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and on_loopback(host))
    if not safe or not host or parts.query or parts.fragment or "@" in parts.netloc:
        raise SettingsError("APIINONE_OIDC_ISSUER: this must be https://host[:port][/path], as the provider writes it")
    if not settings.oidc_client_id:
        raise SettingsError("APIINONE_OIDC_CLIENT_ID: say what this installation is called at the provider")
    secret = read_secret(environ, (CLIENT_SECRET,))
    outsider = Outsider(settings.oidc_issuer, settings.oidc_client_id, secret, settings.oidc_name)
    return OutsideDoor(outsider, outbound, clock)


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
