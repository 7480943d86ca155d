"""What holds for every adapter of the registry, whoever adds one: at its vendor's own address, by https, and pure."""

import inspect
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.catalog.fields import file_fields, upstream_fields
from apiinone.core.exchange import Request, Response
from apiinone.providers.chat import ChatOrder, Whole
from apiinone.providers.provider import (
    Accepted,
    Canceled,
    Candidates,
    Finished,
    LostOrder,
    Order,
    Origin,
    Reference,
    Rejected,
    Remote,
    Running,
    Unclear,
)
from apiinone.providers.registry import LYRICS, REMOTES, chat_remotes, remote_providers
from apiinone.providers.transports import Polled
from catalog.catalogue_for_tests import CATALOGUE, parsed
from providers.case import CASES
from providers.catalogue_orders import PNG
from scenarios.offer_bodies import Served, body_for, served

OWN = {"comfyui": "https://own.example", "openai-compatible": "https://own.example"}
ADAPTERS = remote_providers(OWN)
EVIL = "https://evil.example/jobs/1"
SONG = f"n35{'0' * 26}_suno"
LOST = LostOrder("model", {"prompt": "a hill"}, 1_700_000_000)
ANSWERS = st.builds(
    Response,
    st.sampled_from([200, 201, 202, 204, 301, 400, 401, 402, 403, 404, 409, 422, 429, 451, 500, 502, 503, 504, 599]),
    st.dictionaries(st.sampled_from(["content-type", "retry-after", "location"]), st.text(max_size=20), max_size=3),
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["id", "data", "status", "code", "error", "output", "url", "result", "task_id", "state"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    ).map(msgspec.json.encode),
    st.sampled_from(["", EVIL]),
)


def order_of(one: Served) -> Order:
    """The order of an offer, as the product makes it."""
    fields = parsed(one.sub_model.id, **body_for(one, song=SONG)).fields if not one.offer.operation else {}
    files = dict.fromkeys(file_fields(one.offer, fields).values(), (PNG,))
    origin = Origin("job-1", ("take-1", "take-2")) if one.offer.works_on else None
    return Order(
        "attempt-1",
        one.offer.upstream_model,
        upstream_fields(one.offer, fields),
        1,
        None,
        files,
        one.offer.operation,
        origin,
    )


OFFERS = [one for one in served(CATALOGUE) if not one.offer.operation]


def assert_at_home(request: Request, remote: Remote) -> None:
    """To the vendor's own host, by https."""
    parts = urlsplit(request.url)
    assert (parts.scheme, parts.netloc in remote.hosts) == ("https", True), request.url
    assert "@" not in parts.netloc


@pytest.mark.parametrize("one", OFFERS, ids=str)
def test_an_order_is_always_the_same_request_to_the_vendors_own_host_by_https(one: Served) -> None:
    remote = ADAPTERS[one.offer.provider]
    request = remote.submit(order_of(one))
    assert request == remote.submit(order_of(one))
    assert msgspec.json.encode(request.json) == msgspec.json.encode(remote.submit(order_of(one)).json)
    assert_at_home(request, remote)


@pytest.mark.parametrize("name", REMOTES)
def test_a_question_goes_to_the_vendors_own_host_whatever_id_it_is_about(name: str) -> None:
    remote = ADAPTERS[name]
    for upstream_id in ("job-1", "a/../../b", "?x=@evil.example/", "#", "é"):
        assert_at_home(remote.poll(Reference(upstream_id)), remote)
        if (cancel := remote.cancel(Reference(upstream_id))) is not None:
            assert_at_home(cancel, remote)
    if (find := remote.find(LOST)) is not None:
        assert_at_home(find, remote)


@pytest.mark.parametrize("name", [name for name, remote in ADAPTERS.items() if isinstance(remote, Polled)])
def test_an_address_that_a_vendor_gives_gets_the_key_on_its_own_hosts_alone(name: str) -> None:
    remote = ADAPTERS[name]
    assert isinstance(remote, Polled)
    home = remote.hosts[0]
    assert remote.given(f"https://{home}/jobs/1") == f"https://{home}/jobs/1"
    for url in (
        EVIL,
        f"http://{home}/jobs/1",
        f"https://{home}.evil.example/",
        f"https://evil.example/?{home}",
        f"https://user@{home}/",
        f"https://evil{'.'.join(home.split('.')[-2:])}/",
        f"https://{home}:444/",
        "",
        None,
    ):
        assert remote.given(url) is None, url


@pytest.mark.parametrize("name", REMOTES)
@settings(deadline=None, max_examples=60)
@given(answer=ANSWERS)
def test_no_answer_makes_an_exception_and_none_is_taken_for_an_acceptance_elsewhere(
    name: str, answer: Response
) -> None:
    remote = ADAPTERS[name]
    reply = remote.read_submit(answer)
    assert isinstance(reply, Accepted | Finished | Rejected | Unclear)
    if isinstance(reply, Accepted) and reply.reference.poll_url is not None:
        assert_at_home(remote.poll(reply.reference), remote)
    assert isinstance(remote.read_poll(answer), Running | Finished | Rejected | Canceled | Unclear)
    assert isinstance(remote.read_find(answer, LOST), Candidates | Unclear)
    assert remote.read_webhook(answer.headers, answer.body, "whsec_c2VjcmV0", 1_700_000_000) is None


@settings(deadline=None, max_examples=100)
@given(answer=ANSWERS)
def test_nor_does_any_answer_to_a_chat_or_to_a_question_for_lyrics(answer: Response) -> None:
    for remote in chat_remotes(OWN).values():
        assert isinstance(remote.read(answer), Whole | Rejected | Unclear)
        tuple(remote.reader().feed(answer.body))
    for make in LYRICS.values():
        assert not isinstance(make("https://own.example").read(answer), BaseException)


def test_a_chat_goes_to_the_vendors_own_host_by_https_and_is_always_the_same() -> None:
    fields = {"messages": [{"role": "user", "content": "hi"}]}
    for remote in chat_remotes(OWN).values():
        order = ChatOrder("attempt-1", "model-1", fields, 100, streams=True)
        request = remote.ask(order)
        assert request == remote.ask(order)
        parts = urlsplit(request.url)
        assert (parts.scheme, parts.netloc) == ("https", remote.hosts[0])


@pytest.mark.parametrize("name", REMOTES)
def test_an_adapter_is_pure_it_holds_no_secret_and_asks_for_none(name: str) -> None:
    remote = ADAPTERS[name]
    assert not any("secret" in str(held).lower() for held in vars(remote).values() if not isinstance(held, str))
    for method in (remote.submit, remote.poll, remote.cancel, remote.find):
        assert not inspect.iscoroutinefunction(method)
        assert not {"secret", "key", "token"} & set(inspect.signature(method).parameters)
    assert CASES[name].name == name
