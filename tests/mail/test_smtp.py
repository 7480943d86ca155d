"""SMTP: what is sent, and what each answer of a server means."""

import email
import email.policy

import pytest

from apiinone.core.secret import Secret
from apiinone.mail.letter import Carried, Delayed, Letter, Refused
from apiinone.mail.smtp import SmtpCarrier, SmtpServer, written
from apiinone.mailing import smtp_server
from apiinone.settings import Settings, SettingsError
from clocks import START_US, ClockForTests
from mail.mail_server import mail_server

LETTER = Letter("verify", "ada@example.com", "Bestätigen", "Zeile eins\n.\nGrüße\n")


def carrier(port: int) -> SmtpCarrier:
    server = SmtpServer("127.0.0.1", port, "offered", "", None, "no-reply@one.example")
    return SmtpCarrier(server, ClockForTests())


async def test_a_letter_arrives_as_it_was_written() -> None:
    async with mail_server() as server:
        assert await carrier(server.port).carry("mail1", LETTER) == Carried()
    text = server.letters[0].removesuffix(".\r\n").replace("\r\n..", "\r\n.")
    got = email.message_from_string(text, policy=email.policy.default)
    assert (got["To"], got["Subject"], got["Message-ID"]) == ("ada@example.com", "Bestätigen", "<mail1@one.example>")
    assert got["From"] == "API in One <no-reply@one.example>"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got.get_content().replace("\r\n", "\n") == LETTER.text


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"RCPT": "550 no such mailbox ada@example.com"}, Refused),
        ({"RCPT": "450 later"}, Delayed),
        ({"end": "554 not wanted"}, Refused),
        ({"end": "451 later"}, Delayed),
        ({"MAIL": "421 busy"}, Delayed),
        ({"MAIL": "550 sender unknown"}, Delayed),
    ],
)
async def test_what_a_server_answers_decides_whether_it_is_tried_again(
    answers: dict[str, str], outcome: type[Refused | Delayed]
) -> None:
    async with mail_server(**answers) as server:
        found = await carrier(server.port).carry("mail1", LETTER)
    assert isinstance(found, outcome)
    assert "ada@example.com" not in found.reason


async def test_nobody_there_is_a_delay() -> None:
    async with mail_server() as server:
        port = server.port
    assert isinstance(await carrier(port).carry("mail1", LETTER), Delayed)


async def test_where_tls_is_required_nothing_is_said_without_it() -> None:
    async with mail_server() as server:
        plain = SmtpServer("127.0.0.1", server.port, "required", "ada", Secret("password"), "no-reply@one.example")
        assert isinstance(await SmtpCarrier(plain, ClockForTests()).carry("mail1", LETTER), Delayed)
    assert [line for line in server.said if not line.upper().startswith(("EHLO", "HELO", "QUIT", "STARTTLS"))] == []


def test_a_line_break_makes_no_header() -> None:
    for letter in (
        Letter("verify", "ada@example.com\nBcc: b@example.com", "Confirm", ""),
        Letter("verify", "ada@example.com", "Confirm\r\nBcc: b@example.com", ""),
    ):
        with pytest.raises(ValueError, match=r"(?i)header|newline|linefeed|address"):
            written(letter, "mail1", "no-reply@one.example", START_US)


@pytest.mark.parametrize(
    ("url", "tls", "port"),
    [
        ("smtp://ada@mail.example:2525", "required", 2525),
        ("smtp://mail.example", "required", 587),
        ("smtps://ada%40mail@mail.example", "wrapped", 465),
        ("smtp://localhost:1025", "offered", 1025),
        ("smtp://127.0.0.1:1025", "offered", 1025),
    ],
)
def test_a_mail_server_is_spoken_to_with_tls_unless_it_is_on_this_machine(url: str, tls: str, port: int) -> None:
    server = smtp_server(Settings(smtp_url=url, mail_from="a@b.example"), {"SMTP_PASSWORD": "p"})
    assert server is not None
    assert (server.tls, server.port) == (tls, port)
    assert "p'" not in repr(server.secret)


@pytest.mark.parametrize(
    ("url", "mail_from", "named"),
    [
        ("http://mail.example", "a@b.example", "SMTP_URL"),
        ("smtp://", "a@b.example", "SMTP_URL"),
        ("smtp://ada:password@mail.example", "a@b.example", "SMTP_URL"),
        ("smtp://mail.example:0x", "a@b.example", "SMTP_URL"),
        ("smtp://mail.example", "", "MAIL_FROM"),
    ],
)
def test_a_mail_setting_that_cannot_be_used_is_named(url: str, mail_from: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        smtp_server(Settings(smtp_url=url, mail_from=mail_from), {})


def test_without_a_setting_there_is_no_mail_server() -> None:
    assert smtp_server(Settings(), {}) is None
