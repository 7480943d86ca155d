"""The local provider at work: what a request asks for becomes a brief, and a child process draws it."""

import hashlib
from collections.abc import Mapping

from apiinone.catalog.entry import Choice
from apiinone.catalog.rendering import rendering
from apiinone.providers.local.brief import TARGET, Brief, Drawing
from apiinone.providers.provider import Inline
from apiinone.sandbox import Sandbox, SandboxFailed
from apiinone.tasks.execute import CannotMake

DRAW_TIMEOUT_S = 30.0
SEED_FIELD = "seed"


class LocalMaker:
    """Draws pictures in test mode."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Take the sandbox whose table holds the drawing function."""
        self._sandbox = sandbox

    async def make(
        self, choice: Choice, fields: Mapping[str, object], outputs: int, operation: str = ""
    ) -> tuple[Inline, ...]:
        """So many pictures of what the prompt says, each with a seed of its own. Raises CannotMake, Overloaded."""
        del operation
        shape = rendering(choice, fields)
        prompt = str(fields.get("prompt", choice.entry.title))
        made: list[Inline] = []
        for number in range(outputs):
            brief = Brief(prompt, shape.width, shape.height, shape.format, _seed(fields, prompt, number))
            try:
                drawing = await self._sandbox.call(TARGET, brief, Drawing, timeout_s=DRAW_TIMEOUT_S)
            except SandboxFailed as error:
                raise CannotMake("the built-in provider could not draw this") from error
            made.append(Inline(drawing.data))
        return tuple(made)


def _seed(fields: Mapping[str, object], prompt: str, number: int) -> int:
    asked = fields.get(SEED_FIELD)
    if isinstance(asked, int) and asked >= 0:
        return asked + number
    return int.from_bytes(hashlib.sha256(prompt.encode(errors="replace")).digest()[:4], "big") + number
