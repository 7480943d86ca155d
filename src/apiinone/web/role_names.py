"""What roles are called on pages and in letters."""

from collections.abc import Mapping
from typing import Final

from apiinone.people.roles import Role
from apiinone.web.languages import marked

ROLE_NAMES: Final[Mapping[Role, str]] = {
    "owner": marked("Owner"),
    "admin": marked("Admin"),
    "developer": marked("Developer"),
    "billing": marked("Billing"),
    "viewer": marked("Viewer"),
}
