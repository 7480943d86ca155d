"""The document is made from what runs: it has every route, every status, and the catalogue's own schemas."""

import re
from typing import Any

import msgspec
from jsonschema_rs import Draft202012Validator

from api.create_bodies import bodies_for
from api.served_api import Api
from apiinone.api.openapi import document
from apiinone.api.openapi_refusals import refusals_of
from apiinone.api.route import ByKey
from apiinone.api.routes import ROUTES
from apiinone.catalog.endpoints import PAID_ROUTES
from catalog.catalogue_for_tests import CATALOGUE

DOCUMENT: Any = msgspec.json.decode(document(ROUTES, CATALOGUE))


def test_every_route_is_in_the_document_and_nothing_else() -> None:
    described = {(path, method.upper()) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert described == {(route.path, route.method) for route in ROUTES}


def test_every_operation_names_its_ids_its_statuses_and_its_key() -> None:
    for route in ROUTES:
        operation = DOCUMENT["paths"][route.path][route.method.lower()]
        in_path = [found["name"] for found in operation["parameters"] if found["in"] == "path"]
        assert in_path == [path_id.name for path_id in route.ids]
        assert {int(status) for status in operation["responses"]} > set(refusals_of(route))
        assert ({"key": []} in operation["security"]) == isinstance(route.authority, ByKey)


def test_every_reference_leads_somewhere() -> None:
    names = set(DOCUMENT["components"]["schemas"])
    found = set(re.findall(r'"\$ref":"#/components/schemas/([^"]+)"', document(ROUTES, CATALOGUE).decode()))
    assert found <= names
    assert {"Task", "NewTask", "Receipt", "Error", "Model"} <= names


def test_a_creations_body_is_exactly_one_models() -> None:
    for name in ("images-creation", "quote"):
        schemas = DOCUMENT["components"]["schemas"]
        validator = Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": _local(schemas)})
        for entry in CATALOGUE.on("images"):
            assert validator.is_valid(entry.example), entry.id
            assert not validator.is_valid({**entry.example, "unheard_of": 1})
            assert validator.is_valid({**entry.example, "callback_url": "https://example.com/"})
        assert validator.is_valid({"prompt": "without a model it is recraft-v4"})
        assert validator.is_valid({"model": "kling-3", "prompt": "x"}) == (name == "quote")
        priced = {"prompt": "x", "quote_id": "a"}
        assert validator.is_valid(priced) == (name == "images-creation")


def test_each_create_route_has_a_body_that_is_exactly_one_of_its_models_and_a_quote_takes_them_all() -> None:
    schemas = _local(DOCUMENT["components"]["schemas"])
    quote = Draft202012Validator({"$ref": "#/$defs/quote", "$defs": schemas})
    for made_by in PAID_ROUTES:
        operation = DOCUMENT["paths"][made_by.path]["post"]
        assert operation["operationId"] == made_by.name
        (reference,) = operation["requestBody"]["content"]["application/json"]["schema"].values()
        validator = Draft202012Validator({"$ref": reference.replace("components/schemas", "$defs"), "$defs": schemas})
        for body in bodies_for(made_by, CATALOGUE, song="n35abc_suno"):
            assert validator.is_valid(body), (made_by.path, body)
            assert not validator.is_valid({**body, "unheard_of": 1})
            assert quote.is_valid({**body, "route": made_by.path}), (made_by.path, body)
            assert quote.is_valid(body) == (not made_by.operation)
            assert not quote.is_valid({**body, "route": "/api/v1/tasks"})


def _local(schemas: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(schemas).replace(b"#/components/schemas/", b"#/$defs/"))


async def test_the_running_server_serves_it(small_api: Api) -> None:
    served = await small_api.get("/openapi.json")
    assert served.json == DOCUMENT
    assert served.json["openapi"] == "3.1.0"
