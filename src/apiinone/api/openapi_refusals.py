"""Which refusals a route can answer: its own, and those that follow from its authority, its ids and its body."""

from apiinone.api.route import (
    ByKey,
    ByMetricsToken,
    ByPaymentSignature,
    ByProviderSignature,
    BySignedLink,
    CreationBody,
    ForeignBody,
    Public,
    QuoteBody,
    Route,
    TypedBody,
)
from apiinone.core.errors import (
    AuthenticationFailed,
    BadRequest,
    DatabaseUnavailable,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    RateLimited,
    Refusal,
    ServerError,
    UnsupportedMediaType,
)

_ALWAYS: tuple[type[Refusal], ...] = (BadRequest, ServerError)


def refusals_of(route: Route) -> dict[int, list[str]]:
    """By status in ascending order, the types of error."""
    kinds = {*_ALWAYS, *route.refusals, *_by_authority(route), *_by_body(route)}
    if route.ids:
        kinds.add(NotFound)
    found: dict[int, list[str]] = {}
    for kind in sorted(kinds, key=lambda kind: (kind.status, kind.type)):
        found.setdefault(kind.status, []).append(kind.type)
    return found


def _by_authority(route: Route) -> tuple[type[Refusal], ...]:
    match route.authority:
        case ByKey():
            return (AuthenticationFailed, PermissionDenied, RateLimited, DatabaseUnavailable)
        case BySignedLink():
            return (PermissionDenied, DatabaseUnavailable)
        case ByProviderSignature() | ByPaymentSignature() | ByMetricsToken():
            return (AuthenticationFailed, DatabaseUnavailable)
        case Public():
            return ()


def _by_body(route: Route) -> tuple[type[Refusal], ...]:
    match route.body:
        case CreationBody() | QuoteBody() | TypedBody():
            return (PayloadTooLarge, UnsupportedMediaType)
        case ForeignBody():
            return (PayloadTooLarge,)
        case _:
            return ()
