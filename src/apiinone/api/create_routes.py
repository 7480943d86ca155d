"""The routes that make tasks, one for each line of the catalogue's table of create routes."""

from functools import partial
from typing import Final

from apiinone.api.create_task import create_task
from apiinone.api.errors import ContentRefused
from apiinone.api.queries import NoQuery
from apiinone.api.route import ByKey, CreationBody, Json, Route
from apiinone.api.task_page import NewTask, TaskPage
from apiinone.catalog.endpoints import CREATE_ROUTES, CreateRoute
from apiinone.core.errors import (
    BudgetExceeded,
    Conflict,
    IdempotencyInProgress,
    IdempotencyMismatch,
    InsufficientCredits,
    NotFound,
    Overloaded,
    PriceAboveMax,
    ProviderNotConfigured,
)

CREATION_REFUSALS: Final = (
    InsufficientCredits,
    PriceAboveMax,
    BudgetExceeded,
    ContentRefused,
    NotFound,
    Conflict,
    IdempotencyInProgress,
    IdempotencyMismatch,
    Overloaded,
    ProviderNotConfigured,
)
"""Of every route that a price is held for."""


def _route(made_by: CreateRoute) -> Route:
    return Route(
        method="POST",
        path=made_by.path,
        name=made_by.name,
        about=made_by.about,
        authority=ByKey("generate", partial(create_task, made_by=made_by)),
        ids=(),
        query=NoQuery,
        headers=("Idempotency-Key", "Prefer", "X-Test-Scenario"),
        body=CreationBody(made_by),
        answers=Json((NewTask, TaskPage)),
        refusals=CREATION_REFUSALS,
    )


TASK_CREATION_ROUTES: Final = tuple(_route(made_by) for made_by in CREATE_ROUTES)
