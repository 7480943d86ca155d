"""A gateway: the ASGI application over an open `App`."""

from dataclasses import replace

from apiinone.accounts.limits import RequestRates
from apiinone.api.application import make_application, make_house
from apiinone.api.context import ApiRules, Context
from apiinone.app import App
from apiinone.catalog.schema import Bodies
from apiinone.core.secret import Secret
from apiinone.front_desk import desk_of
from apiinone.receiving_people import rooms_of
from apiinone.web.languages import Languages
from apiinone.web.open_site import drawing_with, make_site, site_parts
from apiinone.web.operators_address import OperatorsAddress
from apiinone.web.site import Site

Gateway = Site | OperatorsAddress


def gateway(app: App, address: str) -> Gateway:
    """The application; `address` is where it listens, for links where no public URL is set."""
    show = app.callbacks.show
    show.public_url = show.public_url or address.rstrip("/")
    house = make_house(_context(app))
    site = site_parts(
        Languages(), drawing_with(app.sandbox), app.secret.key("forms"), app.settings.admin_url.rstrip("/")
    )
    rooms = rooms_of(app.settings, app.secret, house, site, (app.mailing.outbox, show.public_url, desk_of(app)))
    made = make_site(make_application(house), replace(rooms, outside=app.outside), site)
    return OperatorsAddress(made, app.settings.admin_url) if app.settings.admin_url else made


def _context(app: App) -> Context:
    settings = app.settings
    return Context(
        database=app.database,
        running=app.running,
        bodies=Bodies(),
        callers=app.callers,
        rates=RequestRates(),
        submit=app.submissions.do,
        apply=app.apply,
        waiters=app.waiters,
        storage=app.storage,
        links=app.callbacks.show.links(),
        watchers=app.watchers,
        vault=app.callbacks.vault,
        delivery_tries=app.callbacks.deliverer.tries,
        poll_lags=app.poll_lags,
        policy=app.policy,
        board=app.board.board,
        deliver=app.callbacks.deliverer.wake,
        clock=app.clock,
        ids=app.ids,
        calls=app.calls,
        keyring=app.keyring,
        reread_credentials=app.follower.refresh,
        seals=app.follower.seals,
        hint=app.database.hint,
        cashier=app.payments.cashier,
        ear=app.payments.ear,
        rules=ApiRules(
            deadline_s=settings.deadline_s,
            result_ttl_s=settings.result_ttl_s,
            requests_per_minute_max=settings.requests_per_minute_max,
            body_bytes_max=settings.body_bytes_max,
            face_swap_accepted=settings.face_swap_accepted,
            own_key_fee_percent=settings.own_key_fee_percent,
            trusted_proxies=settings.trusted_proxies,
            callback_hosts=frozenset(settings.allowed_private_hosts),
            metrics_token=Secret(settings.metrics_token) if settings.metrics_token else None,
        ),
        webhooks={name: (app.vendors[name].remote, hook) for name, hook in app.webhook_secrets.items()},
        remotes={name: vendor.remote for name, vendor in app.vendors.items()},
        gauges={
            "submissions_waiting": lambda: float(app.submissions.waiting),
            "moves_waiting": lambda: float(app.moves.waiting),
            "chats_underway": lambda: float(app.calls.chats.underway),
            "tasks_held_by_worker": lambda: float(app.worker.held),
            "deliveries_under_way": lambda: float(app.callbacks.deliverer.under_way),
            "event_streams": lambda: float(app.watchers.open),
        },
        stopping=lambda: app.worker.stopping,
    )
