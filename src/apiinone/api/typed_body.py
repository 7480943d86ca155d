"""A JSON body of one type: what does not fit is refused by the field's name."""

from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from apiinone.api.call import Call
from apiinone.api.json_body import read_object
from apiinone.catalog.clean import refuse_unclean
from apiinone.core.errors import BadRequest

BODY_BYTES_MAX: Final = 64 * 1024
Body = TypeVar("Body", bound=Struct)


async def read_typed(call: Call, kind: type[Body]) -> Body:
    """The body. Raises BadRequest, UnsupportedMediaType, PayloadTooLarge."""
    body = await read_object(call, BODY_BYTES_MAX)
    refuse_unclean(body)
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        sentence, _, place = str(error).partition(" - at `$.")
        raise BadRequest(f"{sentence}.", param=f"/{place.rstrip('`')}" if place else "") from None
