"""One spelling for each e-mail address, so that one person is one row."""

from typing import Final

from apiinone.core.errors import BadRequest

CHARACTERS_MAX: Final = 254


class NotAnAddress(BadRequest):
    """What was given is no e-mail address."""


def read_address(text: str) -> str:
    """The address in its one spelling: composed characters, lower case. Raises NotAnAddress.

    Whether letters arrive there is found out by sending one, not by asking name servers.
    """
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - loaded with the first form

    stripped = text.strip()
    try:
        # A house may have names of its own on its network, which nobody outside could reach.
        found = validate_email(stripped, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        found = None
    address = "" if found is None else found.normalized.lower()
    if not address or len(address) > CHARACTERS_MAX or "." not in address.rpartition("@")[2].strip("."):
        raise NotAnAddress("this is not an e-mail address", param="/email")
    return address
