"""A shop and a buyer, on each engine."""

from collections.abc import AsyncIterator

import pytest

from apiinone.accounts.callers import Caller
from payments.shop import Shop, open_shop
from workshop import Workshop


@pytest.fixture
async def shop(workshop: Workshop) -> AsyncIterator[Shop]:
    async with open_shop(workshop) as opened:
        yield opened


@pytest.fixture
async def buyer(workshop: Workshop) -> Caller:
    return await workshop.tenant()
