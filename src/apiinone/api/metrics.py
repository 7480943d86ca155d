"""GET /metrics: figures for the operator's monitoring, in Prometheus' text form. No tenant appears in any of them."""

import hmac
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from apiinone.api.answer import Answer
from apiinone.api.call import Call
from apiinone.api.house import House
from apiinone.core.clock import US_PER_S
from apiinone.core.errors import AuthenticationFailed, NotFound
from apiinone.db import Tx
from apiinone.tasks.figures import RECENT_S, Figures, read_figures

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"


async def show_metrics(house: House, call: Call) -> Answer:
    """The figures, for whoever holds the token; without a configured token there is no such route."""
    token = house.context.rules.metrics_token
    if token is None:
        raise NotFound("There is nothing under this path.")
    given = call.headers.get(b"authorization", b"")
    if not hmac.compare_digest(given, f"Bearer {token.reveal()}".encode()):
        raise AuthenticationFailed("Send the metrics token as `Authorization: Bearer …`.")

    async def look(tx: Tx) -> Figures:
        return await read_figures(tx)

    figures = await house.context.database.read_long(look)
    return Answer(200, _written(house, figures), content_type=CONTENT_TYPE)


def _written(house: House, figures: Figures) -> bytes:
    from prometheus_client import CollectorRegistry  # noqa: PLC0415 - loaded only where metrics are read
    from prometheus_client.exposition import generate_latest  # noqa: PLC0415 - as above
    from prometheus_client.registry import Collector  # noqa: PLC0415 - as above

    class Seen(Collector):
        def collect(self) -> "Iterable[Metric]":
            return _metrics(house, figures)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Seen())
    return generate_latest(registry)


def _metrics(house: House, figures: Figures) -> "Iterable[Metric]":
    from prometheus_client.core import (  # noqa: PLC0415 - as above
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
    )

    requests = CounterMetricFamily("apiinone_requests", "Requests answered since start.", labels=["route", "status"])
    for (route, status), count in sorted(house.counts.requests.items()):
        requests.add_metric([route, str(status)], count)
    yield requests
    recent = f"created in the last {RECENT_S} s"
    tasks = GaugeMetricFamily("apiinone_recent_tasks", f"Tasks {recent}, by state.", labels=["mode", "state"])
    for (mode, state), count in figures.tasks.items():
        tasks.add_metric([mode, state], count)
    yield tasks
    attempts = GaugeMetricFamily(
        "apiinone_recent_attempts", f"Attempts {recent}, by provider and state.", labels=["provider", "state"]
    )
    for (provider, state), count in figures.attempts.items():
        attempts.add_metric([provider, state], count)
    yield attempts
    waiting = GaugeMetricFamily("apiinone_tasks_waiting", "Tasks that no worker holds, by node.", labels=["node"])
    for node, count in figures.waiting.items():
        waiting.add_metric([str(node)], count)
    yield waiting
    lag_s = figures.lag_us / US_PER_S
    yield GaugeMetricFamily("apiinone_worker_lag_seconds", "How long the oldest due task has waited.", value=lag_s)
    yield GaugeMetricFamily("apiinone_tasks_held", "Tasks that workers hold.", value=figures.held_by_workers)
    yield GaugeMetricFamily("apiinone_holds_open", "Holds that are not settled.", value=figures.open_holds)
    yield GaugeMetricFamily("apiinone_deliveries_waiting", "Callbacks to be sent.", value=figures.deliveries_waiting)
    delivery_lag_s = figures.delivery_lag_us / US_PER_S
    yield GaugeMetricFamily("apiinone_delivery_lag_seconds", "How long the oldest has been due.", value=delivery_lag_s)
    tries = CounterMetricFamily(
        "apiinone_delivery_tries", "Callbacks sent since start, by outcome.", labels=["outcome"]
    )
    for outcome, count in sorted(house.context.delivery_tries.items()):
        tries.add_metric([outcome], count)
    yield tries
    lags = HistogramMetricFamily(
        "apiinone_poll_lag_seconds",
        "From when a vendor was done, or last said that it was at work, to the task's success; since start.",
        labels=["provider"],
    )
    for provider, lag in sorted(house.context.poll_lags.items()):
        lags.add_metric([provider], lag.cumulative(), lag.sum_us / US_PER_S)
    yield lags
    yield from _credentials(house)
    for name, read in sorted(house.context.gauges.items()):
        yield GaugeMetricFamily(f"apiinone_{name}", "Of this process.", value=read())


def _credentials(house: House) -> "Iterable[Metric]":
    """How this process finds the credentials: the house's by their ids, those of accounts only counted."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415 - as above

    keyring = house.context.keyring
    states = GaugeMetricFamily(
        "apiinone_credentials", "1: in this state, of this process.", labels=["provider", "credential", "state"]
    )
    own: dict[tuple[str, str], int] = {}
    for one in keyring.everything():
        state = "revoked" if one.revoked else one.health.trouble or "good"
        if one.account_id is None:
            states.add_metric([one.provider, one.id, state], 1)
        else:
            own[one.provider, state] = own.get((one.provider, state), 0) + 1
    yield states
    counted = GaugeMetricFamily("apiinone_own_keys", "Keys that accounts brought.", labels=["provider", "state"])
    for (provider, state), count in sorted(own.items()):
        counted.add_metric([provider, state], count)
    yield counted
    resting = GaugeMetricFamily(
        "apiinone_offers_resting",
        "Offers left alone after errors, of this process.",
        labels=["provider", "upstream_model"],
    )
    for asked in keyring.resting():
        if asked.account_id is None:
            resting.add_metric([asked.provider, asked.upstream_model], 1)
    yield resting
    refusals = CounterMetricFamily(
        "apiinone_provider_refusals", "Orders refused since start.", labels=["provider", "whose_key", "fault"]
    )
    for (provider, whose, fault), count in sorted(keyring.refusals.items()):
        refusals.add_metric([provider, whose, fault], count)
    yield refusals
