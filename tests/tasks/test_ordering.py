"""On which offer an attempt is made, and what a job remembers of it."""

from typing import Any, cast

from msgspec.structs import replace

from apiinone.catalog.offer import Offer
from apiinone.catalog.running import RunningCatalogue, running_catalogue
from apiinone.catalog.set_prices import Priced, SetPrice
from apiinone.core.clock import SystemClock
from apiinone.core.credits import whole
from apiinone.core.ids import Ids
from apiinone.providers.provider import Reference
from apiinone.tasks.job import Job
from apiinone.tasks.ordering import Orders
from apiinone.tasks.routing import Route
from catalog.catalogue_for_tests import CATALOGUE

IDS = Ids(SystemClock())


def orders_of(running: RunningCatalogue) -> Orders:
    nobody = cast("Any", None)
    return Orders(running, {}, nobody, nobody, nobody, IDS)


def planned(orders: Orders, offer: Offer) -> Job:
    """A job with an attempt on this offer."""
    request = '{"model": "recraft-v4", "prompt": "a hill", "image_size": "1024x1024"}'
    times = (0, 600_000_000, None)
    job = Job("task", "account", "live", "queued", 1, 1, "recraft-v4", 1, None, 0, None, *times, request)
    job.plan(orders.attempt(job, Route(offer.provider, offer.upstream_model, "because", offer, 1)))
    return job


def listed() -> Offer:
    choice = CATALOGUE.resolve("recraft-v4")
    assert choice is not None
    return next(offer for offer in choice.sub_model.offers if offer.provider == "recraft")


def test_an_attempt_is_made_on_the_offer_it_was_planned_on_though_another_has_its_name() -> None:
    orders = orders_of(running_catalogue(CATALOGUE))
    other = replace(listed(), source="Another one of this name.")
    assert orders.offer(planned(orders, other)) is other


def test_the_offer_of_an_attempt_is_found_anew_once_the_catalogue_has_changed() -> None:
    running = running_catalogue(CATALOGUE)
    orders = orders_of(running)
    job = planned(orders, replace(listed(), source="It is not there any more."))
    running.follow({Priced("cogview-4"): {"fixed": SetPrice(whole(2))}})
    assert orders.offer(job) == listed()


def test_the_offer_of_another_attempt_is_not_this_ones() -> None:
    orders = orders_of(running_catalogue(CATALOGUE))
    job = planned(orders, replace(listed(), source="That of the first attempt."))
    job.attempt_id = "another"
    assert orders.offer(job) == listed()


def test_a_job_that_a_vendor_works_on_keeps_nothing_that_can_be_had_again() -> None:
    orders = orders_of(running_catalogue(CATALOGUE))
    job = planned(orders, listed())
    fields = job.fields()
    assert fields == {"prompt": "a hill", "image_size": "1024x1024"}
    assert job.fields() is fields
    job.accepted(Reference("up"))
    assert job.read is job.found is None
    assert (job.attempt_state, job.fields(), orders.offer(job)) == ("accepted", fields, listed())
