"""For any offer of the catalogue a body that it serves: its model's example, bent to what the offer asks for."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, assert_never, cast

from msgspec import UNSET, Struct

from api.create_bodies import FURTHER, SONG
from apiinone.catalog.conditions import MODEL_FIELD, holds
from apiinone.catalog.endpoints import CREATE_ROUTES, CreateRoute
from apiinone.catalog.entry import Choice, Entry, SubModel
from apiinone.catalog.fact import Condition
from apiinone.catalog.field_schema import parameters_of
from apiinone.catalog.load import Catalogue
from apiinone.catalog.offer import Offer, Send
from apiinone.catalog.parameters import (
    Flag,
    Fraction,
    Json,
    Media,
    MediaKind,
    MediaList,
    OneOf,
    OneOfNumbers,
    Parameter,
    Records,
    Size,
    TaskReference,
    Text,
    Whole,
    default_of,
)
from apiinone.catalog.price_rules import PerOutput
from apiinone.catalog.pricing import word
from apiinone.simulators.recordings import film, sound
from tiny_files import TINY

Body = dict[str, object]
ROUNDS_MAX: Final = 10
"""Rules between fields may follow from one another, but not for long."""
_BYTES: Final[Mapping[MediaKind, tuple[str, bytes]]] = {
    "image": ("image/png", TINY["raster"]),
    "video": ("video/mp4", film().data),
    "audio": ("audio/mpeg", sound().data),
}
_ENDINGS: Final[Mapping[MediaKind, str]] = {"image": "png", "video": "mp4", "audio": "mp3"}


class Served(Struct, frozen=True):
    """One offer, of what, and on which create route."""

    entry: Entry
    sub_model: SubModel
    offer: Offer
    made_by: CreateRoute

    @property
    def choice(self) -> Choice:
        """The model as a body means it."""
        return Choice(self.entry, self.sub_model)

    def __str__(self) -> str:
        """For a test's output."""
        offer = self.offer
        where = f"{offer.provider}: {offer.upstream_model}"
        return f"{self.sub_model.id} {offer.operation} at {where} when {[part.field for part in offer.when]}"


def served(catalogue: Catalogue) -> Iterator[Served]:
    """Every offer of a route that makes tasks."""
    routes = {(made_by.endpoint_name, made_by.operation): made_by for made_by in CREATE_ROUTES}
    for entry in catalogue.entries:
        for sub in entry.sub_models:
            for offer in sub.offers:
                made_by = routes.get((entry.endpoint_name, offer.operation))
                if made_by is not None:
                    yield Served(entry, sub, offer, made_by)


def body_for(served: Served, *, song: str = "") -> Body:
    """A body that this offer serves; `song` is the id of a finished song, for routes that work on one."""
    return _Bending(served, song).bent()


class _Bending:
    def __init__(self, served: Served, song: str) -> None:
        self._served = served
        self._offer = served.offer
        self._song = song
        route = served.entry.route_of(served.offer.operation)
        self._parameters: Sequence[Parameter] = parameters_of(served.entry, route)
        self._sends = {send.field: send for send in served.offer.send}
        example = served.entry.example if route is None else FURTHER[served.offer.operation]
        self._body: Body = {**example, MODEL_FIELD: served.sub_model.id}

    def bent(self) -> Body:
        """The body once nothing changes any more."""
        self._ask()
        for _ in range(ROUNDS_MAX):
            before = dict(self._body)
            for parameter in self._parameters:
                self._settle(parameter)
            if self._body == before:
                return self._with_whole_shots()
        raise AssertionError(f"no body for {self._served}")

    def _with_whole_shots(self) -> Body:
        """Shots last together as long as the clip."""
        shots = cast("list[Body]", self._body.get("multi_prompt", []))
        if len(shots) == 1:
            self._body["multi_prompt"] = [{**shots[0], "duration": self._body.get("duration", 1)}]
        return self._body

    def _ask(self) -> None:
        """What the offer itself asks for."""
        for condition in self._offer.when:
            if condition.field != MODEL_FIELD:
                self._body[condition.field] = condition.equals
        for name in self._offer.without:
            self._body.pop(name, None)
        rule = self._served.sub_model.price
        if isinstance(rule, PerOutput) and self._offer.outputs_max is not None:
            parameter = next(one for one in self._parameters if one.name == rule.field)
            count = int(cast("int | str", self._body.get(rule.field, default_of(parameter))))
            self._body[rule.field] = min(count, self._offer.outputs_max)

    def _settle(self, parameter: Parameter) -> None:
        """Give, change or drop one field."""
        name = parameter.name
        if self._out_of_place(parameter):
            self._body.pop(name, None)
        elif self._needed(parameter):
            self._body.setdefault(name, self._sample(parameter))
        if self._body.get(name) == SONG:
            self._body[name] = self._song
        send = self._sends.get(name)
        if send is not None and send.values and self._value(parameter) is not UNSET:
            self._keep_to(send, parameter)
        if isinstance(parameter, Media | MediaList) and name in self._body:
            self._body[name] = self._sample(parameter)

    def _needed(self, parameter: Parameter) -> bool:
        unless, when, other = parameter.required_unless, parameter.required_when, parameter.required_without
        return (
            parameter.required
            or parameter.name in self._offer.with_fields
            or (when is not None and self._holds(when))
            or (unless is not None and not self._holds(unless))
            or (other is not None and other not in self._body)
            or any(one.only_with == parameter.name and one.name in self._body for one in self._parameters)
        )

    def _out_of_place(self, parameter: Parameter) -> bool:
        only = parameter.only_when
        return parameter.name in self._offer.without or (only is not None and not self._holds(only))

    def _keep_to(self, send: Send, parameter: Parameter) -> None:
        """A value that the offer has a word for."""
        value = self._value(parameter)
        if word(value) not in send.values and value != send.omit_when:
            possible = _values(parameter)
            self._body[parameter.name] = next(one for one in possible if word(one) in send.values)

    def _value(self, parameter: Parameter) -> object:
        return self._body.get(parameter.name, default_of(parameter))

    def _holds(self, condition: Condition) -> bool:
        given = {one.name: self._value(one) for one in self._parameters if self._value(one) is not UNSET}
        return holds(condition, self._served.sub_model, given)

    def _sample(self, parameter: Parameter) -> object:
        sends = self._sends.get(parameter.name)
        as_file = sends is not None and sends.form == "file"
        value = sample(parameter, as_file=as_file)
        return 1 if not value and parameter.name in self._offer.with_fields else value


def sample(parameter: Parameter, *, as_file: bool = False) -> object:  # noqa: C901 - one line for each kind
    """A value that the field takes; `as_file`: media whose bytes stand in the body."""
    match parameter:
        case Text():
            return (*parameter.examples, "a hill at dawn")[0]
        case OneOf() | OneOfNumbers() | Flag():
            return _values(parameter)[0]
        case Whole() | Fraction():
            return parameter.min
        case Size():
            return parameter.default
        case Media():
            return _media(parameter.of, as_file=as_file)
        case MediaList():
            return [_media(parameter.of, as_file=as_file)]
        case TaskReference():
            return SONG
        case Records():
            one = {field.name: sample(field, as_file=as_file) for field in parameter.fields if field.required}
            return [one] * parameter.items_min
        case Json():
            raise AssertionError(f"{parameter.name} has a form of its own: the example must bring it")
        case _:
            assert_never(parameter)


def _values(parameter: Parameter) -> Sequence[object]:
    match parameter:
        case OneOf() | OneOfNumbers():
            return parameter.values
        case Flag():
            return (False, True)
        case Whole():
            return range(parameter.min, parameter.max + 1)
        case _:
            return ()


def _media(of: MediaKind, *, as_file: bool) -> str:
    if not as_file:
        return f"https://files.example.com/input.{_ENDINGS[of]}"
    media_type, data = _BYTES[of]
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
