"""A server of the operator's own that speaks OpenAI's images form: LocalAI, vLLM-Omni, SGLang and most gateways.

Facts: localai.io "image generation", docs.vllm.ai "image_generation_api" of vLLM-Omni, docs.nvidia.com "text-to-image"
of Dynamo. They differ in what they answer with where nobody asks: base64, or a link on their own host. Which models
there are, and which further fields they take, is the operator's knowledge and stands in the operator's offers.
"""

from typing import Final

from apiinone.core.exchange import Auth, Request, Response
from apiinone.providers.form_parts import form_parts
from apiinone.providers.image_list import body_bytes_max, listed_images
from apiinone.providers.provider import Finished, Linked, Order, Output, SubmitReply, Unclear
from apiinone.providers.reading import refusal_where_free
from apiinone.providers.transports import Synchronous

BASE_URL: Final = "/v1"
"""No host: it stands where the operator says."""
TIMEOUT_S: Final = 600.0
"""Our choice: a small machine takes minutes for a picture."""


class OpenAICompatible(Synchronous):
    """The adapter. Pure: it describes requests and reads answers."""

    name = "openai-compatible"
    credential_names: tuple[str, ...] = ("OPENAI_COMPATIBLE_API_KEY",)
    credential_optional = True
    auth: Auth = "bearer_if_any"
    submit_per_s_max = 10.0
    """Our choice: such servers queue what they are sent."""
    concurrent_max = 4
    """Our choice: one machine draws a few pictures at a time; the operator may set another."""

    def __init__(self, base_url: str) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        super().__init__(base_url)

    def submit(self, order: Order) -> Request:
        """``POST /images/generations``, or with pictures to edit ``POST /images/edits`` as a form.

        Base64 is asked for, except where the offer asks for something else.
        """
        wanted = {"response_format": "b64_json", **order.fields, "model": order.upstream_model, "n": order.outputs}
        edits = bool(order.files)
        return Request(
            method="POST",
            url=f"{self._url}/images/{'edits' if edits else 'generations'}",
            auth=self.auth,
            json=None if edits else wanted,
            form=form_parts(wanted, order.files) if edits else (),
            timeout_s=TIMEOUT_S,
            body_bytes_max=body_bytes_max(order.outputs),
        )

    def read_submit(self, response: Response) -> SubmitReply:
        """Images, or a refusal by status and words, or `Unclear`. Nothing is paid here, so no cost is read."""
        if response.status != 200:  # noqa: PLR2004 - the status itself
            return refusal_where_free(response)
        outputs = listed_images(response)
        if outputs is None:
            return Unclear("an answer without readable images")
        return Finished(tuple(map(self._opened, outputs)))

    def _opened(self, output: Output) -> Output:
        """A link on the server itself may need the key that the server was asked with."""
        if isinstance(output, Linked) and self.given(output.url) is not None:
            return Linked(output.url, authorized=True, auth=self.auth)
        return output
