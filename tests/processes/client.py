"""A client of a server that may die at any moment: what it was told stands, what it was not told it asks again."""

import hashlib
from collections.abc import Mapping
from itertools import count
from secrets import token_hex
from typing import Any, Final, Literal

from aiohttp import ClientConnectionError, ClientPayloadError, ClientSession, ClientTimeout
from msgspec import Struct
from yarl import URL

from apiinone.accounts.keys import Mode
from looking import seen_as_wanted
from processes.installation import Installation, Tenant

CREATE: Final = "/api/v1/images/generations"
ENDED_WITHIN_S: Final = 60.0
Maker = Literal["recraft", "wavespeed", "local"]
_number = count(1)


class Wish(Struct, frozen=True):
    """A request that this maker serves, and what it costs."""

    mode: Mode
    model: str
    credits: int


WISHES: Final[Mapping[Maker, Wish]] = {
    "recraft": Wish("live", "recraft-v4-text-to-image", 10),
    "wavespeed": Wish("live", "cogview-4", 4),
    "local": Wish("test", "recraft-v4-text-to-vector", 20),
}


class Request(Struct, frozen=True):
    """One create, which can be repeated under its idempotency key."""

    maker: Maker
    prompt: str
    key: str

    @property
    def wish(self) -> Wish:
        """What is asked for."""
        return WISHES[self.maker]


class Accepted(Struct, frozen=True):
    """The server said 200."""

    task_id: str
    replayed: bool


def new_request(maker: Maker) -> Request:
    """A request that nobody made before."""
    return Request(maker, f"a hill, number {next(_number)} {token_hex(4)}", token_hex(8))


class Client:
    """Speaks to one server at a time; each request has a connection of its own, so that none dies with another."""

    def __init__(self, installation: Installation, session: ClientSession, url: str) -> None:
        self.installation = installation
        self.url = url
        self._session = session

    async def create(self, request: Request, *, scenario: str | None = None) -> Accepted | None:
        """Ask for a task. None where the server died before it answered."""
        wish = request.wish
        body = {"model": wish.model, "prompt": request.prompt}
        more = {"Idempotency-Key": request.key} | ({"X-Test-Scenario": scenario} if scenario else {})
        try:
            status, headers, answer = await self.post(CREATE, self.tenant(wish.mode), body, more)
        except (ClientConnectionError, ClientPayloadError):
            return None
        assert status == 200, answer
        return Accepted(answer["data"]["task_id"], headers.get("Idempotent-Replayed") == "true")

    def tenant(self, mode: Mode) -> Tenant:
        """Whose key goes with requests of this mode."""
        return self.installation.live if mode == "live" else self.installation.test

    async def post(
        self, path: str, tenant: Tenant, body: Mapping[str, object], headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], Any]:
        """Status, headers and JSON of an answer. Raises ClientConnectionError, ClientPayloadError."""
        headers = {"Authorization": f"Bearer {tenant.key}", **headers}
        async with self._session.post(f"{self.url}{path}", json=body, headers=headers) as response:
            return response.status, response.headers, await response.json()

    async def get(self, path: str, tenant: Tenant) -> Any:
        """The `data` of an answer that must be 200."""
        headers = {"Authorization": f"Bearer {tenant.key}"}
        async with self._session.get(f"{self.url}{path}", headers=headers) as response:
            answer = await response.json()
            assert response.status == 200, answer
            return answer["data"]

    async def task(self, task_id: str, mode: Mode) -> Any:
        """The task as it stands."""
        return await self.get(f"/api/v1/tasks/{task_id}", self.tenant(mode))

    async def reached(self, task_id: str, mode: Mode, stages: tuple[str, ...] = ("done",)) -> Any:
        """The task once it stands at one of these stages."""
        return await seen_as_wanted(
            lambda: self.task(task_id, mode), lambda task: task["stage"] in stages, within_s=ENDED_WITHIN_S
        )

    async def assert_delivered(self, task: Mapping[str, Any]) -> None:
        """Every output can be fetched, and is what the task says."""
        assert task["outputs"], task
        for output in task["outputs"]:
            async with self._session.get(URL(output["url"], encoded=True)) as response:
                data = await response.read()
                assert response.status == 200, data
            assert (len(data), hashlib.sha256(data).hexdigest()) == (output["bytes"], output["sha256"])


def new_session() -> ClientSession:
    """A session whose connections are not used twice."""
    return ClientSession(headers={"Connection": "close"}, timeout=ClientTimeout(total=60))
