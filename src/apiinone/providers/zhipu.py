"""Zhipu (Z.ai): CogView 4, one synchronous request for one picture.

Facts: the vendor's pages "generate image" and "api code" (z.ai and bigmodel.cn) and its Python SDK zai-sdk 0.2.3. The
envelope of an error is what its clients read; the time that a picture's link lives is not known.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Raw, Struct

from apiinone.core.exchange import Request, Response
from apiinone.providers.provider import Fault, Finished, Order, SubmitReply, Unclear
from apiinone.providers.reading import decoded, linked, refusal, rejected, retry_after_s
from apiinone.providers.transports import Synchronous

BASE_URL: Final = "https://api.z.ai/api/paas/v4"
"""The international site; China is open.bigmodel.cn, with keys of its own."""
TIMEOUT_S: Final = 180.0
"""Five to twenty seconds are usual (generate image)."""
OK: Final = 200
SERVER_ERROR: Final = 500

CODES: Final[Mapping[str, Fault]] = {
    **dict.fromkeys(("1000", "1001", "1002", "1003", "1004"), "bad_credential"),
    **dict.fromkeys(("1110", "1111", "1112", "1121", "1220", "1311"), "bad_credential"),
    **dict.fromkeys(("1113", "1309"), "no_balance"),
    **dict.fromkeys(("1210", "1212", "1213", "1214", "1215", "1261"), "bad_request"),
    **dict.fromkeys(("1211", "1221", "1222"), "provider_error"),
    **dict.fromkeys(("1300", "1301"), "content_policy"),
    **dict.fromkeys(("1302", "1303", "1304", "1305", "1308", "1310", "1312", "1313"), "throttled"),
}
"""What the vendor's own codes mean (api code). An empty balance (1113) and a locked account (1112, 1121) come with HTTP
429 like an order too many, so the code decides before the status."""
OWN_TROUBLES: Final = ("500", "1120", "1200", "1230", "1234")
"""Codes of a failure inside the vendor, which leave it open what became of the order."""


class Zhipu(Synchronous):
    """The adapter. Pure: it describes requests and reads answers."""

    name = "zhipu"
    credential_names: tuple[str, ...] = ("ZAI_API_KEY", "ZHIPUAI_API_KEY", "ZHIPU_API_KEY")
    """The SDK's own name first; the others are those of projects in China."""
    submit_per_s_max = 2.0
    """Our choice: the vendor limits orders at once, by the account's level."""
    concurrent_max = 5
    """Our choice, likewise; a 1302 then sets the pace."""

    def __init__(self, base_url: str = BASE_URL) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        super().__init__(base_url)

    def submit(self, order: Order) -> Request:
        """``POST /images/generations``: the fields and the model. It makes one picture; there is no number to ask."""
        return Request(
            method="POST",
            url=f"{self._url}/images/generations",
            auth="bearer",
            json={**order.fields, "model": order.upstream_model},
            timeout_s=TIMEOUT_S,
        )

    def read_submit(self, response: Response) -> SubmitReply:
        """The picture's link; or a refusal by the vendor's code, else by the status; else `Unclear`.

        The safety note `content_filter` beside a picture does not take it away. How much was charged is not told.
        """
        answer = decoded(response.body, _Answer)
        if response.status == OK and answer is not None:
            pictures = decoded(answer.data, tuple[_Picture, ...]) or ()
            outputs = tuple(output for picture in pictures if (output := linked(picture.url)) is not None)
            if outputs:
                return Finished(outputs)
        code = answer.code() if answer is not None else ""
        if code in OWN_TROUBLES:
            return Unclear("the vendor's own trouble")
        fault = CODES.get(code)
        if fault is not None and response.status < SERVER_ERROR:
            return rejected(fault, retry_after_s(response.headers))
        return refusal(response) if response.status != OK else Unclear("an answer without a picture")


_NULL: Final = Raw(b"null")


class _Picture(Struct):
    url: str = ""


class _Error(Struct):
    code: str | int = ""


class _Answer(Struct):
    data: Raw = _NULL
    error: Raw = _NULL

    def code(self) -> str:
        """The vendor's code; empty: none was told."""
        return str((decoded(self.error, _Error) or _Error()).code)
