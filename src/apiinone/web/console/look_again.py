"""How soon a page that follows something asks for it anew: quickly while it is young, rarely once it takes its time."""

from typing import Final

from apiinone.core.clock import US_PER_S

STEPS: Final = ((60, 2), (600, 5))
"""Up to which age in s, every how many s."""
SLOWEST_S: Final = 15
"""And from then on: nobody waits before such a page, and some transfers take days."""


def look_again_s(age_us: int) -> int:
    """The seconds between two looks at something of this age."""
    return next((every_s for age_s, every_s in STEPS if age_us < age_s * US_PER_S), SLOWEST_S)
