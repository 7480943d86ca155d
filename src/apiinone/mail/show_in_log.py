"""Where no mail server is set: letters are shown in the log, so that one can try things out on one's own machine."""

import logging
from typing import Final

from apiinone.mail.letter import Carried, Letter, Outcome

_LOG: Final = logging.getLogger(__name__)


class LogCarrier:
    """Shows each letter once."""

    async def carry(self, mail_id: str, letter: Letter) -> Outcome:
        """Show it. Whoever reads the log can follow its links, which is why `doctor` warns of it."""
        del mail_id
        _LOG.warning(
            "no mail server is set; this would have been sent to %s: %s\n\n%s", letter.to, letter.subject, letter.text
        )
        return Carried()
