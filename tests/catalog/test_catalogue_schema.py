import json
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator, meta

from apiinone.catalog.entry import Entry
from apiinone.catalog.schema import Bodies, body_schema, refuse_callback_without_webhook
from apiinone.core.credits import parse
from apiinone.core.errors import BadRequest
from catalog.body_strategies import UNHURRIED, any_json, near_bodies
from catalog.catalogue_for_tests import BODIES, CATALOGUE, chosen, least_body, overlaid, parsed

ENTRIES = pytest.mark.parametrize("entry", CATALOGUE.entries, ids=lambda entry: entry.id)
DEEP: object = json.loads("[" * 100 + "]" * 100)


def refusal_of(name: str, body: dict[str, object]) -> BadRequest | None:
    try:
        BODIES.parse(chosen(name), body)
    except BadRequest as error:
        return error
    return None


def refused(name: str, body: dict[str, object]) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        BODIES.parse(chosen(name), body)
    return caught.value


@ENTRIES
def test_a_schema_is_json_schema_and_takes_the_models_example(entry: Entry) -> None:
    schema = body_schema(entry)
    assert meta.is_valid(schema)
    assert json.loads(msgspec.json.encode(schema)) == schema
    assert Draft202012Validator(schema).is_valid(entry.example)


@ENTRIES
def test_a_schema_describes_every_field(entry: Entry) -> None:
    properties = body_schema(entry)["properties"]
    assert isinstance(properties, dict)
    assert all("description" in field for field in properties.values())  # pyright: ignore[reportUnknownVariableType]


@ENTRIES
def test_the_example_is_read_with_defaults_written(entry: Entry) -> None:
    found = BODIES.parse(chosen(str(entry.example["model"])), entry.example)
    assert found.fields.items() >= {k: v for k, v in entry.example.items() if k != "model"}.items()
    assert (found.callback_url, found.metadata, found.deadline_s, found.max_credits) == (None, {}, None, None)


def test_defaults_are_those_of_the_reference() -> None:
    assert parsed("recraft-v4").fields == {
        "prompt": "A minimalist line art illustration of a mountain landscape, clean design",
        "image_size": "1024x1024",
    }
    assert parsed("kling-3").fields.items() >= {"mode": "std", "duration": 5, "sound": True}.items()


def test_model_may_be_left_out_on_images_alone() -> None:
    assert BODIES.parse(chosen("recraft-v4-text-to-image"), {"prompt": "A fox"}).fields["prompt"] == "A fox"
    assert refused("flux-2", {"prompt": "A fox"}).param == "/model"
    assert refused("suno", {"prompt": "A fox"}).param == "/model"


def test_common_fields_are_taken_apart() -> None:
    found = parsed(
        "flux-2",
        callback_url="https://example.com/hook?x=1",
        metadata={"order": "7"},
        deadline_s=60.0,
        result_ttl_s=3600,
        max_credits=12.000001,
        quote_id="qt_0A-b",
    )
    assert found.callback_url == "https://example.com/hook?x=1"
    assert found.metadata == {"order": "7"}
    assert (found.deadline_s, found.result_ttl_s) == (60, 3600)
    assert type(found.deadline_s) is int
    assert found.max_credits == parse("12.000001")
    assert found.quote_id == "qt_0A-b"
    assert not {"metadata", "max_credits", "model"} & set(found.fields)


def test_a_whole_number_is_one_however_it_is_written() -> None:
    (written, meant) = (parsed("kling-3", duration=duration).fields["duration"] for duration in (5.0, 5))
    assert (type(written), written) == (type(meant), meant) == (int, 5)


@pytest.mark.parametrize(
    ("written", "micro"), [(0, 0), (1, 1_000_000), (0.1, 100_000), (1e-6, 1), (999_999.999999, 999_999_999_999)]
)
def test_max_credits_is_exact(written: float, micro: int) -> None:
    assert parsed("recraft-v4", max_credits=written).max_credits == micro


def test_a_whole_number_written_with_a_point_is_an_int() -> None:
    count = parsed("kling-image-o1", num_images=3.0).fields["num_images"]
    assert (count, type(count)) == (3, int)
    bitrate = parsed("minimax-music", bitrate=64000.0).fields["bitrate"]
    assert (bitrate, type(bitrate)) == (64000, int)


@pytest.mark.parametrize(
    ("name", "extra", "param", "told"),
    [
        ("recraft-v4", {"promt": "x"}, "/promt", "'prompt'"),
        ("recraft-v4", {"n": 1}, "/n", "Unknown field"),
        ("recraft-v4", {"quality": "hd"}, "/quality", "Unknown field"),
        ("recraft-v4", {"a/b~c": 1}, "/a~1b~0c", "Unknown field"),
        ("recraft-v4", {"prompt": 5}, "/prompt", "a string"),
        ("recraft-v4", {"prompt": None}, "/prompt", "a string"),
        ("recraft-v4", {"prompt": ""}, "/prompt", "empty"),
        ("recraft-v4", {"prompt": "x" * 10_001}, "/prompt", "10000"),
        ("recraft-v4", {"prompt": "x" * 10_000_000}, "/prompt", "10000"),
        ("recraft-v4", {"model": "recraft-v5"}, "/model", "recraft-v4-text-to-vector"),
        ("recraft-v4", {"image_size": "1024"}, "/image_size", "1024x1024"),
        ("recraft-v4", {"image_size": "63x1024"}, "/image_size", "64"),
        ("recraft-v4", {"image_size": "1024x4097"}, "/image_size", "4096"),
        ("recraft-v4", {"image_size": "1024x1024\n"}, "/image_size", "1024x1024"),
        ("recraft-v4", {"image_size": "16:9"}, "/image_size", "1024x1024"),
        ("cogview-4", {"size": "511*512"}, "/size", "512"),
        ("hunyuan-image-3", {"size": "1024*2048"}, "/size", "1536"),
        ("cogview-4", {"quality": "ultra"}, "/quality", "standard, hd"),
        ("cogview-4", {"prompt": "x" * 1001}, "/prompt", "1000"),
        ("flux-2", {"prompt": "ab"}, "/prompt", "at least 3"),
        ("flux-2", {"aspect_ratio": "1x1"}, "/aspect_ratio", "16:9"),
        ("flux-2", {"input_urls": []}, "/input_urls", "at least 1"),
        ("flux-2", {"input_urls": ["https://example.com/a.png"] * 9}, "/input_urls", "at most 8"),
        ("flux-2", {"input_urls": ["http://example.com/a.png"]}, "/input_urls/0", "https"),
        ("flux-2", {"input_urls": ["https://user:pass@example.com/"]}, "/input_urls/0", "https"),
        ("flux-2", {"input_urls": ["file:///etc/passwd"]}, "/input_urls/0", "https"),
        ("flux-2", {"input_urls": ["data:text/html;base64,PGI+"]}, "/input_urls/0", "image"),
        ("flux-2", {"input_urls": ["https://example.com/" + "a" * 2048]}, "/input_urls/0", "2048"),
        ("kling-image-o1", {"num_images": 0}, "/num_images", "between 1 and 9"),
        ("kling-image-o1", {"num_images": 10}, "/num_images", "between 1 and 9"),
        ("kling-image-o1", {"num_images": True}, "/num_images", "whole number"),
        ("kling-image-o1", {"num_images": 1.5}, "/num_images", "whole number"),
        ("kling-image-o1", {"num_images": "1"}, "/num_images", "whole number"),
        ("kling-image-o1", {"num_images": 10**30}, "/num_images", "64 bits"),
        ("imagen4", {"num_images": 5}, "/num_images", "between 1 and 4"),
        ("seedream/4.5-edit", {}, "/image_urls", "required when 'model' is 'seedream/4.5-edit'"),
        ("seedream-4-5", {"image_urls": ["https://a.example/"]}, "/image_urls", "only when"),
        ("hunyuan-image-3", {"type": "edit"}, "/images", "required when 'type' is 'edit'"),
        ("hunyuan-image-3", {"images": ["https://a.example/"]}, "/images", "only when"),
        ("ideogram-v3", {"mask_image": "https://a.example/"}, "/mask_image", "together with 'image'"),
        ("grok-imagine/upscale", {}, "/task_id", "required when"),
        ("grok-imagine/upscale", {"task_id": "../../x"}, "/task_id", "form"),
        ("hailuo-2-3", {"duration": "10", "resolution": "1080P"}, "/duration", "768P only"),
        ("wan/2-6-video-to-video", {"video_urls": ["https://a.example/"], "duration": "15"}, "/duration", "5 or 10"),
        ("kling-3", {"multi_shots": True}, "/multi_prompt", "required when 'multi_shots' is 'true'"),
        ("kling-3", {"multi_shots": True, "multi_prompt": [{"prompt": "x"}]}, "/multi_prompt/0/duration", "required"),
        ("elevenlabs-v3", {"dialogue": [{"txt": "x", "text": "x"}]}, "/dialogue/0/txt", "'text'"),
        ("elevenlabs-v3", {"stability": 1.1}, "/stability", "between"),
        ("recraft-v4", {"callback_url": "ftp://example.com"}, "/callback_url", "http"),
        ("recraft-v4", {"callback_url": "https://a b"}, "/callback_url", "http"),
        ("recraft-v4", {"metadata": {"k": 1}}, "/metadata/k", "a string"),
        ("recraft-v4", {"metadata": {"k": "x" * 513}}, "/metadata/k", "512"),
        ("recraft-v4", {"metadata": {"k" * 65: "x"}}, "/metadata", "names up to 64"),
        ("recraft-v4", {"metadata": {"": "x"}}, "/metadata", "names up to 64"),
        ("recraft-v4", {"metadata": {str(n): "x" for n in range(17)}}, "/metadata", "16"),
        ("recraft-v4", {"metadata": []}, "/metadata", "an object"),
        ("recraft-v4", {"deadline_s": 0}, "/deadline_s", "between 1 and 86400"),
        ("recraft-v4", {"result_ttl_s": 59}, "/result_ttl_s", "between 60 and 2592000"),
        ("recraft-v4", {"max_credits": -1}, "/max_credits", "between 0"),
        ("recraft-v4", {"max_credits": 0.0000001}, "/max_credits", "six decimals"),
        ("recraft-v4", {"max_credits": "1"}, "/max_credits", "a number"),
        ("recraft-v4", {"max_credits": float("nan")}, "/max_credits", "finite"),
        ("recraft-v4", {"max_credits": float("inf")}, "/max_credits", "finite"),
        ("recraft-v4", {"quote_id": "x y"}, "/quote_id", "form"),
        ("recraft-v4", {"prompt": "a\0b"}, "/prompt", "NUL"),
        ("recraft-v4", {"prompt": "a\ud800b"}, "/prompt", "surrogate"),
        ("recraft-v4", {"\ud800": 1}, "/\\ud800", "surrogate"),
        ("recraft-v4", {"a\0": 1}, "/a\\x00", "NUL"),
        ("recraft-v4", {"metadata": {"k": "\0"}}, "/metadata/k", "NUL"),
        ("recraft-v4", {"metadata": {"k\ud800": "v"}}, "/metadata/k\\ud800", "surrogate"),
        ("recraft-v4", {"prompt": {"deep": 10**19}}, "/prompt/deep", "64 bits"),
        ("gemini", {"tools": [{"deep": DEEP}]}, None, "nested"),
    ],
)
def test_a_wrong_body_is_refused_by_field(name: str, extra: dict[str, object], param: str | None, told: str) -> None:
    error = refused(name, least_body(name) | extra)
    assert told in error.message
    assert param is None or error.param == param


def test_the_default_sub_model_counts_when_a_condition_speaks_of_the_model() -> None:
    assert refused("grok-imagine", {"model": "grok-imagine"}).param == "/prompt"
    assert parsed("grok-imagine/upscale", task_id="n31abc_grok").fields == {"task_id": "n31abc_grok"}
    assert refused("seedream-4-5", {"model": "seedream-4-5", "prompt": "x", "image_urls": ["https://a.example/"]})


def test_a_field_left_out_has_its_default_where_a_condition_speaks_of_it(tmp_path: Path) -> None:
    fields = (
        "parameters:\n  - {kind: enum, name: quality, about: Q., values: [standard, hd], default: hd}\n"
        "  - {kind: text, name: prompt, about: Words., required_when: {field: quality, equals: hd}}\n"
        "  - {kind: text, name: why, about: Why., only_when: {field: quality, equals: hd}}\n"
    )
    choice = chosen("cogview-4", overlaid(tmp_path, {"cogview-4.yaml": fields}))
    with pytest.raises(BadRequest) as caught:
        Bodies().parse(choice, {"model": "cogview-4"})
    assert caught.value.param == "/prompt"
    assert Bodies().parse(choice, {"model": "cogview-4", "prompt": "x", "why": "y"}).fields["quality"] == "hd"
    assert Bodies().parse(choice, {"model": "cogview-4", "quality": "standard"}).fields == {"quality": "standard"}


def test_an_unknown_field_is_told_before_anything_else() -> None:
    body: dict[str, object] = {"promt": "x", "image_size": "big", "deadline_s": "soon"}
    assert refused("recraft-v4", body).param == "/promt"


def test_a_long_value_is_not_repeated_in_the_message() -> None:
    error = refused("recraft-v4", {"prompt": "x", "y" * 10_000: 1})
    assert len(error.message) < 200
    assert len(error.param or "") < 100


def test_a_live_key_needs_a_model_with_webhooks_for_a_callback() -> None:
    refuse_callback_without_webhook(parsed("flux-2", callback_url="https://example.com/"))
    refuse_callback_without_webhook(parsed("recraft-v4"))
    with pytest.raises(BadRequest) as caught:
        refuse_callback_without_webhook(parsed("recraft-v4", callback_url="https://example.com/"))
    assert caught.value.param == "/callback_url"


@UNHURRIED
@given(st.data())
def test_no_json_at_all_raises_anything_but_a_refusal_that_names_a_field(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(CATALOGUE.choices)))
    body = data.draw(st.dictionaries(st.text(), any_json(), max_size=5))
    refusal = refusal_of(name, least_body(name) | body)
    if refusal is not None:
        assert refusal.param is not None
        assert refusal.param.startswith("/")
        (refusal.message + refusal.param).encode()


@UNHURRIED
@given(st.data())
def test_parsing_and_the_published_schema_agree(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(CATALOGUE.choices)))
    body = data.draw(near_bodies(chosen(name).entry, name))
    accepted = refusal_of(name, body) is None
    assert accepted == Draft202012Validator(body_schema(chosen(name).entry)).is_valid(body)


def test_a_valid_body_is_read_in_microseconds() -> None:
    choice, body = chosen("recraft-v4"), dict(chosen("recraft-v4").entry.example)
    BODIES.parse(choice, body)

    def cost_us() -> float:
        start = time.process_time()
        for _ in range(2000):
            BODIES.parse(choice, body)
        return (time.process_time() - start) / 2000 * 1e6

    assert min(cost_us() for _ in range(5)) < 15
