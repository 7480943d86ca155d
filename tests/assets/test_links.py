import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.assets.links import (
    LIFETIME_S_MAX,
    OUTPUT_HEADERS,
    Expired,
    Forged,
    OutputPath,
    Valid,
    content_disposition,
    sign,
    verify,
)
from apiinone.core.secret import Secret

NOW_S = 1_795_000_000
PATH = OutputPath("live", "a" * 26, "t" * 26, 0)
SECRETS = {"k1": Secret("first-secret"), "k2": Secret("second-secret")}


def query(path: OutputPath = PATH, key_id: str = "k1", lifetime_s: int = 600) -> dict[str, str]:
    signed = sign(key_id, SECRETS[key_id], path=path, expires_at_s=NOW_S + lifetime_s, now_s=NOW_S)
    return dict(part.split("=") for part in signed.split("&"))


def test_a_link_is_good_until_it_expires_and_not_a_second_longer() -> None:
    link = query(lifetime_s=600)
    assert verify(SECRETS, link, path=PATH, now_s=NOW_S) == Valid()
    assert verify(SECRETS, link, path=PATH, now_s=NOW_S + 599) == Valid()
    assert verify(SECRETS, link, path=PATH, now_s=NOW_S + 600) == Expired()


def test_a_link_lasts_an_hour_at_most() -> None:
    assert verify(SECRETS, query(lifetime_s=LIFETIME_S_MAX), path=PATH, now_s=NOW_S) == Valid()
    for lifetime_s in (LIFETIME_S_MAX + 1, 0, -1):
        with pytest.raises(ValueError, match="hour"):
            query(lifetime_s=lifetime_s)
    assert verify(SECRETS, query(lifetime_s=LIFETIME_S_MAX), path=PATH, now_s=NOW_S - 1) == Forged()


@pytest.mark.parametrize(
    "other",
    [
        OutputPath("test", "a" * 26, "t" * 26, 0),
        OutputPath("live", "b" * 26, "t" * 26, 0),
        OutputPath("live", "a" * 26, "u" * 26, 0),
        OutputPath("live", "a" * 26, "t" * 26, 1),
        OutputPath("live", "a" * 25, "a" + "t" * 26, 0),
        OutputPath("live", "a" * 26, "t" * 26 + ",1:0", 0),
    ],
)
def test_a_link_opens_one_output_only(other: OutputPath) -> None:
    assert verify(SECRETS, query(), path=other, now_s=NOW_S) == Forged()


def test_every_part_of_a_link_is_signed() -> None:
    link = query()
    changed = [
        {**link, "expires": str(NOW_S + 601)},
        {**link, "key": "k2"},
        {**link, "key": "k3"},
        {**link, "signature": link["signature"][:-1] + ("0" if link["signature"][-1] != "0" else "1")},
        {**link, "signature": link["signature"].upper()},
        {**link, "signature": ""},
        {**link, "expires": "-1"},
        {**link, "expires": "1e9"},
        {**link, "expires": "\u0661"},
        {**link, "expires": "9" * 5000},
        {**link, "signature": "\ud800"},
        *({name: value for name, value in link.items() if name != left_out} for left_out in link),
        {},
    ]
    for forged in changed:
        assert verify(SECRETS, forged, path=PATH, now_s=NOW_S) == Forged(), forged


def test_keys_rotate_by_their_id() -> None:
    old, new = query(key_id="k1"), query(key_id="k2")
    only_new = {"k2": SECRETS["k2"]}
    assert verify(SECRETS, old, path=PATH, now_s=NOW_S) == Valid()
    assert verify(only_new, new, path=PATH, now_s=NOW_S) == Valid()
    assert verify(only_new, old, path=PATH, now_s=NOW_S) == Forged()
    assert verify({"k1": SECRETS["k2"]}, old, path=PATH, now_s=NOW_S) == Forged()


@given(st.dictionaries(st.sampled_from(["expires", "key", "signature", "x"]), st.text(max_size=80)))
def test_no_query_does_anything_but_be_judged(query: dict[str, str]) -> None:
    assert verify(SECRETS, query, path=PATH, now_s=NOW_S) == Forged()


def test_outputs_are_served_with_nothing_allowed() -> None:
    assert OUTPUT_HEADERS["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert OUTPUT_HEADERS["X-Content-Type-Options"] == "nosniff"
    assert OUTPUT_HEADERS["Referrer-Policy"] == "no-referrer"
    assert OUTPUT_HEADERS["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("filename", "header"),
    [
        ("mountain.png", 'inline; filename="mountain.png"'),
        ("a mountain (2).png", 'inline; filename="a mountain (2).png"'),
        ("Übung.png", "inline; filename=\"_bung.png\"; filename*=UTF-8''%C3%9Cbung.png"),
        ('a"b.png', "inline; filename=\"a_b.png\"; filename*=UTF-8''a%22b.png"),
        ("a;b%20.png", "inline; filename=\"a_b_20.png\"; filename*=UTF-8''a%3Bb%2520.png"),
        ("../../etc/passwd", 'inline; filename="passwd"'),
        ("C:\\Windows\\x.svg", 'inline; filename="x.svg"'),
        ("x\r\nSet-Cookie: a=b", "inline; filename=\"xSet-Cookie_ a_b\"; filename*=UTF-8''xSet-Cookie%3A%20a%3Db"),
        (".hidden", 'inline; filename="hidden"'),
        ("", 'inline; filename="output"'),
        ("...", 'inline; filename="output"'),
    ],
)
def test_a_file_name_cannot_leave_its_header_or_folder(filename: str, header: str) -> None:
    assert content_disposition(filename) == header


@given(st.text())
def test_any_file_name_makes_one_header_line_in_plain_ascii(filename: str) -> None:
    header = content_disposition(filename)
    assert header.isascii()
    assert header.isprintable()
    assert len(header) < 3000
    assert header.count('"') == 2
    assert "/" not in header
