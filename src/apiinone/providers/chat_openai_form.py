"""Chat in OpenAI's wire form, which many vendors speak: one adapter, and a short description for each of them.

Facts: OpenAI's API description (openai/openai-openapi of August 2026) and its SDK (openai 3.54.0) for the form;
Google's page "OpenAI compatibility"; kie's chat pages; for servers of one's own, the documents of vLLM, SGLang and
LocalAI. Nobody tried them against a live service here.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, cast
from urllib.parse import urlsplit

from msgspec import Struct

from apiinone.core.exchange import Request, Response
from apiinone.providers.chat import ChatOrder, ChatReader, ChatReply
from apiinone.providers.chat_openai_answers import read_whole
from apiinone.providers.chat_openai_stream import StreamReader
from apiinone.providers.reading import read_base

TIMEOUT_S: Final = 1800.0
"""Longer than any deadline that a client may set; the call's own deadline ends it before."""
IDLE_S: Final = 300.0
"""Models that think say nothing for minutes; OpenAI's own client waits 600 s in all."""
BODY_BYTES_MAX: Final = 32 * 1024 * 1024
"""An answer of 65,536 tokens in chunks of one token, each with its envelope of some 250 bytes, is half as long."""


class ChatForm(Struct, frozen=True):
    """What is a vendor's own in a form that is OpenAI's."""

    name: str
    base_url: str
    """Where the vendor's API stands; empty: the operator says where."""
    path: str
    """Below it; `{model}` where the model stands in the path and not in the body."""
    credential_names: tuple[str, ...]
    limit_field: Literal["max_tokens", "max_completion_tokens"]
    """What the limit of the output, reasoning included, is called."""
    credential_needed: bool = True
    below_base: str = ""
    """Where the form is spoken, below the address that an operator set for the vendor's whole API."""
    from_root: bool = False
    """Whether it is spoken at that address's root instead."""
    headers: Mapping[str, str] = {}
    submit_per_s_max: float = 100.0
    concurrent_max: int = 512
    """Both our choice: vendors' limits are set for each account and tier, and what is too much is answered by 429."""


OPENAI: Final = ChatForm(
    name="openai",
    base_url="https://api.openai.com/v1",
    path="/chat/completions",
    credential_names=("OPENAI_API_KEY",),
    limit_field="max_completion_tokens",  # `max_tokens` is deprecated, and reasoning models refuse it [API description]
)
GOOGLE: Final = ChatForm(
    name="google",
    base_url="https://generativelanguage.googleapis.com/v1beta",
    path="/chat/completions",
    below_base="/openai",
    credential_names=("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    limit_field="max_tokens",
)
"""Its page shows `Authorization: Bearer` on this route. The first name wins where both are set, as in its SDK."""
KIE: Final = ChatForm(
    name="kie",
    base_url="https://api.kie.ai",
    path="/{model}/v1/chat/completions",
    from_root=True,
    credential_names=("KIE_API_KEY",),
    limit_field="max_tokens",
    headers={"User-Agent": "Mozilla/5.0 (compatible; apiinone)"},
)
"""It turns away clients that do not look like a browser, with 403 and `error code: 1010` (notes of two public clients).

Unconfirmed: whether it keeps the limit (its page does not list it) and tells the usage, and the path of gemini 3.8."""
OPENAI_COMPATIBLE: Final = ChatForm(
    name="openai-compatible",
    base_url="",
    path="/chat/completions",
    credential_names=("OPENAI_COMPATIBLE_API_KEY",),
    credential_needed=False,
    limit_field="max_tokens",
)
"""A server of one's own; the address that the operator sets ends with `/v1`."""
CHAT_FORMS: Final = (OPENAI, GOOGLE, KIE, OPENAI_COMPATIBLE)


class OpenAiChat:
    """The adapter. Pure: it describes requests and reads answers."""

    def __init__(self, form: ChatForm, base_url: str = "") -> None:
        """Take the vendor's form and the operator's own address for its API. Raises ValueError for what is no URL."""
        base = read_base(base_url or form.base_url)
        root = f"{urlsplit(base.url).scheme}://{base.host}"
        self._form = form
        self._url = f"{root if form.from_root else base.url + form.below_base}{form.path}"
        self.name = form.name
        self.hosts: tuple[str, ...] = (base.host,)
        self.credential_names = form.credential_names
        self.credential_needed = form.credential_needed
        self.submit_per_s_max = form.submit_per_s_max
        self.concurrent_max = form.concurrent_max

    def ask(self, order: ChatOrder) -> Request:
        """``POST …/chat/completions``: the fields as they are, over them model, limit and the way to answer.

        A vendor tells the usage of a stream where `stream_options.include_usage` asks for it; we always ask.
        """
        body: dict[str, object] = {**order.fields, "stream": order.streams, self._form.limit_field: order.tokens_max}
        body["messages"] = _asked(order.fields["messages"])
        if "{model}" not in self._form.path:
            body["model"] = order.upstream_model
        if order.streams:
            body["stream_options"] = {"include_usage": True}
        return Request(
            method="POST",
            url=self._url.replace("{model}", order.upstream_model),
            auth="bearer",
            json=body,
            headers=self._form.headers,
            timeout_s=TIMEOUT_S,
            idle_s=IDLE_S,
            body_bytes_max=BODY_BYTES_MAX,
        )

    def read(self, response: Response) -> ChatReply:
        """A completion, or why there is none."""
        return read_whole(response)

    def reader(self) -> ChatReader:
        """For one stream of completion chunks."""
        return StreamReader()


def _asked(messages: object) -> list[dict[str, object]]:
    """The messages without what only answers have: clients send earlier answers back as they got them.

    Google refuses names that it does not know, and reasoning of earlier turns is no input anywhere in this form.
    """
    told = cast("Sequence[Mapping[str, object]]", messages)
    return [{name: value for name, value in message.items() if _is_input(name, value)} for message in told]


def _is_input(name: str, value: object) -> bool:
    return name != "reasoning_content" and (value is not None or name == "content")
