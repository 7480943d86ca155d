"""The desk at which operators' commands are carried out in this process."""

import secrets
from typing import Final

from apiinone.app import App
from apiinone.control.desk import Desk
from apiinone.core.credits import whole
from apiinone.people.hashes import Hashes

ADDRESS: Final = "http://127.0.0.1:8400"
"""Where a server listens that was told nothing else, for links while none runs."""


def desk_of(app: App) -> Desk:
    """What commands work with here."""
    return Desk(
        database=app.database,
        running=app.running,
        ids=app.ids,
        randomness=secrets.token_bytes,
        pepper=app.secret.key("pepper"),
        test_credits_per_day=whole(app.settings.test_credits_per_day),
        seals=app.follower.seals,
        providers=frozenset(app.vendors),
        reread_credentials=app.follower.refresh,
        ended=app.waiters.ended,
        reread_switches=app.board.refresh,
        cashier=app.payments.cashier,
        refunder=app.payments.refunder,
        hashes=Hashes(app.secret.key("people"), secrets.token_bytes),
        base_url=app.callbacks.show.public_url or ADDRESS,
        adjusted_alone_max=whole(app.settings.adjusted_alone_max),
    )
