"""Every page of the console, and who may open it."""

from typing import Final

from apiinone.people.roles import DEVELOPERS, EVERYBODY, MONEY_READERS
from apiinone.web.console.credits_pages import export_entries, show_credits
from apiinone.web.console.key_pages import (
    do_make_key,
    do_revoke_key,
    do_rotate_key,
    show_key,
    show_keys,
    show_new_key,
)
from apiinone.web.console.overview_page import show_overview
from apiinone.web.console.play_facts import tell_play_facts
from apiinone.web.console.task_pages import do_cancel_task, do_delete_task, do_redeliver, show_task
from apiinone.web.console.usage_pages import export_usage, show_usage
from apiinone.web.console.webhook_pages import (
    do_register,
    do_rotate_secret,
    do_show_secret,
    do_unregister,
    show_webhooks,
)
from apiinone.web.page_route import Member, PageId, PageRoute, Public, SignedIn

_KEY: Final = (PageId("key_id", "own_key"),)
_TASK: Final = (PageId("task_id", "own_task"),)
_ENDPOINT: Final = (PageId("endpoint_id", "own_endpoint"),)
_DELIVERY: Final = (PageId("delivery_id", "own_delivery"),)

CONSOLE: Final = (
    PageRoute(method="GET", path="/console", name="show_overview", authority=SignedIn(show_overview), ids=()),
    PageRoute(method="GET", path="/console/play", name="play_facts", authority=SignedIn(tell_play_facts), ids=()),
    PageRoute(method="GET", path="/console/keys", name="show_keys", authority=Member(DEVELOPERS, show_keys), ids=()),
    PageRoute(
        method="GET", path="/console/keys/new", name="show_new_key", authority=Member(DEVELOPERS, show_new_key), ids=()
    ),
    PageRoute(method="POST", path="/console/keys", name="make_key", authority=Member(DEVELOPERS, do_make_key), ids=()),
    PageRoute(
        method="GET", path="/console/keys/{key_id}", name="show_key", authority=Member(DEVELOPERS, show_key), ids=_KEY
    ),
    PageRoute(
        method="POST",
        path="/console/keys/{key_id}/rotate",
        name="rotate_key",
        authority=Member(DEVELOPERS, do_rotate_key),
        ids=_KEY,
    ),
    PageRoute(
        method="POST",
        path="/console/keys/{key_id}/revoke",
        name="revoke_key",
        authority=Member(DEVELOPERS, do_revoke_key),
        ids=_KEY,
    ),
    PageRoute(method="GET", path="/usage", name="show_usage", authority=Public(show_usage), ids=()),
    PageRoute(
        method="GET",
        path="/usage/export.csv",
        name="export_usage",
        authority=Member(EVERYBODY, export_usage),
        ids=(),
    ),
    PageRoute(
        method="GET",
        path="/console/tasks/{task_id}",
        name="show_task_page",
        authority=Member(EVERYBODY, show_task),
        ids=_TASK,
    ),
    PageRoute(
        method="POST",
        path="/console/tasks/{task_id}/cancel",
        name="cancel_task_page",
        authority=Member(DEVELOPERS, do_cancel_task),
        ids=_TASK,
    ),
    PageRoute(
        method="POST",
        path="/console/tasks/{task_id}/delete",
        name="delete_task_page",
        authority=Member(DEVELOPERS, do_delete_task),
        ids=_TASK,
    ),
    PageRoute(method="GET", path="/billing/credits", name="show_credits_page", authority=Public(show_credits), ids=()),
    PageRoute(
        method="GET",
        path="/billing/credits/export.csv",
        name="export_entries",
        authority=Member(MONEY_READERS, export_entries),
        ids=(),
    ),
    PageRoute(
        method="GET",
        path="/console/webhooks",
        name="show_webhooks",
        authority=Member(DEVELOPERS, show_webhooks),
        ids=(),
    ),
    PageRoute(
        method="POST",
        path="/console/webhooks/endpoints",
        name="register_endpoint",
        authority=Member(DEVELOPERS, do_register),
        ids=(),
    ),
    PageRoute(
        method="POST",
        path="/console/webhooks/endpoints/{endpoint_id}/delete",
        name="unregister_endpoint",
        authority=Member(DEVELOPERS, do_unregister),
        ids=_ENDPOINT,
    ),
    PageRoute(
        method="POST",
        path="/console/webhooks/secret",
        name="show_secret",
        authority=Member(DEVELOPERS, do_show_secret),
        ids=(),
    ),
    PageRoute(
        method="POST",
        path="/console/webhooks/secret/rotate",
        name="rotate_secret",
        authority=Member(DEVELOPERS, do_rotate_secret),
        ids=(),
    ),
    PageRoute(
        method="POST",
        path="/console/deliveries/{delivery_id}/redeliver",
        name="redeliver_page",
        authority=Member(DEVELOPERS, do_redeliver),
        ids=_DELIVERY,
    ),
)
