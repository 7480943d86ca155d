"""The routes that a key opens to callbacks and events."""

from typing import Final

from apiinone.api.deliveries import (
    DeliveriesQuery,
    DeliveryPage,
    SecretsPage,
    list_deliveries,
    redeliver,
    rotate_secret,
    show_secret,
)
from apiinone.api.event_stream import EventPage, StagePage, stream_events
from apiinone.api.queries import NoQuery
from apiinone.api.route import ByKey, EventStreamOf, Json, Listed, NoBody, PathId, Route
from apiinone.core.errors import Conflict, Overloaded

CALLBACK_ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/tasks/{task_id}/events",
        name="stream_events",
        about="A task's events as they happen, numbered and resumable, until its end (server-sent events).",
        authority=ByKey("tasks.read", stream_events),
        ids=(PathId("task_id", "own_task"),),
        query=NoQuery,
        headers=("Last-Event-ID",),
        body=NoBody(),
        answers=EventStreamOf((EventPage, StagePage)),
        refusals=(Overloaded,),
    ),
    Route(
        method="GET",
        path="/api/v1/webhooks/deliveries",
        name="list_deliveries",
        about="Callbacks of the key's account and mode with their tries, newest first.",
        authority=ByKey("tasks.read", list_deliveries),
        ids=(),
        query=DeliveriesQuery,
        headers=(),
        body=NoBody(),
        answers=Listed(DeliveryPage),
        refusals=(),
    ),
    Route(
        method="POST",
        path="/api/v1/webhooks/deliveries/{delivery_id}/redeliver",
        name="redeliver",
        about="Send a callback anew, under the same `webhook-id`.",
        authority=ByKey("tasks.write", redeliver),
        ids=(PathId("delivery_id", "own_delivery"),),
        query=NoQuery,
        headers=(),
        body=NoBody(),
        answers=Json((DeliveryPage,)),
        refusals=(Conflict,),
    ),
    Route(
        method="GET",
        path="/api/v1/webhooks/secret",
        name="show_webhook_secret",
        about="The secret that callbacks are signed with.",
        authority=ByKey("tasks.write", show_secret),
        ids=(),
        query=NoQuery,
        headers=(),
        body=NoBody(),
        answers=Json((SecretsPage,)),
        refusals=(),
    ),
    Route(
        method="POST",
        path="/api/v1/webhooks/secret/rotate",
        name="rotate_webhook_secret",
        about="A new secret for callbacks; the one before signs along for a day.",
        authority=ByKey("tasks.write", rotate_secret),
        ids=(),
        query=NoQuery,
        headers=(),
        body=NoBody(),
        answers=Json((SecretsPage,)),
        refusals=(),
    ),
)
