"""What commands work with in a process that has the application open."""

import secrets

from apiinone.app import App
from apiinone.control.desk import Desk
from apiinone.core.credits import whole


def desk_of(app: App) -> Desk:
    """What commands work with in this process."""
    return Desk(
        database=app.database,
        catalogue=app.catalogue,
        ids=app.ids,
        randomness=secrets.token_bytes,
        pepper=app.secret.key("pepper"),
        test_credits_per_day=whole(app.settings.test_credits_per_day),
        seals=app.follower.seals,
        providers=frozenset(app.vendors),
        reread_credentials=app.follower.refresh,
        ended=app.waiters.ended,
    )
