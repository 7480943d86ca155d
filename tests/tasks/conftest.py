"""What tests of chats share."""

from collections.abc import AsyncIterator

import pytest

from chat_shop import Shop
from workshop import Workshop


@pytest.fixture
async def shop(workshop: Workshop) -> AsyncIterator[Shop]:
    made = Shop(workshop)
    yield made
    await made.presence.stop()
    await workshop.assert_sound()
