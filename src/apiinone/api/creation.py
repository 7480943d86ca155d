"""From a request to a priced submission: everything that can be refused without the database is refused here."""

import hashlib
from difflib import get_close_matches
from typing import Final, NoReturn

import msgspec
from msgspec import Struct

from apiinone.accounts.callers import Caller
from apiinone.accounts.keys import refuse_model
from apiinone.api.call import Call
from apiinone.api.callback_address import read_callback_address
from apiinone.api.context import Context
from apiinone.api.json_body import Body, read_object
from apiinone.api.served import NOT_YET
from apiinone.catalog.clean import shown
from apiinone.catalog.endpoints import endpoint_named
from apiinone.catalog.entry import Choice
from apiinone.catalog.load import Catalogue
from apiinone.catalog.pricing import Price, price
from apiinone.catalog.schema import Parsed
from apiinone.core.errors import BadRequest, ProviderNotConfigured
from apiinone.tasks.routing import usable_offers
from apiinone.webhooks.outbox import Address

_encode: Final = msgspec.json.Encoder(order="deterministic").encode


class Creation(Struct, frozen=True):
    """A body that was read, allowed and priced."""

    parsed: Parsed
    price: Price
    request_json: str
    """Sub-model and fields with their defaults, as the task keeps and shows them."""
    body_hash: bytes
    """SHA-256 of all that was asked for, however it was written; but for a quote's id."""
    callback: Address | None

    @property
    def choice(self) -> Choice:
        """Which model and sub-model."""
        return self.parsed.choice


async def read_creation(context: Context, call: Call, caller: Caller, endpoint_name: str) -> Creation:
    """Read the body for a model of this endpoint that this key may use, and price it.

    Raises UnsupportedMediaType, PayloadTooLarge, BadRequest, PermissionDenied, ProviderNotConfigured.
    """
    body = await read_object(call, context.rules.body_bytes_max)
    choice = _choice(context.catalogue, body, endpoint_name)
    refuse_model(caller.rules, endpoint_name, (choice.sub_model.id, choice.entry.id))
    _refuse_not_yet(body)
    parsed = context.bodies.parse(choice, body)
    callback = read_callback_address(parsed, caller.mode, context.rules.callback_hosts)
    if caller.mode == "live" and not usable_offers(choice.sub_model, parsed.fields, context.vendors):
        raise ProviderNotConfigured(f"No provider for {choice.sub_model.id} is configured here; test keys can use it.")
    request = _encode({"model": choice.sub_model.id, **parsed.fields})
    return Creation(parsed, price(choice, parsed.fields), request.decode(), _hash(request, parsed), callback)


def _choice(catalogue: Catalogue, body: Body, endpoint_name: str) -> Choice:
    name = body.get("model", endpoint_named(endpoint_name).default_model)
    if not isinstance(name, str):
        raise BadRequest("'model' must be a string.", param="/model")
    choice = catalogue.resolve(name)
    if choice is None:
        _refuse_unknown(catalogue, name, endpoint_name)
    if choice.entry.endpoint_name != endpoint_name:
        endpoint = choice.entry.endpoint
        sentence = f"{shown(name)} is a model of the {endpoint.family}, {endpoint.path}, and cannot be used here."
        raise BadRequest(sentence, param="/model")
    return choice


def _refuse_unknown(catalogue: Catalogue, name: str, endpoint_name: str) -> NoReturn:
    here = [known for known, choice in catalogue.choices.items() if choice.entry.endpoint_name == endpoint_name]
    near = get_close_matches(name[:64], here, 1, 0.7)
    hint = f" Did you mean '{near[0]}'?" if near else " GET /api/v1/models lists them."
    raise BadRequest(f"There is no model '{shown(name)}'.{hint}", param="/model")


def _refuse_not_yet(body: Body) -> None:
    for name, sentence in NOT_YET.items():
        if name in body:
            raise BadRequest(sentence, param=f"/{name}")


def _hash(request: bytes, parsed: Parsed) -> bytes:
    common = (parsed.callback_url, parsed.metadata, parsed.deadline_s, parsed.result_ttl_s, parsed.max_credits)
    return hashlib.sha256(request + b"\n" + _encode(common)).digest()
