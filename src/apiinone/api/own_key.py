"""GET /me: which account and key is calling, and what the key may do."""

from typing import Annotated

from msgspec import Meta, Struct

from apiinone.accounts.callers import Caller
from apiinone.accounts.key_rows import key_by_id
from apiinone.accounts.keys import Key, Mode, Scope
from apiinone.api.answer import Answer, success
from apiinone.api.call import Call
from apiinone.api.house import House
from apiinone.api.model_forms import Amount, Percent
from apiinone.api.task_page import Moment
from apiinone.core.clock import iso
from apiinone.core.credits import shown
from apiinone.core.errors import AuthenticationFailed
from apiinone.db import Tx
from apiinone.ledger.budgets import Limits, load_limits


class BudgetPage(Struct, frozen=True):
    """What the key and its predecessors may spend in a period, and what is left of it."""

    credits: Amount
    left: Amount
    period: Annotated[str, Meta(description="The UTC day, the UTC month, or `total`.")]


class OwnPrice(Struct, frozen=True):
    """What this account pays of a model's price, or of every price that it has no other for."""

    model: Annotated[str | None, Meta(description="Null: all models that are not named beside it.")]
    price_percent: Percent


class MePage(Struct, frozen=True):
    """The caller. Null means: no such limit."""

    account_id: str
    key_id: str
    key_name: str
    mode: Mode
    scopes: tuple[Scope, ...]
    models: tuple[str, ...] | None
    endpoints: tuple[str, ...] | None
    ip_ranges: tuple[str, ...] | None
    requests_per_minute_max: int
    open_tasks: int
    open_tasks_max: Annotated[int | None, Meta(description="Null: the installation's own limit.")]
    budget: BudgetPage | None
    created_at: Moment
    expires_at: Moment | None
    prices: Annotated[tuple[OwnPrice, ...], Meta(description="Prices of this account's own; else the list's hold.")]


async def show_me(house: House, call: Call, caller: Caller) -> Answer:
    """The caller's account, key, mode, scopes and limits."""
    del call

    async def look(tx: Tx) -> tuple[Key | None, Limits]:
        return await key_by_id(tx, caller.key_id), await load_limits(tx, {caller.lineage_id})

    key, limits = await house.context.database.read(look)
    if key is None:
        raise AuthenticationFailed("this key is not valid")
    own_prices = house.context.board.now.prices_of(caller.account_id)
    rules, own_rate = caller.rules, caller.rules.requests_per_minute_max
    return success(
        MePage(
            account_id=caller.account_id,
            key_id=caller.key_id,
            key_name=key.name,
            mode=caller.mode,
            scopes=rules.scopes,
            models=rules.models,
            endpoints=rules.endpoints,
            ip_ranges=rules.ip_ranges,
            requests_per_minute_max=house.context.rules.requests_per_minute_max if own_rate is None else own_rate,
            open_tasks=limits.open_holds(caller.lineage_id),
            open_tasks_max=rules.open_tasks_max,
            budget=_budget(limits, caller.lineage_id),
            created_at=iso(key.created_us),
            expires_at=None if key.expires_us is None else iso(key.expires_us),
            prices=tuple(OwnPrice(model or None, percent) for model, percent in own_prices),
        )
    )


def _budget(limits: Limits, lineage_id: str) -> BudgetPage | None:
    budget, left = limits.budgets.get(lineage_id), limits.left(lineage_id)
    if budget is None or left is None:
        return None
    return BudgetPage(shown(budget[0]), shown(left), budget[1])
