import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.assets.data_url import DataUrl, decode_data_url
from apiinone.assets.media import Refused, Unacceptable


@pytest.mark.parametrize(
    ("text", "content_type", "data"),
    [
        ("data:image/png;base64,AQID", "image/png", b"\x01\x02\x03"),
        ("DATA:Image/PNG;BASE64,AQ==", "image/png", b"\x01"),
        ("data:image/png;name=a.png;base64,AQ%3D%3D", "image/png", b"\x01"),
        ("data:;base64,AQID", "text/plain", b"\x01\x02\x03"),
        ("data:,a%20b", "text/plain", b"a b"),
        ("data:image/svg+xml;charset=utf-8,%3Csvg/%3E", "image/svg+xml", b"<svg/>"),
        ("data:image/png;base64,", "image/png", b""),
        ("data:,a,b", "text/plain", b"a,b"),
    ],
)
def test_both_encodings_are_read(text: str, content_type: str, data: bytes) -> None:
    assert decode_data_url(text, 10) == DataUrl(content_type, data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://example.com/x.png",
        "data:image/png;base64",
        "data:image/png;base64,AQI",
        "data:image/png;base64,A QID",
        "data:image/png;base64,AQ==AQ==",
        "data:image/png;base64,é",
        "data:image/png;base64,\ud800",
        "data:,\ud800",
        "data:image;base64,AQID",
        "data:image/png\n;base64,AQID",
        "data:" + "a" * 400 + "/x,",
        "data:a/b" + ";a=b" * 100 + "!",
    ],
)
def test_what_is_not_whole_is_broken(text: str) -> None:
    assert refusal(text, 10) == "broken"


def refusal(text: str, bytes_max: int) -> Refused:
    with pytest.raises(Unacceptable) as caught:
        decode_data_url(text, bytes_max)
    return caught.value.reason


@given(st.binary(max_size=40))
def test_the_limit_is_exact(data: bytes) -> None:
    encoded = "data:image/png;base64," + base64.b64encode(data).decode()
    escaped = "data:image/png," + "".join(f"%{byte:02x}" for byte in data)
    for text in (encoded, escaped):
        assert decode_data_url(text, len(data)).data == data
        if data:
            assert refusal(text, len(data) - 1) == "too_large"


def test_nothing_above_the_limit_is_even_decoded() -> None:
    assert refusal("data:image/png;base64," + "*" * 100, 10) == "too_large"


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for url in (text, f"data:{text}", f"data:a/b;base64,{text}", f"data:,{text}"):
        with contextlib.suppress(Unacceptable):
            assert len(decode_data_url(url, 20).data) <= 20
