"""A model's page as facts: each figure comes from the running catalogue, each sentence follows from one. Pure."""

import re

from msgspec import Struct

from apiinone.api.catalogue_pages import CataloguePages, ModelPage, ModelSummary
from apiinone.catalog.entry import Entry
from apiinone.catalog.panel import Standing
from apiinone.core.credits import shown, usd
from apiinone.web.code_samples import Sample, create_samples, look_sample
from apiinone.web.live_here import live_sentence, live_words
from apiinone.web.parameter_rows import ParameterRow, parameter_rows

CHAT = "chat"


class Fact(Struct, frozen=True):
    """A label, what is so, and a word about it."""

    label: str
    value: str
    note: str = ""
    code: bool = False
    link: str = ""


class Point(Struct, frozen=True):
    """A heading and a sentence."""

    title: str
    text: str
    code: str = ""


class Peer(Struct, frozen=True):
    """Another model of the endpoint, as a row of the comparison."""

    id: str
    maker: str
    output: str
    inputs: str
    credits: str
    dollars: str
    runtime: str
    seconds: str
    node: str
    live: str
    """Whether live keys can use it here, or how many of its variants."""
    here: bool
    """Whether it is the model of this page."""


class ModelView(Struct, frozen=True):
    """Everything that the template shows."""

    page: ModelPage
    family: str
    direct: bool
    state: str
    state_note: str
    description: str
    tiles: tuple[Fact, ...]
    facts: tuple[Fact, ...]
    highlights: tuple[Point, ...]
    contract: tuple[Fact, ...]
    runtime: str
    flow: tuple[str, ...]
    panel: tuple[Fact, ...]
    production: Fact
    capabilities: tuple[Point, ...]
    parameters: tuple[ParameterRow, ...]
    samples: tuple[Sample, ...]
    look: Sample
    peers: tuple[Peer, ...]
    comparison: tuple[Peer, ...]
    steps: tuple[Point, ...]
    related: tuple[Peer, ...]


def model_view(pages: CataloguePages, entry: Entry, entries: dict[str, Entry], base_url: str) -> ModelView:
    """The view of a model; `entries` are all models by id, `base_url` is where clients reach this server."""
    page = pages.model(entry)
    direct = not entry.endpoint.asynchronous
    comparison = tuple(
        _peer(pages.summary(one.id), one, entries[one.id], entry) for one in pages.standings(entry.endpoint_name)
    )
    others = tuple(peer for peer in comparison if not peer.here)
    return ModelView(
        page=page,
        family=entry.endpoint.family,
        direct=direct,
        state=_state(page),
        state_note=_state_note(page, entry),
        description=_description(page, entry),
        tiles=_tiles(page, entry),
        facts=_facts(page, entry),
        highlights=_highlights(page, entry, direct=direct),
        contract=_contract(page, base_url, direct=direct),
        runtime=_runtime(direct=direct),
        flow=(page.path, "the answer") if direct else (page.path, "task_id", "/api/v1/tasks/{task_id}", "outputs"),
        panel=_panel(page),
        production=_production(direct=direct),
        capabilities=tuple(_capability(text) for text in page.capabilities),
        parameters=parameter_rows(entry),
        samples=create_samples(base_url, page.path, entry.example, direct=direct),
        look=look_sample(base_url),
        peers=others[: len(page.panel.peers)],
        comparison=comparison,
        steps=_steps(page, direct=direct),
        related=_related(pages, entry, entries, others),
    )


def seconds_text(seconds: tuple[int, int]) -> str:
    """How long a task usually takes."""
    low, high = seconds
    return f"{low} s" if low == high else f"{low}–{high} s"  # noqa: RUF001 - a range's dash


def _credits(amount: object) -> str:
    return f"{amount} credit{'' if str(amount) == '1' else 's'}"


def _dollars(page: ModelPage) -> str:
    return f"${page.prices.base / 100:.2f}"


def _state(page: ModelPage) -> str:
    return {"active": "Active", "ending": "Ending", "retired": "Retired by its maker"}[page.status]


def _state_note(page: ModelPage, entry: Entry) -> str:
    lifecycle = entry.default_sub_model.lifecycle
    ends = f"Its maker ends it on {lifecycle.ends_at}. " if page.status == "ending" and lifecycle.ends_at else ""
    after = f"Its successor is {lifecycle.successor}. " if lifecycle.successor else ""
    return f"{ends}{after}{live_sentence(page)}"


def _description(page: ModelPage, entry: Entry) -> str:
    count = len(entry.sub_models)
    variants = f" {count} variants." if count > 1 else ""
    price = page.prices.text
    return f"{page.summary}{variants} {price[:1].upper()}{price[1:]}."


def _tiles(page: ModelPage, entry: Entry) -> tuple[Fact, ...]:
    routes = len(page.routes)
    return (
        Fact("Real routes", str(routes), "Routes of this server that serve the model."),
        Fact("Endpoint models", str(page.panel.models), f"Models that share {page.path}."),
        Fact("Base cost", _credits(page.prices.base), f"{_dollars(page)} · {seconds_text(page.seconds)}"),
        Fact("Endpoint family", entry.endpoint.family, page.path),
    )


def _facts(page: ModelPage, entry: Entry) -> tuple[Fact, ...]:
    webhook = Fact("Webhook", "Supported", "Send callback_url, and the end of the task is posted there, signed.")
    if not page.webhook:
        webhook = Fact("Webhook", "Not needed", "Live keys look at the task's status; test keys may use callback_url.")
    if not entry.endpoint.asynchronous:
        webhook = Fact("Webhook", "Not needed", "The answer comes with the request.")
    return (
        Fact("Model ID", page.id, "What `model` says in the request's body.", code=True),
        Fact("Endpoint", page.path, "The route that takes the request.", code=True),
        Fact("Output", page.output, f"Input: {', '.join(page.inputs)}."),
        Fact("Auth", "Bearer API key", "One key for every model; keys are yours to limit and revoke."),
        webhook,
    )


def _highlights(page: ModelPage, entry: Entry, *, direct: bool) -> tuple[Point, ...]:
    answer = (
        Point("Answers at once", "The response holds the answer, whole or as a stream. A record of it stays.")
        if direct
        else Point("A task that cannot get lost", "The request is answered when task and price are on disk.")
    )
    return (
        Point("One real route", f"{page.path} is served by this very server. {live_sentence(page)}"),
        answer,
        Point("Paid only when it works", "The price is held first, taken for what was delivered, else given back."),
        Point("Vendors' keys stay here", f"Your client holds one key; {entry.maker} is asked by the server."),
    )


def _contract(page: ModelPage, base_url: str, *, direct: bool) -> tuple[Fact, ...]:
    result = page.path if direct else "/api/v1/tasks/{task_id}"
    told = "The answer is the response itself." if direct else "Ask it with the task_id of the answer."
    return (
        Fact("Base URL", base_url, "This server.", code=True),
        Fact("Authorization", "Authorization: Bearer <API_KEY>", "In this header and in no other place.", code=True),
        Fact("Model field", page.id, "Or the id of a variant.", code=True),
        Fact("Result path", result, told, code=True),
        Fact("Billing path", "/billing/credits", "Balance and ledger.", code=True, link="/billing/credits"),
    )


def _runtime(*, direct: bool) -> str:
    if direct:
        return "The request is answered directly: whole, or piece by piece with stream: true."
    return "The request makes a task and is answered with its task_id; the status route then leads to the result."


def _panel(page: ModelPage) -> tuple[Fact, ...]:
    panel = page.panel
    low, high = f"{panel.lowest}", f"{panel.highest}"
    same = low == high
    return (
        Fact("Endpoint models", str(panel.models), f"{panel.live_models} of them live on this server."),
        Fact("Providers", str(panel.makers), "Different makers behind this endpoint."),
        Fact(
            "Cost range",
            _credits(low) if same else f"{low}–{high} credits",  # noqa: RUF001 - a range's dash
            f"${panel.lowest / 100:.2f}" if same else f"${panel.lowest / 100:.2f}–${panel.highest / 100:.2f}",  # noqa: RUF001
        ),
        Fact("Webhook coverage", f"{panel.webhook_models}/{panel.models}", "Models whose live tasks can call back."),
        Fact("This model's position", f"{panel.position}/{panel.models}", "By base credits, the cheapest first."),
        Fact(
            "Lowest-cost route",
            panel.cheapest.id,
            f"{panel.cheapest.maker} · {_credits(panel.cheapest.base)} · ${panel.cheapest.base_usd:.2f}",
            link=f"/models/{panel.cheapest.id}",
        ),
    )


def _production(*, direct: bool) -> Fact:
    if direct:
        return Fact("Production pattern", "Direct response", "Set a client timeout as long as your longest answer.")
    return Fact(
        "Production pattern",
        "Task + status",
        "Send an Idempotency-Key, then wait on the status route.",
    )


def _capability(text: str) -> Point:
    """The reference's rule: the title is what stands before the first hyphen or comma."""
    title = re.split(r"[-,]", text, maxsplit=1)[0].strip()
    return Point(title, text)


def _steps(page: ModelPage, *, direct: bool) -> tuple[Point, ...]:
    last = (
        Point("Read the answer", "It is the response, with usage and the credits it cost.")
        if direct
        else Point("Wait for the end", "The status route answers as soon as the task ends.", "/api/v1/tasks/{task_id}")
    )
    return (
        Point("Get a key", "A test key costs nothing and runs every model on the built-in engine."),
        Point("Send the request", "Model, parameters and key are all it takes.", page.path),
        last,
    )


def _related(
    pages: CataloguePages, entry: Entry, entries: dict[str, Entry], others: tuple[Peer, ...]
) -> tuple[Peer, ...]:
    """Two of the same maker elsewhere and two of the same endpoint, at most four; never itself."""
    makers = [
        _peer(pages.summary(one.id), one, entries[one.id], entry)
        for other in entries.values()
        if other.maker == entry.maker and other.id != entry.id
        for one in pages.standings(other.endpoint_name)
        if one.id == other.id
    ]
    chosen = {peer.id: peer for peer in (*makers[:2], *others)}
    return tuple(chosen.values())[:4]


def _peer(summary: ModelSummary, standing: Standing, other: Entry, entry: Entry) -> Peer:
    direct = not other.endpoint.asynchronous
    return Peer(
        id=standing.id,
        maker=standing.maker,
        output=standing.output,
        inputs=", ".join(other.inputs),
        credits=_credits(shown(standing.base)),
        dollars=f"${usd(standing.base):.2f}",
        runtime="direct" if direct else "task",
        seconds=seconds_text(standing.seconds),
        node=f"node{standing.node}",
        live=live_words(summary),
        here=standing.id == entry.id,
    )
