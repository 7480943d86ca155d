"""Makes attempts and orders: what a vendor is asked for a job, with everything that has to be looked up first."""

from collections.abc import Mapping
from dataclasses import dataclass

from apiinone.catalog.fields import file_fields, upstream_fields
from apiinone.catalog.offer import Offer
from apiinone.catalog.running import RunningCatalogue
from apiinone.core.ids import Ids
from apiinone.providers.provider import Order
from apiinone.tasks.job import Found, Job
from apiinone.tasks.moves import NewAttempt
from apiinone.tasks.origins import Origins
from apiinone.tasks.own_outputs import OwnOutputs
from apiinone.tasks.read_inputs import InputReader
from apiinone.tasks.routing import Asked, Route, offer_named
from apiinone.tasks.vendor_exchange import Vendor


@dataclass(slots=True)
class Orders:
    """What making an order takes."""

    catalogue: RunningCatalogue
    vendors: Mapping[str, Vendor]
    inputs: InputReader
    origins: Origins
    own_outputs: OwnOutputs
    ids: Ids

    async def order(self, job: Job) -> Order | None:
        """What the vendor is asked, with all that must be looked up first; None where nothing serves it any more.

        Raises UnusableInput.
        """
        choice = self.catalogue.now.remembered(job.sub_model)
        vendor = self.vendors.get(job.provider or "")
        fields = job.fields()
        offer = self.offer(job)
        if choice is None or vendor is None or offer is None or job.attempt_id is None:
            return None
        route = choice.entry.route_of(job.operation)
        made_by = choice.entry if route is None else route
        earlier = {reference.name for reference in made_by.references}
        files = {
            name: (await self.own_outputs.picture(job.owner, field, str(fields[field])),)
            if field in earlier
            else await self.inputs.files(made_by.parameters, fields, field)
            for field, name in file_fields(offer, fields).items()
        }
        named = offer.works_on
        origin = await self.origins.find(vendor, job.owner, named, str(fields[named])) if named else None
        return Order(
            job.attempt_id,
            offer.upstream_model,
            upstream_fields(offer, fields),
            job.units,
            None if job.own_key else vendor.webhook_url,  # with another account the vendor signs by another secret
            files,
            job.operation,
            origin,
        )

    def attempt(self, job: Job, route: Route) -> NewAttempt:
        """The attempt that this way makes; its cost is that of all outputs that are ordered. Its offer is kept."""
        choice = self.catalogue.now.remembered(job.sub_model)
        for_one_price = 1 if choice is None else choice.entry.makes(job.operation)[1]
        each = route.expected_cost_micro_usd
        cost = None if each is None else each * (job.units // for_one_price)
        offer = (route.provider, route.upstream_model, route.because, cost)
        attempt = NewAttempt(self.ids.new(), *offer, own_key=route.own_key)
        if route.offer is not None:
            job.found = Found(attempt.id, self.catalogue.now, route.offer)
        return attempt

    def offer(self, job: Job) -> Offer | None:
        """The offer that the job's attempt was planned on; None where the catalogue has lost it."""
        found, catalogue = job.found, self.catalogue.now
        if found is not None and found.attempt_id == job.attempt_id and found.catalogue is catalogue:
            return found.offer
        choice = catalogue.remembered(job.sub_model)
        if choice is None:
            return None
        asked = Asked(job.fields(), job.operation)
        return offer_named(choice.sub_model, job.provider, job.upstream_model, asked)
