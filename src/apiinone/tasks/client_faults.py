"""What a client is told of a refusal: the operator's own troubles with a vendor are never the client's fault."""

from apiinone.providers.provider import Fault

CLIENT_FAULTS: dict[Fault, Fault] = {
    "content_policy": "content_policy",
    "bad_request": "bad_request",
    "output_unavailable": "output_unavailable",
    "throttled": "provider_error",
    "no_balance": "provider_error",
    "bad_credential": "provider_error",
    "provider_error": "provider_error",
}
