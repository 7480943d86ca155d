"""One model of the catalogue, whole: what the data file of a model says, typed."""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from msgspec import Meta, Struct

from apiinone.catalog.endpoints import Endpoint, endpoint_named, operation_at
from apiinone.catalog.fact import Condition, Fact, FieldName, Name, Sentence
from apiinone.catalog.offer import Offer
from apiinone.catalog.parameters import Media, MediaKind, MediaList, Parameter, Records, TaskReference, references_among
from apiinone.catalog.price_rules import PriceRule, RoutePrice
from apiinone.catalog.shapes import ClipShape, PictureFormat, PictureShape, TrackShape

LifecycleState = Literal["active", "ending", "retired"]


class Lifecycle(Fact, frozen=True, kw_only=True):
    """Whether the maker still runs the model."""

    state: LifecycleState = "active"
    ends_at: date | None = None
    """The maker's last day, UTC; None: none is announced, or it passed on an unknown day."""
    successor: str = ""
    """What the maker names instead; empty: nothing."""
    note: str = ""

    def state_on(self, day: date) -> LifecycleState:
        """The state on that day: an announced end that has passed means retired."""
        if self.state == "ending" and self.ends_at is not None and self.ends_at < day:
            return "retired"
        return self.state


class SubModel(Fact, frozen=True, kw_only=True):
    """A priced variant of a model. A model without variants has one, named like the model."""

    id: Name
    price: PriceRule
    about: str = ""
    aliases: tuple[Name, ...] = ()
    default: bool = False
    """Whether the catalogue id means this one."""
    format: PictureFormat = "png"
    """The file format of a picture, where no field names one."""
    doubles_size: bool = False
    """Whether the picture comes at twice the sides that were asked for."""
    lifecycle: Lifecycle = Lifecycle()
    offers: tuple[Offer, ...] = ()


class Exclusion(Fact, frozen=True, kw_only=True):
    """A combination of values that the model does not make."""

    param: FieldName
    when: tuple[Condition, ...]
    because: Sentence


class Route(Fact, frozen=True, kw_only=True, dict=True):
    """A further route of a model, beside its endpoint's create route."""

    method: Literal["GET", "POST"]
    path: str
    about: Sentence
    price: RoutePrice | None = None
    """None: free."""
    direct: bool = False
    """Whether it answers at once, without a task."""
    output: Literal["text"] | MediaKind | None = None
    """What its tasks make; None: the same as the model's own."""
    outputs_per_task: Annotated[int, Meta(ge=1, le=16)] | None = None
    """Files in one of its tasks, where that differs from the model's own."""
    parameters: tuple[Parameter, ...] = ()

    @property
    def operation(self) -> str:
        """What tasks and calls of this route remember of it; empty where it costs nothing."""
        found = operation_at(self.path) if self.method == "POST" else None
        return "" if found is None else found.name

    @cached_property
    def references(self) -> tuple[TaskReference, ...]:
        """The fields that name earlier tasks."""
        return references_among(self.parameters)


class Faq(Fact, frozen=True, kw_only=True):
    """A question and its answer."""

    question: Sentence
    answer: Sentence


class Entry(Fact, frozen=True, kw_only=True, dict=True):
    """One model. Its file's name is its id; the file's folder, or in an overlay the file itself, names the endpoint."""

    id: Name
    endpoint_name: str
    title: Sentence
    version_text: str = ""
    slug: Name
    aliases: tuple[Name, ...] = ()
    icon: str = ""
    maker: Sentence
    """Whose model it is, as shown."""
    node: Annotated[int, Meta(ge=1, le=999)]
    task_suffix: Annotated[str, Meta(pattern=r"^[a-z0-9]{2,16}$")]
    summary: Sentence
    inputs: tuple[Literal["text"] | MediaKind, ...]
    output: Literal["text"] | MediaKind
    outputs_per_task: Annotated[int, Meta(ge=1, le=16)] = 1
    """Files in one finished task, all paid with one price: each is its equal share."""
    seconds: tuple[int, int]
    """How long a task usually takes."""
    webhook: bool
    """Whether live keys may give a `callback_url`."""
    billed_per: Sentence
    """What one price pays for: image, video, song."""
    parameters: tuple[Parameter, ...]
    exclusions: tuple[Exclusion, ...] = ()
    picture: PictureShape | None = None
    """How the sides of the picture follow from the fields; None: no picture, or as large as its input."""
    clip: ClipShape | None = None
    """How a clip follows from the fields; None: no clip."""
    track: TrackShape | None = None
    """How a sound file follows from the fields; None: none."""
    format_field: FieldName | None = None
    """The field that names the file format; None: the sub-model's own."""
    sub_models: Annotated[tuple[SubModel, ...], Meta(min_length=1)]
    routes: tuple[Route, ...] = ()
    capabilities: tuple[Sentence, ...]
    use_cases: tuple[Sentence, ...]
    example: Mapping[str, object]
    """A request body that works as it stands."""
    faq: tuple[Faq, ...] = ()
    our_choices: Mapping[str, Sentence] = {}
    """Fields where the reference is silent or contradicts itself, and why the value is what it is."""
    enabled: bool = True
    listed_on_panel: bool = True
    """Whether the comparison panel counts it; a successor joins beside the models that the panel is about."""

    @property
    def endpoint(self) -> Endpoint:
        """The route that creates this model's tasks."""
        return endpoint_named(self.endpoint_name)

    @property
    def default_sub_model(self) -> SubModel:
        """The sub-model that the catalogue id means."""
        return next((sub for sub in self.sub_models if sub.default), self.sub_models[0])

    def route_of(self, operation: str) -> Route | None:
        """This model's further route that makes such tasks; None where it has none, and for the endpoint's own."""
        if not operation:
            return None
        return next((route for route in self.routes if route.operation == operation), None)

    @cached_property
    def references(self) -> tuple[TaskReference, ...]:
        """The fields that name earlier tasks."""
        return references_among(self.parameters)

    @cached_property
    def media(self) -> tuple[Media | MediaList | Records, ...]:
        """The fields that may bring files along."""
        return tuple(one for one in self.parameters if isinstance(one, Media | MediaList | Records))

    def makes(self, operation: str) -> tuple[Literal["text"] | MediaKind, int]:
        """What a task of this operation makes ("": the endpoint's own), and how many files for one price."""
        route = self.route_of(operation)
        if route is None:
            return self.output, self.outputs_per_task
        outputs = self.outputs_per_task if route.outputs_per_task is None else route.outputs_per_task
        return route.output or self.output, outputs


class Choice(Struct, frozen=True):
    """What a client's `model` stands for."""

    entry: Entry
    sub_model: SubModel
