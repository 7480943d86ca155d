"""The paid routes of the contract: each family's own, and further ones below it that single models offer.

A folder of `data/` is named after its endpoint.
"""

from msgspec import Struct


class Endpoint(Struct, frozen=True):
    """One public create route and its family (contract: Create)."""

    name: str
    path: str
    family: str
    route_name: str
    """The route's name in documents and figures."""
    about: str
    """What the route does, for documents."""
    asynchronous: bool = True
    """Whether it makes a task; else it answers at once."""
    default_model: str = ""
    """The model when the body names none; empty where the body must name one."""


class CreateRoute(Struct, frozen=True):
    """A paid route: an endpoint's own, or a further one below it. What it makes is a task or answered at once."""

    endpoint_name: str
    operation: str
    """What its tasks and calls remember of it; empty: it is the endpoint's own."""
    path: str
    name: str
    about: str


class Operation(Struct, frozen=True):
    """A further paid route below an endpoint's own. What it takes and costs stands in the data of its model."""

    name: str
    """As tasks remember it: the endpoint's name, then the path below the endpoint's (`music/extend`)."""
    endpoint_name: str
    route_name: str
    about: str
    asynchronous: bool = True
    """As an endpoint's."""

    @property
    def path(self) -> str:
        """Where it is called."""
        return endpoint_named(self.endpoint_name).path + self.name.removeprefix(self.endpoint_name)


ENDPOINTS = (
    Endpoint(
        "images",
        "/api/v1/images/generations",
        "Image API",
        "create_image",
        "Create a task that makes pictures.",
        default_model="recraft-v4-text-to-image",
    ),
    Endpoint(
        "videos", "/api/v1/videos/generations", "Video API", "create_video", "Create a task that makes a video clip."
    ),
    Endpoint("music", "/api/v1/audio/music", "Music API", "create_music", "Create a task that makes music."),
    Endpoint("speech", "/api/v1/audio/speech", "Speech API", "create_speech", "Create a task that speaks a text."),
    Endpoint(
        "chat",
        "/api/v1/chat/completions",
        "Chat API",
        "complete_chat",
        "Answer a chat in OpenAI's form, whole or as server-sent events.",
        asynchronous=False,
    ),
    Endpoint(
        "remove-bg",
        "/api/v1/images/tools/remove-bg",
        "Tool API",
        "remove_background",
        "Create a task that cuts a picture's subject out.",
    ),
    Endpoint(
        "face-swap",
        "/api/v1/images/tools/face-swap",
        "Tool API",
        "swap_face",
        "Create a task that puts a face into another picture.",
    ),
    Endpoint(
        "upscale",
        "/api/v1/images/tools/upscale",
        "Tool API",
        "upscale_image",
        "Create a task that makes a picture larger.",
    ),
    Endpoint(
        "vectorize",
        "/api/v1/images/tools/vectorize",
        "Tool API",
        "vectorize_image",
        "Create a task that turns a picture into a drawing.",
    ),
)
"""In the order in which catalogue and documents list them."""

OPERATIONS = (
    Operation("music/extend", "music", "extend_song", "Create a task that carries a song on."),
    Operation("music/cover/generate", "music", "draw_cover", "Create a task that draws a song's cover picture."),
    Operation("music/upload-cover/generate", "music", "cover_upload", "Create a task that sings given audio anew."),
    Operation(
        "music/timestamped-lyrics",
        "music",
        "time_lyrics",
        "A song's words with the moments at which they are sung, at once.",
        asynchronous=False,
    ),
)
"""`catalog check` holds the routes of the data files against these."""

_BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}


def endpoint_named(name: str) -> Endpoint:
    """The endpoint of that name. Raises KeyError."""
    return _BY_NAME[name]


def operation_at(path: str) -> Operation | None:
    """The further paid route at this path; None: there is none."""
    return next((operation for operation in OPERATIONS if operation.path == path), None)


def _routes(*, asynchronous: bool) -> tuple[CreateRoute, ...]:
    own = [
        CreateRoute(endpoint.name, "", endpoint.path, endpoint.route_name, endpoint.about)
        for endpoint in ENDPOINTS
        if endpoint.asynchronous == asynchronous
    ]
    further = [
        CreateRoute(operation.endpoint_name, operation.name, operation.path, operation.route_name, operation.about)
        for operation in OPERATIONS
        if operation.asynchronous == asynchronous
    ]
    return (*own, *further)


CREATE_ROUTES = _routes(asynchronous=True)
"""Every route that makes tasks: whoever handles, documents or tests them all begins here."""

DIRECT_ROUTES = _routes(asynchronous=False)
"""Every paid route that answers at once."""

PAID_ROUTES = (*CREATE_ROUTES, *DIRECT_ROUTES)
"""Every route that a price is held for."""
