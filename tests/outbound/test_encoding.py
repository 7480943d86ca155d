"""Forms with files, and where the credential stands: the only place where it joins a request."""

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.core.exchange import Auth, File, InHeader, Part, Request
from apiinone.core.secret import Secret
from apiinone.outbound import NotSent
from apiinone.outbound.encoding import encoded
from outbound.loopback import Loopback, sender

SECRET = Secret("key-of-the-operator")
PNG = File(b"\x89PNG\r\n\x1a\n\x00\r\n--", "image/png")


def form(*parts: Part) -> Request:
    return Request("POST", "https://api.example/", "none", form=parts)


def parsed(content_type: str, body: bytes) -> list[Message]:
    """By the standard library, not by our code."""
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    return list(message.iter_parts())


def test_a_form_is_read_by_others_as_it_was_described() -> None:
    parts = (Part("prompt", "ein Füchschen"), Part("n", "2"), Part("image[]", PNG, "image-1.png"))
    body, headers = encoded(form(*parts), None, 0)
    prompt, number, image = parsed(headers["Content-Type"], body)
    assert [part.get_param("name", header="content-disposition") for part in (prompt, number, image)] == [
        "prompt",
        "n",
        "image[]",
    ]
    assert (prompt.get_payload(decode=True), number.get_payload(decode=True)) == ("ein Füchschen".encode(), b"2")
    assert prompt.get_filename() is None
    assert (image.get_filename(), image.get_content_type()) == ("image-1.png", "image/png")
    assert body.count(PNG.data) == 1


def test_the_bytes_on_the_wire_are_those_of_the_standard() -> None:
    body, headers = encoded(form(Part("a", "1"), Part("b", File(b"\0\r\n", "image/png"), "b.png")), None, 0)
    line = headers["Content-Type"].removeprefix("multipart/form-data; boundary=").encode()
    assert body == (
        b"--" + line + b'\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
        b"--" + line + b'\r\nContent-Disposition: form-data; name="b"; filename="b.png"\r\n'
        b"Content-Type: image/png\r\n\r\n\0\r\n\r\n"
        b"--" + line + b"--\r\n"
    )


@given(st.lists(st.tuples(st.text(st.characters(codec="ascii"), min_size=1), st.binary(max_size=99)), min_size=1))
def test_no_file_can_end_its_part_before_it_ends(files: list[tuple[str, bytes]]) -> None:
    parts = [Part(name, File(data, "image/png"), name) for name, data in files]
    body, headers = encoded(form(*parts), None, 0)
    line = b"--" + headers["Content-Type"].rpartition("=")[2].encode()
    assert body.count(line) == len(parts) + 1
    pieces = (b"\r\n" + body).split(b"\r\n" + line)[1:-1]
    assert [piece.partition(b"\r\n\r\n")[2] for piece in pieces] == [data for _, data in files]


@pytest.mark.parametrize("name", ['a"; filename="evil', "a\r\nX-Evil: 1", "a\nb", "a\rb"])
def test_a_name_cannot_break_out_of_its_line(name: str) -> None:
    body, _ = encoded(form(Part(name, "1"), Part("b", PNG, name)), None, 0)
    heads = [part.partition(b"\r\n\r\n")[0] for part in body.split(b"Content-Disposition")[1:]]
    assert b"\r\nX-Evil" not in body
    assert [head.count(b'"') for head in heads] == [2, 4]


def test_the_same_form_gives_the_same_bytes_and_another_form_another_boundary() -> None:
    once, again, other = (encoded(form(Part("a", text)), None, 0) for text in ("1", "1", "2"))
    assert once == again
    assert once[1] != other[1]


def test_a_text_that_is_no_text_is_not_sent() -> None:
    with pytest.raises(NotSent) as failed:
        encoded(form(Part("a", "\ud800")), None, 0)
    assert failed.value.reason == "unencodable"


def test_json_goes_before_a_form() -> None:
    body, headers = encoded(Request("POST", "https://a.example/", "none", json={}, form=(Part("a", "1"),)), None, 0)
    assert (body, headers) == (b"{}", {"Content-Type": "application/json"})


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        ("bearer", ("Authorization", "Bearer key-of-the-operator")),
        ("bearer_if_any", ("Authorization", "Bearer key-of-the-operator")),
        (InHeader("x-goog-api-key"), ("x-goog-api-key", "key-of-the-operator")),
        (InHeader("Authorization", "Key "), ("Authorization", "Key key-of-the-operator")),
    ],
)
def test_the_credential_stands_in_the_one_header_that_the_vendor_names(auth: Auth, header: tuple[str, str]) -> None:
    _, headers = encoded(Request("GET", "https://a.example/", auth), SECRET, 0)
    assert headers == dict([header])


def test_no_credential_is_sent_where_none_is_asked_for_or_there_is_none_to_send() -> None:
    assert encoded(Request("GET", "https://a.example/", "none"), SECRET, 0)[1] == {}
    assert encoded(Request("GET", "https://a.example/", "bearer_if_any"), None, 0)[1] == {}


@pytest.mark.parametrize("auth", ["bearer", InHeader("x-key")])
def test_a_request_that_needs_a_credential_is_not_sent_without(auth: Auth) -> None:
    with pytest.raises(NotSent) as failed:
        encoded(Request("GET", "https://a.example/", auth), None, 0)
    assert failed.value.reason == "credential_missing"


def test_a_described_header_cannot_take_the_credentials_place() -> None:
    described = Request("GET", "https://a.example/", "bearer", headers={"Authorization": "Bearer other"})
    assert encoded(described, SECRET, 0)[1] == {"Authorization": "Bearer key-of-the-operator"}


async def test_a_form_with_the_credential_in_a_header_of_the_vendors_arrives_whole() -> None:
    request = Request("POST", "", InHeader("x-key"), form=(Part("image", PNG, "a.png"),), timeout_s=5)
    async with Loopback() as server, sender(server.netloc) as outbound:
        sent = Request("POST", f"{server.url}/v1", request.auth, form=request.form, timeout_s=5)
        await outbound.send(sent, secret=SECRET, hosts=(server.netloc,))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert b"\r\nx-key: key-of-the-operator" in head
    assert b"uthorization" not in head
    assert body == encoded(sent, SECRET, 0)[0]
