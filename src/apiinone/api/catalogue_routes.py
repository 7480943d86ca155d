"""Routes of the catalogue; no key is needed."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from apiinone.api.answer import Answer, success
from apiinone.api.call import Call
from apiinone.api.house import House
from apiinone.api.model_forms import Availability, ModelSummary
from apiinone.api.queries import read_query
from apiinone.core.errors import NotFound

NAME_CHARACTERS_MAX = 64


class ModelsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which models."""

    endpoint: Annotated[str, Meta(max_length=32, description="Of this endpoint, such as `images`.")] | UnsetType = UNSET
    output: Annotated[str, Meta(max_length=32, description="With this output, such as `image`.")] | UnsetType = UNSET
    availability: Availability | UnsetType = UNSET


async def list_models(house: House, call: Call) -> Answer:
    """All models that keep the filters, in catalogue order."""
    query = read_query(call.query_string, ModelsQuery)
    return success([model for model in house.pages.summaries() if _wanted(model, query)])


async def show_model(house: House, call: Call) -> Answer:
    """All that is known of a model, with its panel."""
    found = house.pages.page(call.ids["model"])
    if found is None:
        raise NotFound("There is no such model.", param="model")
    return Answer(200, b'{"code":200,"message":"success","data":%b}' % found)


async def show_schema(house: House, call: Call) -> Answer:
    """The JSON Schema (2020-12) of the model's request bodies, without envelope."""
    found = house.pages.schema(call.ids["model"])
    if found is None:
        raise NotFound("There is no such model.", param="model")
    return Answer(200, found, content_type=b"application/schema+json")


def _wanted(model: ModelSummary, query: ModelsQuery) -> bool:
    return (
        query.endpoint in (UNSET, model.endpoint)
        and query.output in (UNSET, model.output)
        and query.availability in (UNSET, model.availability)
    )
