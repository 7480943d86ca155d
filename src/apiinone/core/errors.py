"""Every refusal of the product: a class that knows its HTTP status and its type (contract: Errors).

Rendering happens in one place (`api/errors.py`), from the fields below and nothing else.
"""

from typing import ClassVar


class Refusal(Exception):
    """A request that is not carried out. Nothing is held and nothing is lost."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "server_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, param: str | None = None, retry_after_s: int | None = None) -> None:
        """Take a sentence for the caller and, where one is to blame, the field as a JSON pointer."""
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after_s = retry_after_s


class BadRequest(Refusal):
    """The request is not what the contract says; `param` names the field."""

    status = 400
    type = "bad_request"


class AuthenticationFailed(Refusal):
    """No key, or one that is unknown, expired or revoked."""

    status = 401
    type = "authentication_error"


class InsufficientCredits(Refusal):
    """The balance does not cover the hold."""

    status = 402
    type = "insufficient_credits"


class PriceAboveMax(Refusal):
    """The price is above the caller's own `max_credits`."""

    status = 402
    type = "price_above_max"


class BudgetExceeded(Refusal):
    """The key's budget does not cover the hold."""

    status = 402
    type = "budget_exceeded"


class PermissionDenied(Refusal):
    """The key is good, but not for this."""

    status = 403
    type = "permission_denied"


class NotFound(Refusal):
    """There is no such object for this caller in this mode."""

    status = 404
    type = "not_found"


class MethodNotAllowed(Refusal):
    """The path exists, the method does not."""

    status = 405
    type = "method_not_allowed"


class Conflict(Refusal):
    """The object's state does not allow it."""

    status = 409
    type = "conflict"


class IdempotencyInProgress(Refusal):
    """The first request with this key has not been answered yet."""

    status = 409
    type = "idempotency_in_progress"
    retryable = True


class PayloadTooLarge(Refusal):
    """The body is larger than the route takes."""

    status = 413
    type = "payload_too_large"


class UnsupportedMediaType(Refusal):
    """The body is not of a type the route takes."""

    status = 415
    type = "unsupported_media_type"


class RangeNotSatisfiable(Refusal):
    """No byte of the file lies in the range that was asked for."""

    status = 416
    type = "range_not_satisfiable"


class IdempotencyMismatch(Refusal):
    """The same idempotency key with another body."""

    status = 422
    type = "idempotency_mismatch"


class RateLimited(Refusal):
    """Too many requests, or too many open tasks."""

    status = 429
    type = "rate_limit_error"
    retryable = True


class ServerError(Refusal):
    """Our own fault."""

    status = 500
    type = "server_error"
    retryable = True


class ProviderFailed(Refusal):
    """The vendor's fault."""

    status = 502
    type = "provider_error"
    retryable = True


class ProviderNotConfigured(Refusal):
    """No configured offer serves this model in live mode."""

    status = 503
    type = "provider_not_configured"


class Overloaded(Refusal):
    """More work than the queues take; nothing was accepted."""

    status = 503
    type = "overloaded"
    retryable = True


class DatabaseUnavailable(Refusal):
    """The database does not answer; nothing was accepted."""

    status = 503
    type = "database_unavailable"
    retryable = True


TASK_ERROR_STATUS = {"content_policy": 400, "provider_timeout": 504, "output_unavailable": 502}
"""Types that only an ended task carries, with the `code` they show (contract: Errors, last sentence)."""


def refusals() -> list[type[Refusal]]:
    """All concrete refusals, for the tests and documents that must cover each of them."""
    return sorted(Refusal.__subclasses__(), key=lambda kind: (kind.status, kind.type))
