"""Refusals as the contract lists them (Errors)."""

from apiinone.core import errors

CONTRACT = {
    "bad_request": 400,
    "authentication_error": 401,
    "insufficient_credits": 402,
    "price_above_max": 402,
    "budget_exceeded": 402,
    "permission_denied": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "idempotency_in_progress": 409,
    "payload_too_large": 413,
    "unsupported_media_type": 415,
    "range_not_satisfiable": 416,
    "idempotency_mismatch": 422,
    "rate_limit_error": 429,
    "server_error": 500,
    "provider_error": 502,
    "provider_not_configured": 503,
    "overloaded": 503,
    "database_unavailable": 503,
}


def test_every_refusal_of_the_contract_has_one_class_and_no_other_type_exists() -> None:
    assert [(kind.type, kind.status) for kind in errors.refusals()] == sorted(
        CONTRACT.items(), key=lambda item: (item[1], item[0])
    )


def test_only_what_may_succeed_when_repeated_is_called_retryable() -> None:
    retryable = {kind.type for kind in errors.refusals() if kind.retryable}
    assert retryable == {
        "idempotency_in_progress",
        "rate_limit_error",
        "server_error",
        "provider_error",
        "overloaded",
        "database_unavailable",
    }


def test_what_only_a_failed_task_says_is_no_refusal_of_a_request() -> None:
    assert errors.TASK_ERROR_STATUS.keys() & CONTRACT.keys() == set()
    assert errors.TASK_ERROR_STATUS == {"content_policy": 400, "provider_timeout": 504, "output_unavailable": 502}


def test_a_refusal_names_the_field_and_when_to_come_back() -> None:
    refusal = errors.RateLimited("too many", param="/model", retry_after_s=2)
    assert (refusal.message, refusal.param, refusal.retry_after_s, str(refusal)) == (
        "too many",
        "/model",
        2,
        "too many",
    )
