"""The routes of an account's own keys for providers."""

from typing import Final

from apiinone.api.provider_keys import (
    DeletedProviderKey,
    ProviderKeyBody,
    ProviderKeyPage,
    delete_provider_key,
    list_provider_keys,
    store_provider_key,
)
from apiinone.api.queries import NoQuery
from apiinone.api.route import ByKey, Json, NoBody, PathId, Route, Several, TypedBody
from apiinone.core.errors import Conflict, NotFound

PROVIDER_KEY_ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/provider-keys",
        name="list_provider_keys",
        about="The account's own keys for providers, without the keys themselves.",
        authority=ByKey("tasks.read", list_provider_keys),
        ids=(),
        query=NoQuery,
        headers=(),
        body=NoBody(),
        answers=Several(ProviderKeyPage),
        refusals=(),
    ),
    Route(
        method="POST",
        path="/api/v1/provider-keys",
        name="store_provider_key",
        about="Store an own key for a provider: live tasks are made with it first, for a fee.",
        authority=ByKey("tasks.write", store_provider_key),
        ids=(),
        query=NoQuery,
        headers=(),
        body=TypedBody(ProviderKeyBody),
        answers=Json((ProviderKeyPage,)),
        refusals=(Conflict, NotFound),
    ),
    Route(
        method="DELETE",
        path="/api/v1/provider-keys/{provider_key_id}",
        name="delete_provider_key",
        about="Destroy an own key for a provider; what is under way with it can be asked about no more.",
        authority=ByKey("tasks.write", delete_provider_key),
        ids=(PathId("provider_key_id", "own_provider_key"),),
        query=NoQuery,
        headers=(),
        body=NoBody(),
        answers=Json((DeletedProviderKey,)),
        refusals=(),
    ),
)
