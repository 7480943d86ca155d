"""All tables in one place, for migrations and for the tests that enumerate them."""

from apiinone.accounts import tables as _accounts
from apiinone.credentials import tables as _credentials
from apiinone.ledger import tables as _ledger
from apiinone.mail import tables as _mail
from apiinone.people import tables as _people
from apiinone.tables import metadata
from apiinone.tasks import tables as _tasks
from apiinone.webhooks import tables as _webhooks

__all__ = ["metadata", "packages"]

packages = {
    "accounts": _accounts,
    "credentials": _credentials,
    "ledger": _ledger,
    "mail": _mail,
    "people": _people,
    "tasks": _tasks,
    "webhooks": _webhooks,
}
"""The modules that describe tables, by their package."""
