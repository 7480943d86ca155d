"""Mail of a process, put together: the outbox, who carries letters, and the duty that takes them there."""

import ipaddress
from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from apiinone.core.clock import Clock
from apiinone.core.ids import Ids
from apiinone.core.randomness import RandomPool
from apiinone.db import Database
from apiinone.installation import InstallationSecret
from apiinone.mail.deliver import Postman
from apiinone.mail.letter import Carrier
from apiinone.mail.outbox import Outbox
from apiinone.mail.show_in_log import LogCarrier
from apiinone.mail.smtp import SmtpCarrier, SmtpServer
from apiinone.settings import Settings, SettingsError, read_secret
from apiinone.tasks.duties import Duty

SECRET_NAME: Final = "SMTP_PASSWORD"  # noqa: S105 - the name of a setting
EVERY_S: Final = 1.0
PORTS: Final = {"smtp": 587, "smtps": 465}
"""Submission (RFC 6409), and with TLS from the first byte (RFC 8314)."""


class Mailing(Struct, frozen=True):
    """Where letters are put in, and who takes them out."""

    outbox: Outbox
    postman: Postman

    def duty(self) -> Duty:
        """What takes them out."""
        return Duty("mail sent", EVERY_S, self.postman.round)


def mailing_of(
    settings: Settings, environ: Mapping[str, str], secret: InstallationSecret, held: tuple[Database, Clock]
) -> Mailing:
    """Put it together; nothing is opened yet. Raises SettingsError."""
    database, clock = held
    outbox = Outbox(secret.key("mail"), Ids(clock), RandomPool())
    server = smtp_server(settings, environ)
    carrier: Carrier = LogCarrier() if server is None else SmtpCarrier(server, clock)
    return Mailing(outbox, Postman(database, outbox, carrier))


def smtp_server(settings: Settings, environ: Mapping[str, str]) -> SmtpServer | None:
    """The operator's mail server; None where none is set. Raises SettingsError."""
    if not settings.smtp_url:
        return None
    parts = urlsplit(settings.smtp_url)
    try:
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if parts.scheme not in PORTS or not parts.hostname or not port or parts.password or parts.path.strip("/"):
        raise SettingsError(
            f"APIINONE_SMTP_URL: this must be smtp[s]://user@host:port, with the password apart in {SECRET_NAME}"
        )
    if "@" not in settings.mail_from:
        raise SettingsError("APIINONE_MAIL_FROM: say which address letters come from, such as no-reply@example.com")
    secret, user = read_secret(environ, (SECRET_NAME,)), unquote(parts.username or "")
    tls = _tls(parts.scheme, parts.hostname)
    return SmtpServer(parts.hostname, port, tls, user, secret, settings.mail_from)


def _tls(scheme: str, host: str) -> Literal["wrapped", "required", "offered"]:
    """TLS always, but for a server on this machine that does not offer it."""
    if scheme == "smtps":
        return "wrapped"
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    return "offered" if here else "required"
