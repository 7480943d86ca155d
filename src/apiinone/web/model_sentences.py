"""What a model's page says: each figure comes from the running catalogue, each sentence follows from one. Pure.

Sentences are in the language of `words`. What the catalogue says of a model itself stays as it is there.
"""

from gettext import NullTranslations
from typing import Final

from msgspec import Struct

from apiinone.api.model_forms import ModelPage
from apiinone.catalog.entry import Entry, LifecycleState
from apiinone.web.kind_names import kind_name
from apiinone.web.languages import marked
from apiinone.web.live_here import live_sentence
from apiinone.web.price_words import cost_words, credits_range

STATES: Final[dict[LifecycleState, str]] = {
    "active": marked("Active"),
    "ending": marked("Ending"),
    "retired": marked("Retired by its maker"),
}


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


def seconds_text(seconds: tuple[int, int]) -> str:
    """How long a task usually takes."""
    low, high = seconds
    return f"{low} s" if low == high else f"{low}–{high} s"  # noqa: RUF001 - a range's dash


def state_note(page: ModelPage, entry: Entry, words: NullTranslations) -> str:
    """Until when the model is there, what comes after it, and who can use it here."""
    say, lifecycle = words.gettext, entry.default_sub_model.lifecycle
    parts = [
        say("Its maker ends it on %(day)s.") % {"day": lifecycle.ends_at}
        if page.status == "ending" and lifecycle.ends_at
        else "",
        say("Its successor is %(model)s.") % {"model": lifecycle.successor} if lifecycle.successor else "",
        live_sentence(page, say),
    ]
    return " ".join(part for part in parts if part)


def about_price(entry: Entry, price: str, words: NullTranslations) -> str:
    """How many variants there are, and what they cost."""
    count = len(entry.sub_models)
    variants = words.ngettext("%(num)s variant.", "%(num)s variants.", count) % {"num": count} if count > 1 else ""
    said = words.gettext("%(sentence)s.") % {"sentence": f"{price[:1].upper()}{price[1:]}"}
    return f"{variants} {said}".strip()


def tiles(page: ModelPage, entry: Entry, words: NullTranslations) -> tuple[Fact, ...]:
    """The first row of figures."""
    say = words.gettext
    cost = f"${page.prices.base / 100:.2f} · {seconds_text(page.seconds)}"
    return (
        Fact(say("Real routes"), str(len(page.routes)), say("Routes of this server that serve the model.")),
        Fact(say("Endpoint models"), str(page.panel.models), _compared(page, words)),
        Fact(say("Base cost"), cost_words(page.prices.base, page.charged_by, words), cost),
        Fact(say("Endpoint family"), kind_name(entry.endpoint.family, say), page.path),
    )


def _compared(page: ModelPage, words: NullTranslations) -> str:
    """Which models those of the panel are."""
    if page.panel.models == page.endpoint_models:
        return words.gettext("Models that share %(path)s.") % {"path": page.path}
    told = words.gettext("Models compared here, out of %(count)s on %(path)s.")
    return told % {"count": page.endpoint_models, "path": page.path}


def facts(page: ModelPage, entry: Entry, words: NullTranslations) -> tuple[Fact, ...]:
    """What a client has to know."""
    say = words.gettext
    inputs = ", ".join(kind_name(one, say) for one in page.inputs)
    return (
        Fact(say("Model ID"), page.id, say("What `model` says in the request's body."), code=True),
        Fact(say("Endpoint"), page.path, say("The route that takes the request."), code=True),
        Fact(say("Output"), kind_name(page.output, say), say("Input: %(kinds)s.") % {"kinds": inputs}),
        Fact(say("Auth"), say("Bearer API key"), say("One key for every model; keys are yours to limit and revoke.")),
        _webhook(page, entry, words),
    )


def _webhook(page: ModelPage, entry: Entry, words: NullTranslations) -> Fact:
    say = words.gettext
    if not entry.endpoint.asynchronous:
        return Fact(say("Webhook"), say("Not needed"), say("The answer comes with the request."))
    if page.webhook:
        told = say("Send callback_url, and the end of the task is posted there, signed.")
        return Fact(say("Webhook"), say("Supported"), told)
    told = say("Live keys look at the task's status; test keys may use callback_url.")
    return Fact(say("Webhook"), say("Not needed"), told)


def highlights(page: ModelPage, entry: Entry, words: NullTranslations) -> tuple[Point, ...]:
    """What is good about calling the model here."""
    say = words.gettext
    route = (
        say("%(path)s is served by this very server. A live key reaches a vendor through it.")
        if page.availability == "live"
        else say("%(path)s is served by this very server. No vendor is configured for it here yet.")
    )
    answer = (
        Point(say("A task that cannot get lost"), say("The request is answered when task and price are on disk."))
        if entry.endpoint.asynchronous
        else Point(
            say("Answers at once"), say("The response holds the answer, whole or as a stream. A record of it stays.")
        )
    )
    return (
        Point(say("One real route"), route % {"path": page.path}),
        answer,
        Point(
            say("Paid only when it works"),
            say("The price is held first, taken for what was delivered, else given back."),
        ),
        Point(
            say("Vendors' keys stay here"),
            say("Your client holds one key; %(maker)s is asked by the server.") % {"maker": entry.maker},
        ),
    )


def contract(page: ModelPage, base_url: str, words: NullTranslations, *, direct: bool) -> tuple[Fact, ...]:
    """How it is called."""
    say = words.gettext
    result = page.path if direct else "/api/v1/tasks/{task_id}"
    told = say("The answer is the response itself.") if direct else say("Ask it with the task_id of the answer.")
    header = "Authorization: Bearer <API_KEY>"
    return (
        Fact(say("Base URL"), base_url, say("This server."), code=True),
        Fact(say("Authorization"), header, say("In this header and in no other place."), code=True),
        Fact(say("Model field"), page.id, say("Or the id of a variant."), code=True),
        Fact(say("Result path"), result, told, code=True),
        Fact(say("Billing path"), "/billing/credits", say("Balance and ledger."), code=True, link="/billing/credits"),
    )


def runtime(words: NullTranslations, *, direct: bool) -> str:
    """What happens to a request."""
    if direct:
        return words.gettext("The request is answered directly: whole, or piece by piece with stream: true.")
    return words.gettext(
        "The request makes a task and is answered with its task_id; the status route then leads to the result."
    )


def panel_facts(page: ModelPage, words: NullTranslations) -> tuple[Fact, ...]:
    """The endpoint as seen from this model."""
    panel, say = page.panel, words.gettext
    live = say("%(count)s of them live on this server.") % {"count": panel.live_models}
    low, high, cheapest = panel.lowest, panel.highest, panel.cheapest
    costs = cost_words(low, cheapest.charged_by, words) if low == high else credits_range(low, high, words)
    dollars = f"${low / 100:.2f}" if low == high else f"${low / 100:.2f}–${high / 100:.2f}"  # noqa: RUF001 - a range's dash
    return (
        Fact(
            say("Endpoint models"),
            str(panel.models),
            f"{_compared(page, words)} {live}",
        ),
        Fact(say("Providers"), str(panel.makers), say("Different makers behind this endpoint.")),
        Fact(say("Cost range"), costs, dollars),
        Fact(
            say("Webhook coverage"),
            f"{panel.webhook_models}/{panel.models}",
            say("Models whose live tasks can call back."),
        ),
        _position(page, words),
        Fact(
            say("Lowest-cost route"),
            cheapest.id,
            f"{cheapest.maker} · {cost_words(cheapest.base, cheapest.charged_by, words)} · ${cheapest.base_usd:.2f}",
            link=f"/models/{cheapest.id}",
        ),
    )


def _position(page: ModelPage, words: NullTranslations) -> Fact:
    say, position = words.gettext, page.panel.position
    label = say("This model's position")
    if position is None:
        return Fact(label, "—", say("It is not part of the comparison."))
    return Fact(label, f"{position}/{page.panel.models}", say("By base credits, the cheapest first."))


def production(words: NullTranslations, *, direct: bool) -> Fact:
    """How a program in earnest calls it."""
    say = words.gettext
    if direct:
        told = say("Set a client timeout as long as your longest answer.")
        return Fact(say("Production pattern"), say("Direct response"), told)
    told = say("Send an Idempotency-Key, then wait on the status route.")
    return Fact(say("Production pattern"), say("Task + status"), told)


def steps(page: ModelPage, words: NullTranslations, *, direct: bool) -> tuple[Point, ...]:
    """From nothing to a result."""
    say = words.gettext
    last = (
        Point(say("Read the answer"), say("It is the response, with usage and the credits it cost."))
        if direct
        else Point(
            say("Wait for the end"),
            say("The status route answers as soon as the task ends."),
            "/api/v1/tasks/{task_id}",
        )
    )
    return (
        Point(say("Get a key"), say("A test key costs nothing and runs every model on the built-in engine.")),
        Point(say("Send the request"), say("Model, parameters and key are all it takes."), page.path),
        last,
    )
