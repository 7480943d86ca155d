"""Hands letters to the operator's mail server by SMTP: the one door to the library that speaks it."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Final, Literal

from msgspec import Struct

from apiinone.core.clock import US_PER_S, Clock
from apiinone.core.secret import Secret
from apiinone.mail.letter import Carried, Delayed, Letter, Outcome, Refused

TIMEOUT_S: Final = 30.0
"""For each step of a try; shorter than the outbox's lease."""
PERMANENT: Final = 500
"""Codes from here on say that trying again changes nothing (RFC 5321, 4.2.1)."""
PRODUCT: Final = "API in One"


class SmtpServer(Struct, frozen=True):
    """Where mail goes out. `tls`: `wrapped` from the first byte, `required` by STARTTLS, or `offered`: if it is."""

    host: str
    port: int
    tls: Literal["wrapped", "required", "offered"]
    user: str
    secret: Secret | None
    sender: str
    """The address that letters come from."""


class SmtpCarrier:
    """A connection for each letter: mail is rare here."""

    def __init__(self, server: SmtpServer, clock: Clock) -> None:
        """Take the server, and the clock that dates letters."""
        self._server = server
        self._clock = clock

    async def carry(self, mail_id: str, letter: Letter) -> Outcome:
        """Send it. What a server says is not kept: it may repeat the address."""
        import aiosmtplib  # noqa: PLC0415 - loaded with the first letter

        server = self._server
        try:
            await aiosmtplib.send(
                written(letter, mail_id, server.sender, self._clock.now_us()),
                hostname=server.host,
                port=server.port,
                username=server.user or None,
                password=None if server.secret is None else server.secret.reveal(),
                use_tls=server.tls == "wrapped",
                start_tls={"wrapped": False, "required": True, "offered": None}[server.tls],
                timeout=TIMEOUT_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [refusal.code for refusal in error.recipients]
            reason = f"the server refuses the address ({codes[0] if codes else 0})"
            return Refused(reason) if codes and min(codes) >= PERMANENT else Delayed(reason)
        except aiosmtplib.SMTPDataError as error:
            reason = f"the server refuses the letter ({error.code})"
            return Refused(reason) if error.code >= PERMANENT else Delayed(reason)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return Delayed(f"the server was not reached or did not answer as it must ({type(error).__name__})")
        return Carried()


def written(letter: Letter, mail_id: str, sender: str, now_us: int) -> EmailMessage:
    """The message. A line break in an address or a subject is an error here, never a further header."""
    message = EmailMessage(policy=SMTP)
    message["From"] = formataddr((PRODUCT, sender))
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(now_us // US_PER_S, UTC))
    message["Message-ID"] = f"<{mail_id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message
