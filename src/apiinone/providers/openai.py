"""OpenAI's images: one synchronous request answers with base64; edits travel as a form with files.

Facts: the vendor's Python SDK 3.54.0 (parameters, the answer, the retry headers), its API description of August 2026
(the error envelope) and its page of model ends. Unconfirmed: the error codes below, which many clients of the API name
but no page that was read lists; whether a picture that was made and then withheld is free.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Raw, Struct

from apiinone.core.exchange import Request, Response
from apiinone.providers.form_parts import form_parts
from apiinone.providers.image_list import body_bytes_max, listed_images
from apiinone.providers.provider import Fault, Finished, Order, SubmitReply, Unclear
from apiinone.providers.reading import STATUS_FAULTS, decoded, refusal, rejected, retry_after_s
from apiinone.providers.transports import Synchronous

BASE_URL: Final = "https://api.openai.com/v1"
TIMEOUT_S: Final = 300.0
"""Our choice: a picture of high quality takes up to two minutes; the SDK itself would wait ten."""
CODES: Final[Mapping[str, Fault]] = {
    "insufficient_quota": "no_balance",
    "billing_hard_limit_reached": "no_balance",
    "moderation_blocked": "content_policy",
    "content_policy_violation": "content_policy",
    "rate_limit_exceeded": "throttled",
    "invalid_api_key": "bad_credential",
}
TEXT_IN, IMAGE_IN, IMAGE_OUT = 5, 8, 30
"""Micro-USD for a token: gpt-image-2 and later (model pages). The answer does not name its model, and of gpt-image-1.5
a token out costs 32: until its end on 2026-12-01 its cost is read up to 6 % too low."""
TOKENS_MAX: Final = 10**7


class OpenAI(Synchronous):
    """The adapter. Pure: it describes requests and reads answers."""

    name = "openai"
    credential_names: tuple[str, ...] = ("OPENAI_API_KEY",)
    submit_per_s_max = 4.0
    """Our choice: the limits depend on the account's tier; the vendor's 429 then sets the pace."""
    concurrent_max = 32
    """Our choice: the vendor names no limit."""

    def __init__(self, base_url: str = BASE_URL) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        super().__init__(base_url)

    def submit(self, order: Order) -> Request:
        """``POST /images/generations`` as JSON; with pictures to edit ``POST /images/edits`` as a form.

        One picture is named ``image``, several ``image[]``; the vendor tells their kind by their names (SDK).
        """
        fields = {**order.fields, "model": order.upstream_model, "n": order.outputs}
        edits = bool(order.files)
        return Request(
            method="POST",
            url=f"{self._url}/images/{'edits' if edits else 'generations'}",
            auth="bearer",
            json=None if edits else fields,
            form=form_parts(fields, order.files) if edits else (),
            timeout_s=TIMEOUT_S,
            body_bytes_max=body_bytes_max(order.outputs),
        )

    def read_submit(self, response: Response) -> SubmitReply:
        """Images; or a refusal by the error's code, then by status and words; or `Unclear`.

        A 5xx after delivery stays `Unclear`: the call is paid and synchronous, and there is no later question.
        """
        if response.status != 200:  # noqa: PLR2004 - the status itself
            return _refused(response)
        outputs = listed_images(response)
        if outputs is None:
            return Unclear("an answer without readable images")
        return Finished(outputs, _cost_micro_usd(response.body))


class _Error(Struct):
    code: str | None = None


class _Envelope(Struct):
    error: _Error


def _refused(response: Response) -> SubmitReply:
    envelope = decoded(response.body, _Envelope)
    fault = CODES.get(envelope.error.code or "") if envelope else None
    if fault is not None and response.status in STATUS_FAULTS:
        return rejected(fault, retry_after_s(response.headers))
    return refusal(response)


class _TokensIn(Struct):
    text_tokens: int
    image_tokens: int


class _Usage(Struct):
    input_tokens_details: _TokensIn
    output_tokens: int


class _Used(Struct):
    usage: Raw = Raw(b"null")


def _cost_micro_usd(body: bytes) -> int | None:
    """By the tokens that the answer tells; None where it tells none that can be so."""
    used = decoded(body, _Used)
    usage = decoded(used.usage, _Usage) if used else None
    if usage is None:
        return None
    counted = usage.input_tokens_details
    tokens = (counted.text_tokens, counted.image_tokens, usage.output_tokens)
    if not all(0 <= count <= TOKENS_MAX for count in tokens):
        return None
    return tokens[0] * TEXT_IN + tokens[1] * IMAGE_IN + tokens[2] * IMAGE_OUT
