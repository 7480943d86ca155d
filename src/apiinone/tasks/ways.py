"""The ways that a claimed task may go, as this process sees them: offers, and the credentials to ask them with."""

from collections.abc import Mapping
from dataclasses import dataclass

from apiinone.catalog.offer import Offer
from apiinone.catalog.running import RunningCatalogue
from apiinone.providers.provider import PollReply, SubmitReply
from apiinone.switchboard.standing import Board
from apiinone.tasks.job import Job
from apiinone.tasks.keyring import Credential, Keyring, OfferAsked
from apiinone.tasks.routing import Asked, LaterRoute, Reach, Route, choose, here
from apiinone.tasks.vendor_exchange import Vendor


@dataclass(slots=True)
class Ways:
    """Chooses offers and credentials for jobs, and notes how they did."""

    catalogue: RunningCatalogue
    vendors: Mapping[str, Vendor]
    keyring: Keyring
    board: Board
    wait_s_max: float = 60.0
    """How long a task stays queued for a way that comes back."""

    def choose(self, job: Job) -> Route | LaterRoute | None:
        """The way of the next attempt; None where nothing configured here serves the task."""
        choice = self.catalogue.now.remembered(job.sub_model)
        if choice is None:
            return None
        if job.mode == "test":  # as `choose` decides; what could be reached need not be found out
            return here(choice.sub_model)
        known = self.vendors.keys()
        reach = Reach(
            self.keyring.providers(None, job.node) & known,
            self.keyring.providers(job.account_id, job.node) & known,
            job.whose_keys,
            lambda offer, own: self._wait_s(job, offer, own=own),
            self.board.now,
        )
        return choose(job.mode, choice.sub_model, Asked(job.fields(), job.operation), reach, job.tried)

    def turn(self, job: Job) -> Credential | float:
        """A credential that the planned attempt may use now, to be ended afterwards; or when to come again."""
        return self.keyring.turn(_asked(job), job.node, job.attempt_id or "", job.account_id)

    def rest_s(self, job: Job) -> float:
        """In how many seconds the planned attempt's way comes back; 0.0 where only its pace is to be kept."""
        return self.keyring.wait_s(_asked(job), job.node, job.attempt_id or "")

    def end_turn(self, job: Job, credential: Credential) -> None:
        """The attempt's turn is over, whether something was sent or not."""
        self.keyring.end_turn(credential, _asked(job), job.attempt_id or "")

    def reached(self, job: Job) -> tuple[Vendor, Credential] | None:
        """Whom the attempt was sent to and with what; None where one of them is gone."""
        vendor = self.vendors.get(job.provider or "")
        credential = self.keyring.used_by(job.provider or "", job.credential_id)
        return None if vendor is None or credential is None else (vendor, credential)

    def ordered(self, job: Job, credential: Credential, reply: SubmitReply) -> None:
        """Note how the vendor answered the order."""
        self.keyring.ordered(credential, _asked(job), reply)

    def questioned(self, job: Job, credential: Credential, reply: PollReply) -> None:
        """Note how the vendor answered a question."""
        self.keyring.questioned(credential, _asked(job), reply)

    def _wait_s(self, job: Job, offer: Offer, *, own: bool) -> float:
        asked = OfferAsked(offer.provider, offer.upstream_model, job.account_id if own else None)
        return self.keyring.wait_s(asked, job.node)


def _asked(job: Job) -> OfferAsked:
    return OfferAsked(job.provider or "", job.upstream_model or "", job.account_id if job.own_key else None)
