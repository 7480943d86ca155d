"""From a request to a priced submission: whatever can be refused before the one transaction is refused here."""

import hashlib
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final, NoReturn, assert_never

import msgspec
from msgspec import Struct

from apiinone.accounts.callers import Caller
from apiinone.accounts.keys import refuse_model
from apiinone.api.call import Call
from apiinone.api.callback_address import read_callback_address
from apiinone.api.context import Context
from apiinone.api.errors import ContentRefused
from apiinone.api.inputs import judge_inputs
from apiinone.api.json_body import Body, read_object
from apiinone.api.request_headers import idempotency_key, scenario
from apiinone.api.song_to_time import song_to_time
from apiinone.api.task_references import own_references
from apiinone.api.work_on_song import refuse_unfit, version_of
from apiinone.catalog.clean import shown
from apiinone.catalog.endpoints import CreateRoute, endpoint_named
from apiinone.catalog.entry import Choice, Entry
from apiinone.catalog.load import Catalogue
from apiinone.catalog.own_prices import LIST, choice_at, route_at
from apiinone.catalog.pricing import Price, price, route_price
from apiinone.catalog.schema import Parsed
from apiinone.core.clock import date_of
from apiinone.core.credits import Credits
from apiinone.core.errors import BadRequest, Overloaded, PermissionDenied, ProviderNotConfigured
from apiinone.providers.lyrics import LyricsOrder
from apiinone.tasks.policy import Asked
from apiinone.tasks.routing import usable_offers
from apiinone.tasks.submission import Direct, Submission
from apiinone.tasks.task_view import TaskView
from apiinone.tasks.whose_keys import HOUSE_TERMS, OwnKeyTerms, WhoseKeys, own_key_price
from apiinone.webhooks.outbox import Address

FACE_SWAP: Final = "face-swap"
"""The endpoint that the operator must accept terms for."""
CHAT: Final = "chat"
"""The endpoint whose vendors may be reached by way of another process."""
_BASE: Final = "/api/v1/"
_Named = tuple[Address | None, Mapping[str, TaskView]]
_encode: Final = msgspec.json.Encoder(order="deterministic").encode


class Creation(Struct, frozen=True):
    """A body that was read, allowed and priced."""

    made_by: CreateRoute
    parsed: Parsed
    price: Price
    request_json: str
    """Sub-model and fields with their defaults, as the task keeps and shows them."""
    body_hash: bytes
    """SHA-256 of all that was asked for, however it was written; but for a quote's id."""
    callback: Address | None
    works_on: Mapping[str, TaskView]
    """The caller's earlier tasks that its fields name, by field."""
    price_version: str
    """That of the catalogue that `price` is of; there may be another one by the time this is handed in."""
    terms: OwnKeyTerms = HOUSE_TERMS
    """Whose provider keys make it, and what it costs by the account's own; `price` is what is held."""
    percent: int = LIST
    """What the account pays of the list; `price` was worked out by it."""
    song: LyricsOrder | None = None
    """For timed lyrics with a live key: the song, as its vendor knows it."""

    @property
    def choice(self) -> Choice:
        """Which model and sub-model."""
        return self.parsed.choice


async def read_creation(context: Context, call: Call, caller: Caller, made_by: CreateRoute) -> Creation:
    """Read the body for what this create route makes, as far as this key may, and price it.

    Raises UnsupportedMediaType, PayloadTooLarge, BadRequest, PermissionDenied, NotFound, ProviderNotConfigured,
    ContentRefused, Overloaded.
    """
    body = await read_object(call, context.rules.body_bytes_max)
    creation = await creation_of(context, caller, body, made_by)
    if context.policy.has_rules:
        await _refuse_by_policy(context, call, caller, creation)
    return creation


async def creation_of(context: Context, caller: Caller, body: Body, made_by: CreateRoute) -> Creation:
    """The same for a body that was decoded."""
    if made_by.operation:
        return await _further(context, caller, body, made_by)
    catalogue = context.catalogue
    choice = choice_of(catalogue, body, made_by.endpoint_name)
    refuse_model(caller.rules, made_by.endpoint_name, (choice.sub_model.id, choice.entry.id))
    _refuse_unaccepted(context, caller, choice)
    parsed = context.bodies.parse(choice, body)
    callback = read_callback_address(parsed, caller.mode, context.rules.callback_hosts)
    entry = choice.entry
    if entry.media:
        await judge_inputs(entry, parsed.fields)
    whose = _whose_keys(context, caller, parsed, made_by)
    works_on = await own_references(context, caller, entry.references, parsed.fields)
    percent = context.board.now.price_percent(caller.account_id, entry.id)
    full = price(choice_at(choice, percent), parsed.fields)
    return _priced(context, made_by, parsed, (full, whose, percent, catalogue.version), (callback, works_on))


def submission_of(
    context: Context, call: Call, caller: Caller, creation: Creation, direct: Direct | None = None
) -> Submission:
    """What is handed in for it; `direct`: for a call that is answered at once. Raises BadRequest for its headers."""
    parsed, choice, made_by = creation.parsed, creation.choice, creation.made_by
    task_id = context.ids.new()
    _, outputs = choice.entry.makes(made_by.operation)
    return Submission(
        task_id=task_id,
        caller=caller,
        request_id=call.request_id,
        route=made_by.path.removeprefix(_BASE),
        endpoint=made_by.endpoint_name,
        model=choice.entry.id,
        sub_model=choice.sub_model.id,
        node=choice.entry.node,
        suffix=choice.entry.task_suffix,
        scenario=scenario(call, caller.mode, calls=direct is not None),
        unit=Credits(creation.price.unit // outputs),  # exact: `catalog check` proves it
        units=creation.price.units * outputs,
        request_json=creation.request_json,
        body_hash=creation.body_hash,
        catalogue_version=creation.price_version,
        deadline_s=context.rules.deadline_s if parsed.deadline_s is None else parsed.deadline_s,
        result_ttl_s=context.rules.result_ttl_s if parsed.result_ttl_s is None else parsed.result_ttl_s,
        metadata=parsed.metadata,
        max_credits=parsed.max_credits,
        quote_id=parsed.quote_id,
        idempotency_key=idempotency_key(call),
        operation=made_by.operation,
        callback=creation.callback,
        direct=direct,
        whose_keys=creation.terms.whose,
        price_percent=creation.percent,
        own_unit=None if creation.terms.fee is None else Credits(creation.terms.fee.unit // outputs),
    )


def choice_of(catalogue: Catalogue, body: Body, endpoint_name: str) -> Choice:
    """What the body's `model` means on this endpoint. Raises BadRequest."""
    default = endpoint_named(endpoint_name).default_model
    if not default and "model" not in body:
        raise BadRequest("'model' is required. GET /api/v1/models lists them.", param="/model")
    choice = named_choice(catalogue, body.get("model", default), endpoint_name)
    if choice.entry.endpoint_name != endpoint_name:
        endpoint = choice.entry.endpoint
        sentence = f"{shown(str(body['model']))} is a model of the {endpoint.family}, {endpoint.path}"
        raise BadRequest(f"{sentence}, and cannot be used here.", param="/model")
    return choice


def named_choice(catalogue: Catalogue, name: object, endpoint_name: str | None) -> Choice:
    """What a body's `model` means; suggestions come from that endpoint (None: from all). Raises BadRequest."""
    if not isinstance(name, str):
        raise BadRequest("'model' must be a string.", param="/model")
    choice = catalogue.resolve(name)
    if choice is None:
        _refuse_unknown(catalogue, name, endpoint_name)
    return choice


async def _further(context: Context, caller: Caller, body: Body, made_by: CreateRoute) -> Creation:
    """The body of a further route, whose one model is known; which version of it may follow from what it works on."""
    catalogue = context.catalogue
    offered = catalogue.offering(made_by.operation)
    if offered is None:
        raise ProviderNotConfigured("The model of this route is switched off here.")
    entry, route = offered
    refuse_model(caller.rules, made_by.endpoint_name, (entry.id, *(sub.id for sub in entry.sub_models)))
    asked = _asked(catalogue, entry, body, made_by)
    parsed = context.bodies.parse(asked or Choice(entry, entry.default_sub_model), body, route)
    callback = read_callback_address(parsed, caller.mode, context.rules.callback_hosts)
    found = await own_references(context, caller, route.references, parsed.fields)
    await refuse_unfit(context, caller, parsed, found)
    if asked is None:
        parsed = msgspec.structs.replace(parsed, choice=version_of(catalogue, entry, found))
    refuse_model(caller.rules, made_by.endpoint_name, (parsed.choice.sub_model.id, entry.id))
    song = await song_to_time(context, caller, parsed, found) if route.direct else None
    whose = _whose_keys(context, caller, parsed, made_by, song)
    percent = context.board.now.price_percent(caller.account_id, entry.id)
    full = route_price(choice_at(parsed.choice, percent), route_at(route, percent), parsed.fields)
    priced = _priced(context, made_by, parsed, (full, whose, percent, catalogue.version), (callback, found))
    return msgspec.structs.replace(priced, song=song)


def _asked(catalogue: Catalogue, entry: Entry, body: Body, made_by: CreateRoute) -> Choice | None:
    """The version that the body names; None where it names none. Raises BadRequest."""
    if "model" not in body:
        return None
    choice = choice_of(catalogue, body, made_by.endpoint_name)
    if choice.entry is not entry:
        raise BadRequest(f"This route belongs to {entry.id}; {choice.entry.id} does not have it.", param="/model")
    return choice


def _refuse_unknown(catalogue: Catalogue, name: str, endpoint_name: str | None) -> NoReturn:
    choices = catalogue.choices.items()
    here = [known for known, choice in choices if endpoint_name in (None, choice.entry.endpoint_name)]
    near = get_close_matches(name[:64], here, 1, 0.7)
    hint = f" Did you mean '{near[0]}'?" if near else " GET /api/v1/models lists them."
    raise BadRequest(f"There is no model '{shown(name)}'.{hint}", param="/model")


async def _refuse_by_policy(context: Context, call: Call, caller: Caller, creation: Creation) -> None:
    """Raise ContentRefused where the operator's rules refuse it, Overloaded where they cannot be asked."""
    sub, fields = creation.choice.sub_model, creation.parsed.fields
    verdict = await context.policy.verdict(Asked(caller.mode, caller.account_id, call.request_id, sub.id, fields))
    match verdict:
        case "allowed":
            return
        case "unchecked":
            raise Overloaded("Requests cannot be checked at the moment; nothing was accepted.", retry_after_s=5)
        case "blocked_term" | "moderation":
            raise ContentRefused("The operator's rules refuse this request.")
        case _:
            assert_never(verdict)


def _whose_keys(
    context: Context, caller: Caller, parsed: Parsed, made_by: CreateRoute, song: LyricsOrder | None = None
) -> WhoseKeys:
    """With whose provider keys it is made. For live keys: raise ProviderNotConfigured where nothing here serves it."""
    if caller.mode == "test":
        return "house"
    sub = parsed.choice.sub_model
    today = date_of(context.clock.now_us())
    if sub.lifecycle.state_on(today) == "retired":
        raise ProviderNotConfigured(f"{sub.id} was ended by its maker; test keys can still use it.")
    node, keyring, standing = parsed.choice.entry.node, context.keyring, context.board.now
    if sub.id in standing.models_off:
        raise ProviderNotConfigured(f"{sub.id} is switched off for live keys here; test keys can use it.")
    if song is not None and song.own_key:
        return "own"
    at_once = _answering_at_once(context, parsed, made_by)
    reached = keyring.providers(None, node) if at_once is None else at_once
    house = usable_offers(sub, parsed.fields, reached, made_by.operation, standing)
    # what else comes at once uses the house's keys alone
    owned: frozenset[str] = keyring.providers(caller.account_id, node) if at_once is None else frozenset()
    own = usable_offers(sub, parsed.fields, owned, made_by.operation, standing)
    if own:
        keys = [key for offer in own for key in keyring.good(offer.provider, caller.account_id, node)]
        return "own_then_house" if house and all(key.falls_back for key in keys) else "own"
    if not house:
        what = f"{sub.id} on this route" if made_by.operation else sub.id
        raise ProviderNotConfigured(f"No provider for {what} is configured here; test keys can use it.")
    return "house"


def _answering_at_once(context: Context, parsed: Parsed, made_by: CreateRoute) -> frozenset[str] | None:
    """Whom a route that answers at once can ask, from here or by a node; None for a route that makes tasks."""
    if made_by.endpoint_name == CHAT:
        return context.calls.chat_providers
    route = parsed.choice.entry.route_of(made_by.operation)
    return context.calls.lyrics.providers if route is not None and route.direct else None


def _refuse_unaccepted(context: Context, caller: Caller, choice: Choice) -> None:
    """What needs the operator's word is off in live mode until it is given."""
    if caller.mode == "live" and choice.entry.endpoint_name == FACE_SWAP and not context.rules.face_swap_accepted:
        raise PermissionDenied("Face swaps are off here: the operator has not accepted their terms.", param="/model")


def _priced(
    context: Context, made_by: CreateRoute, parsed: Parsed, costs: tuple[Price, WhoseKeys, int, str], named: _Named
) -> Creation:
    request = _encode({"model": parsed.choice.sub_model.id, **parsed.fields})
    common = (parsed.callback_url, parsed.metadata, parsed.deadline_s, parsed.result_ttl_s, parsed.max_credits)
    whole = b"\n".join((made_by.operation.encode(), request, _encode(common)))
    full, whose, percent, version = costs
    fee = None if whose == "house" else own_key_price(full, context.rules.own_key_fee_percent)
    held = fee if whose == "own" and fee is not None else full
    terms, body_hash = OwnKeyTerms(whose, fee), hashlib.sha256(whole).digest()
    return Creation(made_by, parsed, held, request.decode(), body_hash, *named, version, terms, percent)
