"""Every route there is, as one table; a test walks it and tries each door."""

from typing import Final

from apiinone.api.billing_matters_routes import BILLING_MATTERS_ROUTES
from apiinone.api.billing_routes import BILLING_ROUTES
from apiinone.api.callback_routes import CALLBACK_ROUTES
from apiinone.api.key_routes import KEY_ROUTES
from apiinone.api.open_routes import OPEN_ROUTES
from apiinone.api.provider_key_routes import PROVIDER_KEY_ROUTES
from apiinone.api.route import Route

ROUTES: Final[tuple[Route, ...]] = (
    *KEY_ROUTES,
    *BILLING_ROUTES,
    *BILLING_MATTERS_ROUTES,
    *CALLBACK_ROUTES,
    *PROVIDER_KEY_ROUTES,
    *OPEN_ROUTES,
)
