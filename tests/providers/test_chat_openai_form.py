"""Chat in OpenAI's form: what each vendor is asked, what its answers and errors mean, and streams cut anywhere."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.catalog.conditions import offers_for
from apiinone.catalog.fields import upstream_fields
from apiinone.core.exchange import Response
from apiinone.providers.chat import Called, ChatEvent, ChatOrder, Ended, Said, Thought, Used, Whole
from apiinone.providers.chat_openai_form import CHAT_FORMS, GOOGLE, KIE, OPENAI, OPENAI_COMPATIBLE, OpenAiChat
from apiinone.providers.event_lines import EVENT_BYTES_MAX
from apiinone.providers.provider import Rejected, Unclear
from apiinone.providers.registry import CHATS, chat_remotes
from catalog.catalogue_for_tests import chosen, parsed

ADAPTER = OpenAiChat(OPENAI)
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
LOCAL = "http://127.0.0.1:8000/v1"


def order(provider: str, *, streams: bool = False, **fields: object) -> ChatOrder:
    """A catalogue request for gemini, written for this provider's offer."""
    read = parsed("gemini", **{"messages": [{"role": "user", "content": "hello"}], **fields}).fields
    offer = next(offer for offer in offers_for(chosen("gemini").sub_model, read) if offer.provider == provider)
    return ChatOrder("a1", offer.upstream_model, upstream_fields(offer, read), 4096, streams, provider)


def plain(*, streams: bool) -> ChatOrder:
    fields = {"messages": [{"role": "user", "content": "hello"}], "tools": [TOOL], "response_format": {"type": "text"}}
    return ChatOrder("a1", "some-model", fields, 77, streams, "openai")


def answer(body: object, status: int = 200, **headers: str) -> Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, data)


def chunk(delta: Mapping[str, object], reason: str | None = None, **more: object) -> bytes:
    body = {
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        **more,
    }
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def heard(*pieces: bytes, end: bool = True) -> list[Any]:
    reader = ADAPTER.reader()
    found: list[Any] = [event for piece in pieces for event in reader.feed(piece)]
    return [*found, *reader.finish()] if end else found


USAGE = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
TOLD = b"data: " + json.dumps({"choices": [], "usage": USAGE}).encode() + b"\n\n"
DONE = b"data: [DONE]\n\n"


def test_google_is_asked_on_its_openai_route_with_the_limit_and_its_thinking_config() -> None:
    request = chat_remotes({})["google"].ask(order("google", tools=[TOOL], tool_choice="auto", max_tokens=9))
    assert request.url == "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions"
    assert request.auth == "bearer"
    assert request.json == {
        "model": "gemini-3.8-flash",
        "messages": [{"role": "user", "content": "hello"}],
        "stream": False,
        "max_tokens": 4096,
        "temperature": 0.7,
        "reasoning_effort": "high",
        "tools": [TOOL],
        "tool_choice": "auto",
        "extra_body": {"google": {"thinking_config": {"include_thoughts": True}}},
    }


def test_kie_is_asked_with_the_model_in_the_path_and_never_for_a_response_format() -> None:
    request = chat_remotes({})["kie"].ask(order("kie", stream=True, include_thoughts=False))
    assert request.url == "https://api.kie.ai/gemini-3-8-flash-openai/v1/chat/completions"
    assert request.headers["User-Agent"].startswith("Mozilla/")
    body = request.json
    assert isinstance(body, dict)
    assert "model" not in body
    assert (body["stream"], body["include_thoughts"], body["reasoning_effort"]) == (False, False, "high")
    read = parsed("gemini", messages=[{"role": "user", "content": "x"}], response_format={"type": "json_object"}).fields
    assert {offer.provider for offer in offers_for(chosen("gemini").sub_model, read)} == {"google"}


@pytest.mark.parametrize("streams", [False, True])
def test_openai_gets_its_own_name_of_the_limit_and_everything_else_as_it_is(*, streams: bool) -> None:
    body = cast("dict[str, object]", ADAPTER.ask(plain(streams=streams)).json)
    assert (body.pop("max_completion_tokens"), body.pop("stream")) == (77, streams)
    assert body.pop("stream_options", None) == ({"include_usage": True} if streams else None)
    assert body == {**plain(streams=streams).fields, "model": "some-model"}


def test_a_server_of_ones_own_is_known_once_its_address_is_set_and_needs_no_key() -> None:
    assert "openai-compatible" not in chat_remotes({})
    found = chat_remotes({"openai-compatible": LOCAL})["openai-compatible"]
    assert found.ask(plain(streams=False)).url == f"{LOCAL}/chat/completions"
    assert (found.hosts, found.credential_needed) == (("127.0.0.1:8000",), False)


def test_an_operators_address_moves_chat_with_the_rest_or_alone() -> None:
    root = "http://127.0.0.1:9"
    moved = chat_remotes({"google": f"{root}/v1beta", "kie": f"{root}/api/v1", "openai": f"{root}/v1"})
    urls = {name: remote.ask(plain(streams=False)).url for name, remote in moved.items()}
    assert urls == {
        "google": f"{root}/v1beta/openai/chat/completions",
        "kie": f"{root}/some-model/v1/chat/completions",
        "openai": f"{root}/v1/chat/completions",
    }
    alone = chat_remotes({"google": f"{root}/v1beta", "google-chat": "http://127.0.0.1:8/x"})["google"]
    assert alone.ask(plain(streams=False)).url == "http://127.0.0.1:8/x/openai/chat/completions"
    with pytest.raises(ValueError, match="base URL"):
        chat_remotes({"openai": "nowhere"})


def test_every_vendor_that_chats_keeps_the_key_to_its_own_host_and_https() -> None:
    assert set(CHATS) == {form.name for form in CHAT_FORMS}
    for form in (OPENAI, GOOGLE, KIE):
        request = OpenAiChat(form).ask(plain(streams=True))
        assert request.url.startswith(f"https://{OpenAiChat(form).hosts[0]}/")
        assert request == OpenAiChat(form).ask(plain(streams=True))
    assert OPENAI_COMPATIBLE.base_url == ""


def test_what_only_answers_have_is_not_sent_back() -> None:
    said = {
        "role": "assistant",
        "content": None,
        "reasoning_content": "hm",
        "refusal": None,
        "tool_calls": [{"id": "c"}],
    }
    sent = ADAPTER.ask(ChatOrder("a", "m", {"messages": [said]}, 1, streams=False)).json
    assert isinstance(sent, dict)
    assert sent["messages"] == [{"role": "assistant", "content": None, "tool_calls": [{"id": "c"}]}]


def test_a_whole_answer_is_read_with_reasoning_calls_and_count() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    message = {"content": "hi", "reasoning_content": "hm", "tool_calls": [call]}
    usage = {**USAGE, "completion_tokens_details": {"reasoning_tokens": 2}}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}], "usage": usage}
    assert ADAPTER.read(answer(body)) == Whole(
        (Thought("hm"), Said("hi"), Called("c1", "f", "{}"), Ended("tool_calls"), Used(3, 5, 2))
    )


def test_googles_reasoning_stands_inside_the_content_and_its_tokens_in_the_total_alone() -> None:
    extra = {"google": {"thought": True}}
    message = {"content": "<thought>hm</thought>hi", "extra_content": extra}
    usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 120}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}
    assert ADAPTER.read(answer(body)) == Whole((Thought("hm"), Said("hi"), Ended("stop"), Used(7, 113, 108)))
    stream = (
        chunk({"role": "assistant", "content": "<thought>h", "extra_content": extra})
        + chunk({"content": "m", "extra_content": extra})
        + chunk({"content": "</thought>hi", "extra_content": None})
        + chunk({"content": " </thought>"}, "stop", usage=usage)
        + DONE
    )
    assert heard(stream) == [
        Thought("h"),
        Thought("m"),
        Said("hi"),
        Said(" </thought>"),
        Ended("stop"),
        Used(7, 113, 108),
    ]


def test_a_signature_that_a_follow_up_needs_is_carried_with_the_call() -> None:
    signed = {"google": {"thought_signature": "s"}}
    first = {"index": 1, "id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a'}}
    parts = chunk({"tool_calls": [{**first, "extra_content": signed}]}) + chunk(
        {"tool_calls": [{"index": 1, "function": {"arguments": '":1}'}}]}
    )
    opening, rest = heard(parts, end=False)
    assert (opening.call_id, opening.name, opening.arguments, opening.index) == ("c", "f", '{"a', 1)
    assert json.loads(opening.extra) == signed
    assert rest == Called("", "", '":1}', 1)


STREAM = (
    b": a comment\r\n\r\nevent: x\r\n"
    + chunk({"role": "assistant", "content": ""})
    + chunk({"content": "grüß ", "reasoning_content": "hm"}, usage={"prompt_tokens": 3, "completion_tokens": 1})
    + chunk({"content": "dich\r\n\n"}).replace(b"\n\n", b"\r\n\r\n")
    + chunk({"content": "🙂"}).replace(b"\n\n", b"\r\r")
    + b'data: {"choices": [{"index": 0,\r\ndata: "delta": {"content": "two lines"}}]}\r\n\r\n'
    + chunk({}, "length")
    + TOLD
    + DONE
    + b"data: after the end\n\n"
)
SAID = [
    Thought("hm"),
    Said("grüß "),
    Said("dich\r\n\n"),
    Said("🙂"),
    Said("two lines"),
    Ended("length"),
    Used(3, 5, 0),
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=40))
def test_a_stream_says_the_same_wherever_its_bytes_are_cut(cuts: Sequence[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    assert heard(*(STREAM[a:b] for a, b in pairwise(edges))) == SAID


def test_a_stream_says_the_same_byte_by_byte() -> None:
    assert heard(*(STREAM[n : n + 1] for n in range(len(STREAM)))) == SAID


def test_a_stream_says_the_same_with_nothing_between_its_bytes() -> None:
    assert heard(*(piece for n in range(len(STREAM)) for piece in (STREAM[n : n + 1], b""))) == SAID


def test_a_count_counts_only_where_the_answer_came_to_its_end() -> None:
    begun = chunk({"content": "hi"}, usage=USAGE)
    assert heard(begun) == [Said("hi")], "cut: what it had counted so far is not what it charges"
    assert heard(begun + chunk({}, "stop")) == [Said("hi"), Ended("stop"), Used(3, 5, 0)]
    assert heard(begun + DONE) == [Said("hi"), Ended("stop"), Used(3, 5, 0)]
    assert heard(chunk({"content": "hi"}, "stop") + DONE) == [Said("hi"), Ended("stop")]


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        7,
        {"prompt_tokens": -1, "completion_tokens": 4},
        {"prompt_tokens": 10**12, "completion_tokens": 4},
        {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        {"prompt_tokens": "3"},
    ],
)
def test_a_count_that_makes_no_sense_is_missing_and_costs_no_answer(usage: object) -> None:
    body = {"choices": [{"index": 0, "message": {"content": "hi"}, "finish_reason": "stop"}], "usage": usage}
    assert ADAPTER.read(answer(body)) == Whole((Said("hi"), Ended("stop")))


@pytest.mark.parametrize(
    "spoilt",
    [b"data: {not json\n\n", b'data: {"choices": 7}\n\n', b"data: \xff\xfe\n\n", b"data: []\n\n", b"data: null\n\n"],
)
def test_an_event_that_cannot_be_read_is_unclear_and_the_last_word(spoilt: bytes) -> None:
    *said, last = heard(chunk({"content": "hi"}) + spoilt + chunk({"content": "never"}), end=False)
    assert said == [Said("hi")]
    assert isinstance(last, Unclear)


def test_an_event_without_end_is_not_kept() -> None:
    reader = ADAPTER.reader()
    piece = b"x" * 65_536
    found = [event for _ in range(EVENT_BYTES_MAX // len(piece) + 2) for event in reader.feed(piece)]
    assert isinstance(found[0], Unclear)
    assert reader.done


def test_an_error_inside_a_stream_is_a_refusal_where_it_says_so_and_else_unclear() -> None:
    refused = b'data: {"error": {"message": "x", "code": 429}}\n\n'
    crashed = b'data: {"error": {"message": "x", "code": 500}}\n\n'
    assert [type(event) for event in heard(refused)] == [Rejected]
    assert [type(event) for event in heard(crashed)] == [Unclear]


ENVELOPE = {"error": {"message": "m", "type": "t", "param": None, "code": None}}
ERRORS: list[tuple[str, Response, str]] = [
    (
        "openai key",
        answer({"error": {"message": "x", "type": "invalid_request_error", "code": "invalid_api_key"}}, 401),
        "bad_credential",
    ),
    (
        "openai quota",
        answer({"error": {"message": "x", "type": "insufficient_quota", "code": "insufficient_quota"}}, 429),
        "no_balance",
    ),
    (
        "openai pace",
        answer({"error": {"message": "x", "type": "requests", "code": "rate_limit_exceeded"}}, 429),
        "throttled",
    ),
    ("openai policy", answer({"error": {"message": "x", "code": "content_policy_violation"}}, 400), "content_policy"),
    ("openai length", answer({"error": {"message": "x", "code": "context_length_exceeded"}}, 400), "bad_request"),
    ("openai model", answer({"error": {"message": "x", "code": "model_not_found"}}, 404), "provider_error"),
    ("plain 400", answer(ENVELOPE, 400), "bad_request"),
    ("plain 403", answer(ENVELOPE, 403), "bad_credential"),
    ("plain 402", answer(b"pay", 402), "no_balance"),
    ("plain 413", answer(b"too large", 413), "bad_request"),
    ("plain 429", answer(b"slow down", 429, retry_after="7"), "throttled"),
    ("plain 503 with a time", answer(b"", 503, retry_after="2"), "throttled"),
    (
        "google key",
        answer(
            [
                {
                    "error": {
                        "code": 400,
                        "message": "API key not valid.",
                        "status": "INVALID_ARGUMENT",
                        "details": [{"@type": "t", "reason": "API_KEY_INVALID"}],
                    }
                }
            ],
            400,
        ),
        "bad_credential",
    ),
    (
        "google input",
        answer([{"error": {"code": 400, "message": "x", "status": "INVALID_ARGUMENT"}}], 400),
        "bad_request",
    ),
    (
        "google billing",
        answer({"error": {"code": 400, "message": "x", "status": "FAILED_PRECONDITION"}}, 400),
        "no_balance",
    ),
    (
        "google pace",
        answer([{"error": {"code": 429, "message": "x", "status": "RESOURCE_EXHAUSTED"}}], 429),
        "throttled",
    ),
    (
        "google busy",
        answer([{"error": {"code": 503, "message": "high demand", "status": "UNAVAILABLE"}}], 503),
        "throttled",
    ),
    ("kie credits", answer({"code": 402, "msg": "insufficient"}), "no_balance"),
    ("kie key", answer({"code": 401, "msg": "no"}), "bad_credential"),
    ("kie pace", answer({"code": 429, "msg": "no"}), "throttled"),
    ("kie browser", answer(b"error code: 1010", 403), "bad_credential"),
    ("error in 200", answer({"error": {"message": "x", "code": "insufficient_quota"}}), "no_balance"),
]


@pytest.mark.parametrize(("name", "response", "fault"), ERRORS, ids=[name for name, _, _ in ERRORS])
def test_each_form_of_error_is_the_right_fault_in_our_own_words(name: str, response: Response, fault: str) -> None:
    found = ADAPTER.read(response)
    assert isinstance(found, Rejected), name
    assert found.fault == fault
    assert "x" not in found.message.split()
    if "retry-after" in response.headers:
        assert found.retry_after_s == float(response.headers["retry-after"])


@pytest.mark.parametrize(
    "response",
    [
        answer(b"", 500),
        answer({"error": {"message": "x", "type": "server_error", "code": "insufficient_quota"}}, 500),
        answer({"error": {"code": 500, "status": "INTERNAL"}}, 500),
        answer(b"<html>bad gateway</html>", 502),
        answer(b"", 503),
        answer(b"", 504),
        answer(b"", 418),
        answer(b"", 200),
        answer(b"<html>one moment</html>"),
        answer({"choices": []}),
        answer({"code": 500, "msg": "crash"}),
        answer({"error": {"message": "x"}}),
        answer(b"[" * 100_000),
        answer(b"null"),
    ],
)
def test_whatever_may_have_been_begun_or_cannot_be_read_is_unclear(response: Response) -> None:
    assert isinstance(ADAPTER.read(response), Unclear)


@given(st.binary(max_size=300))
def test_no_bytes_make_an_exception(junk: bytes) -> None:
    reader = ADAPTER.reader()
    events: list[ChatEvent | Rejected | Unclear] = list(reader.feed(b"data: " + junk + b"\n\n"))
    events += reader.finish()
    assert len(events) < 300
    ADAPTER.read(Response(200, {}, junk))
