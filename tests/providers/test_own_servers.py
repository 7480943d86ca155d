"""Servers of the operator's own: the OpenAI form, and ComfyUI. Described, read, connected and offered."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.catalog.check import check
from apiinone.catalog.conditions import offers_for
from apiinone.connect import connect_vendors, own_hosts
from apiinone.core.clock import SystemClock
from apiinone.core.exchange import File, Part, Response
from apiinone.outbound import Outbound
from apiinone.providers.comfyui import ComfyUI
from apiinone.providers.openai_compatible import OpenAICompatible
from apiinone.providers.provider import (
    Accepted,
    Canceled,
    Finished,
    Inline,
    Linked,
    Order,
    PollReply,
    Rejected,
    Running,
    SubmitReply,
    Unclear,
)
from apiinone.providers.registry import REMOTES, remote_providers
from apiinone.settings import Settings, SettingsError, read_settings
from apiinone.simulators import serving
from apiinone.simulators.options import Options
from apiinone.tasks.vendor_exchange import Vendor, opened, poll, submit
from catalog.catalogue_for_tests import BODIES, chosen, overlaid
from providers.own_offers import OWN_OFFERS, WORKFLOW

OWN = ("comfyui", "openai-compatible")
SERVER = OpenAICompatible("http://gpu.lan:8080/v1")
COMFY = ComfyUI("http://gpu.lan:8188")
PNG = File(b"\x89PNG", "image/png")


def answered(body: object, status: int = 200) -> Response:
    return Response(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


FAILED, STOPPED = [("execution_error", 1)], [("execution_interrupted", 1)]


class TestOpenAIForm:
    """A server that speaks the OpenAI form."""

    def test_base64_is_asked_for_unless_the_offer_says_otherwise(self) -> None:
        request = SERVER.submit(Order("a", "local", {"prompt": "x", "steps": 4}, 2))
        assert (request.url, request.auth) == ("http://gpu.lan:8080/v1/images/generations", "bearer_if_any")
        assert request.json == {"response_format": "b64_json", "prompt": "x", "steps": 4, "model": "local", "n": 2}
        linked = SERVER.submit(Order("a", "local", {"response_format": "url"}, 1))
        assert linked.json == {"response_format": "url", "model": "local", "n": 1}

    def test_pictures_to_edit_travel_as_a_form(self) -> None:
        request = SERVER.submit(Order("a", "local", {"prompt": "x", "hd": True}, 1, None, {"image": (PNG,)}))
        assert (request.url, request.json) == ("http://gpu.lan:8080/v1/images/edits", None)
        assert Part("hd", "true") in request.form
        assert request.form[-1] == Part("image", PNG, "image-1.png")

    def test_only_a_link_on_the_server_itself_is_opened_with_its_key(self) -> None:
        own, other = "http://gpu.lan:8080/a.png", "http://gpu.lan:9/a.png"
        reply = SERVER.read_submit(answered({"data": [{"url": own}, {"url": other}, {"b64_json": "AA=="}]}))
        assert reply == Finished(
            (Linked(own, authorized=True, auth="bearer_if_any"), Linked(other), Inline(b"\0")),
        )

    @pytest.mark.parametrize("body", [b"", b"{}", b'{"data": []}', b'{"data": [{"url": "/a.png"}]}', b'{"data": [{}]}'])
    def test_a_malformed_success_is_unclear(self, body: object) -> None:
        assert isinstance(SERVER.read_submit(answered(body)), Unclear)

    @pytest.mark.parametrize(
        ("status", "body", "fault"),
        [
            (401, b"Unauthorized", "bad_credential"),
            (404, {"error": {"message": "model not found"}}, "provider_error"),
            (422, {"detail": "prompt is required"}, "bad_request"),
            (429, b"", "throttled"),
            (500, {"error": {"message": "out of memory"}}, "provider_error"),
            (503, b"at capacity", "throttled"),
        ],
    )
    def test_every_refusal_is_a_fault(self, status: int, body: object, fault: str) -> None:
        reply = SERVER.read_submit(answered(body, status))
        assert isinstance(reply, Rejected)
        assert reply.fault == fault

    @pytest.mark.parametrize("status", [502, 504])
    def test_a_proxy_that_gave_up_waiting_is_unclear(self, status: int) -> None:
        assert isinstance(SERVER.read_submit(answered(b"", status)), Unclear)


class TestComfyUI:
    """ComfyUI."""

    def order(self, **fields: object) -> Order:
        return Order("attempt", "any", {"workflow": json.dumps(WORKFLOW), "size": "640x480", **fields}, 1)

    def test_the_graph_is_filled_in_and_otherwise_as_the_operator_wrote_it(self) -> None:
        request = COMFY.submit(self.order(prompt="a fox", seed=7))
        assert (request.url, request.auth) == ("http://gpu.lan:8188/prompt", "bearer_if_any")
        expected = json.loads(json.dumps(WORKFLOW))
        expected["5"]["inputs"] |= {"width": 640, "height": 480}
        expected["6"]["inputs"]["text"] = "a fox"
        expected["3"]["inputs"]["seed"] = 7
        assert request.json == {"prompt": expected, "client_id": "attempt"}

    @pytest.mark.parametrize("prompt", ['"}, "evil": {"', "{{seed}}", '{{"', "\\"])
    def test_a_prompt_stays_a_text_whatever_stands_in_it(self, prompt: str) -> None:
        graph = json.loads(json.dumps(COMFY.submit(self.order(prompt=prompt)).json))["prompt"]
        assert graph["6"]["inputs"]["text"] == prompt
        assert graph.keys() == WORKFLOW.keys()

    def test_each_attempt_has_a_seed_of_its_own_that_stays(self) -> None:
        def seed(attempt: str) -> int:
            order = Order(attempt, "any", {"workflow": json.dumps(WORKFLOW), "prompt": "x"}, 1)
            return json.loads(json.dumps(COMFY.submit(order).json))["prompt"]["3"]["inputs"]["seed"]

        assert seed("one") == seed("one") != seed("two")
        assert 0 <= seed("one") < 2**32

    def test_a_file_stands_in_the_graph_as_base64(self) -> None:
        graph = {"1": {"class_type": "LoadImageBase64", "inputs": {"image": "{{picture}}"}}}
        order = Order("a", "any", {"workflow": json.dumps(graph)}, 1, None, {"picture": (PNG,)})
        assert json.dumps(COMFY.submit(order).json).count("iVBORw==") == 1

    @pytest.mark.parametrize("workflow", ["", "no json", "[]", "7"])
    def test_what_is_no_graph_is_sent_empty(self, workflow: str) -> None:
        assert COMFY.submit(self.order(workflow=workflow)).json == {"prompt": {}, "client_id": "attempt"}

    def test_a_queued_graph_is_asked_about_by_its_id(self) -> None:
        reply = COMFY.read_submit(answered({"prompt_id": "a-1", "number": 3, "node_errors": {}}))
        assert isinstance(reply, Accepted)
        assert COMFY.poll(reply.reference).url == "http://gpu.lan:8188/history/a-1"
        cancel = COMFY.cancel(reply.reference)
        assert cancel is not None
        assert (cancel.url, cancel.json) == ("http://gpu.lan:8188/queue", {"delete": ["a-1"]})

    @pytest.mark.parametrize("body", [b"", b"{}", {"prompt_id": "../x"}, {"prompt_id": 7}])
    def test_an_answer_without_an_id_is_unclear(self, body: object) -> None:
        assert isinstance(COMFY.read_submit(answered(body)), Unclear)

    @pytest.mark.parametrize(
        ("status", "fault"),
        [(400, "provider_error"), (401, "bad_credential"), (500, "provider_error"), (429, "throttled")],
    )
    def test_a_graph_that_is_refused_is_not_the_clients_fault(self, status: int, fault: str) -> None:
        body = {"error": {"type": "prompt_outputs_failed_validation", "message": "invalid value"}, "node_errors": {}}
        reply = COMFY.read_submit(answered(body, status))
        assert isinstance(reply, Rejected)
        assert reply.fault == fault

    def done(self, outputs: object, *, status: str = "success", messages: object = ()) -> Response:
        told = {"status_str": status, "completed": status == "success", "messages": messages}
        return answered({"a-1": {"outputs": outputs, "status": told}})

    def test_files_are_viewed_on_the_server_itself_and_previews_are_left_out(self) -> None:
        made = {"filename": "a b&c.png", "subfolder": "x/y", "type": "output"}
        preview = {"filename": "p.png", "subfolder": "", "type": "temp"}
        film = {"filename": "f.mp4", "type": "output"}
        reply = COMFY.read_poll(
            self.done({"8": {"images": [preview]}, "9": {"images": [made], "text": ["x"]}, "10": {"gifs": [film]}})
        )
        view = "http://gpu.lan:8188/view?filename="
        assert reply == Finished(
            (
                Linked(f"{view}a+b%26c.png&subfolder=x%2Fy&type=output", authorized=True, auth="bearer_if_any"),
                Linked(f"{view}f.mp4&subfolder=&type=output", authorized=True, auth="bearer_if_any"),
            )
        )

    def test_an_empty_history_and_one_that_goes_on_are_still_running(self) -> None:
        for body in ({}, {"a-1": {"outputs": {}, "status": {"status_str": "odd", "completed": False}}}):
            assert isinstance(COMFY.read_poll(answered(body)), Running)

    def test_ends_without_files(self) -> None:
        for response in (self.done({}, status="error", messages=FAILED), self.done({})):
            reply = COMFY.read_poll(response)
            assert isinstance(reply, Rejected)
            assert reply.fault == "provider_error"
        assert COMFY.read_poll(self.done({}, status="error", messages=STOPPED)) == Canceled()

    @pytest.mark.parametrize("response", [answered(b""), answered([]), answered({"a": 7}), answered({}, 404)])
    def test_a_question_that_fails_changes_nothing(self, response: Response) -> None:
        assert isinstance(COMFY.read_poll(response), Unclear)


@settings(deadline=None)
@given(st.integers(100, 599), st.binary())
def test_any_answer_is_read(status: int, body: bytes) -> None:
    SERVER.read_submit(Response(status, {}, body))
    COMFY.read_submit(Response(status, {}, body))
    COMFY.read_poll(Response(status, {}, body))


def test_a_server_of_ones_own_is_there_once_its_address_is_set() -> None:
    assert not remote_providers({}).keys() & {*OWN}
    assert remote_providers({"comfyui": "http://gpu.lan:8188"}).keys() == REMOTES.keys() - {"openai-compatible"}


def test_it_is_connected_without_a_credential_and_no_vendor_is() -> None:
    chosen_settings = Settings(
        provider_base_urls={"comfyui": "http://gpu.lan:8188", "openai-compatible": "http://10.0.0.7/v1"}
    )
    found = connect_vendors(chosen_settings, {}, SystemClock()).keyring
    secrets = {one.provider: one.secret for one in found.everything()}
    assert secrets == {"comfyui": None, "openai-compatible": None}
    with_key = connect_vendors(chosen_settings, {"OPENAI_COMPATIBLE_API_KEY": "k"}, SystemClock()).keyring
    (secret,) = [one.secret for one in with_key.good("openai-compatible", None, None)]
    assert secret is not None
    assert secret.reveal() == "k"


def test_its_address_comes_from_the_environment() -> None:
    found = read_settings({"APIINONE_OPENAI_COMPATIBLE_BASE_URL": "http://gpu.lan:8080/v1"})
    assert connect_vendors(found, {}, SystemClock()).keyring.providers() == {"openai-compatible"}
    with pytest.raises(SettingsError, match="base URL"):
        connect_vendors(Settings(provider_base_urls={"comfyui": "gpu.lan:8188"}), {}, SystemClock())


def test_only_the_hosts_that_base_urls_name_may_be_private_or_http() -> None:
    urls = {"comfyui": "http://gpu.lan:8188", "openai-compatible": "http://10.0.0.7/v1"}
    assert own_hosts(Settings(provider_base_urls=urls)) == {"gpu.lan:8188", "10.0.0.7:80"}
    assert own_hosts(Settings()) == frozenset()


@asynccontextmanager
async def connected(name: str, *, named: bool = True) -> AsyncGenerator[tuple[Vendor, Outbound]]:
    """The server without a key, as the product reaches it; `named`: as the address that the operator set."""
    async with serving(name, Options(key="", seconds=0.01, fast=True)) as root:
        url = f"{root}{urlsplit(REMOTES[name][1]).path}"
        found = Settings(provider_base_urls={name: url})
        vendors = connect_vendors(found, {}, SystemClock()).vendors
        permitted = own_hosts(found) if named else frozenset[str]()
        outbound = Outbound(allowed_private=permitted, connections_max=2, user_agent="apiinone-tests/1")
        try:
            yield vendors[name], outbound
        finally:
            await outbound.aclose()


ORDERS = {
    "comfyui": Order("a", "any", {"workflow": json.dumps(WORKFLOW), "prompt": "x", "size": "64x64"}, 1),
    "openai-compatible": Order("a", "local", {"prompt": "x", "size": "64x64", "response_format": "url"}, 1),
}


@pytest.mark.parametrize("name", OWN)
async def test_a_server_that_asks_for_no_key_draws_and_gives_its_files(name: str) -> None:
    async with connected(name) as (vendor, outbound):
        reply = await ended(outbound, vendor, await submit(outbound, vendor.remote, None, ORDERS[name]))
        assert isinstance(reply, Finished)
        (output,) = (await opened(outbound, vendor.remote, None, reply)).outputs
    assert isinstance(output, Inline)
    assert output.data.startswith(b"\x89PNG")


async def ended(outbound: Outbound, vendor: Vendor, reply: SubmitReply) -> SubmitReply | PollReply:
    """Ask until it is done."""
    if not isinstance(reply, Accepted):
        return reply
    for _ in range(500):
        state, _ = await poll(outbound, vendor.remote, None, reply.reference)
        if not isinstance(state, Running):
            return state
        await asyncio.sleep(0.01)
    raise AssertionError("no end")


@pytest.mark.parametrize("name", OWN)
async def test_a_private_address_that_the_operator_did_not_name_is_not_asked(name: str) -> None:
    async with connected(name, named=False) as (vendor, outbound):
        reply = await submit(outbound, vendor.remote, None, ORDERS[name])
    assert isinstance(reply, Rejected)
    assert reply.fault == "provider_error"


def test_an_operators_offer_in_the_overlay_comes_before_those_of_the_product(tmp_path: Path) -> None:
    catalogue = overlaid(tmp_path, {"offers/own.yaml": OWN_OFFERS})
    assert check(catalogue) == []
    choice = chosen("flux-2", catalogue)

    def providers(**fields: object) -> list[str]:
        read = BODIES.parse(choice, {"model": "flux-2", "prompt": "a fox", **fields}).fields
        return [offer.provider for offer in offers_for(choice.sub_model, read)]

    assert providers(aspect_ratio="16:9")[0] == "openai-compatible"
    assert "openai-compatible" not in providers(aspect_ratio="4:3")
    assert "openai-compatible" not in providers(type="flex")
