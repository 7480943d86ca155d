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
from apiinone.web.page_route import Member, Public, SignedIn, get, post

CONSOLE: Final = (
    get("/console", SignedIn(show_overview), open_to_viewing=True),
    get("/console/play", SignedIn(tell_play_facts)),
    get("/console/keys", Member(DEVELOPERS, show_keys)),
    get("/console/keys/new", Member(DEVELOPERS, show_new_key)),
    post("/console/keys", Member(DEVELOPERS, do_make_key)),
    get("/console/keys/{key_id}", Member(DEVELOPERS, show_key)),
    post("/console/keys/{key_id}/rotate", Member(DEVELOPERS, do_rotate_key)),
    post("/console/keys/{key_id}/revoke", Member(DEVELOPERS, do_revoke_key)),
    get("/usage", Public(show_usage), open_to_viewing=True),
    get("/usage/export.csv", Member(EVERYBODY, export_usage), open_to_viewing=True),
    get("/console/tasks/{task_id}", Member(EVERYBODY, show_task), open_to_viewing=True),
    post("/console/tasks/{task_id}/cancel", Member(DEVELOPERS, do_cancel_task)),
    post("/console/tasks/{task_id}/delete", Member(DEVELOPERS, do_delete_task)),
    get("/billing/credits", Public(show_credits), open_to_viewing=True),
    get("/billing/credits/export.csv", Member(MONEY_READERS, export_entries)),
    get("/console/webhooks", Member(DEVELOPERS, show_webhooks)),
    post("/console/webhooks/endpoints", Member(DEVELOPERS, do_register)),
    post("/console/webhooks/endpoints/{endpoint_id}/delete", Member(DEVELOPERS, do_unregister)),
    post("/console/webhooks/secret", Member(DEVELOPERS, do_show_secret)),
    post("/console/webhooks/secret/rotate", Member(DEVELOPERS, do_rotate_secret)),
    post("/console/deliveries/{delivery_id}/redeliver", Member(DEVELOPERS, do_redeliver)),
)
