"""What others wrote and we serve as it is: it is theirs to the byte.

htmx is renewed by hand: `npm pack htmx.org@<version>`, take `package/dist/htmx.min.js` out of the archive, compare
its sha384 with the `integrity` that `package/README.md` names for a script tag, write both hashes here and the version
with the licence into `htmx.md`, read the changes since, then run tests/browser.
"""

import base64
import hashlib

from apiinone.web.static_files import FOLDERS, StaticFiles

VENDORED = FOLDERS[1]
VERSION = "2.0.11"
SHA_256 = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
INTEGRITY = "2OatzQy1H+Zd/IIrjr1TcuDGqLXeHhbooAyJY1KdQMKnr4LZ22k31GBLdYKHmVjg"
"""As its makers publish it (README of the package, quick start)."""
PACKED_BYTES_MAX = 17_000


def test_htmx_is_what_its_makers_ship() -> None:
    data = (VENDORED / "htmx.min.js").read_bytes()
    assert hashlib.sha256(data).hexdigest() == SHA_256
    assert base64.b64encode(hashlib.sha384(data).digest()).decode() == INTEGRITY
    assert f'version:"{VERSION}"'.encode() in data


def test_beside_what_others_wrote_stand_its_version_and_its_licence() -> None:
    (said,) = [path.read_text() for path in VENDORED.glob("*.md")]
    assert said.startswith(f"# htmx {VERSION}\n")
    assert "Permission to use, copy, modify, and/or distribute this software" in said
    assert {path.name for path in VENDORED.iterdir()} == {"htmx.md", "htmx.min.js"}


def test_it_is_served_by_us_under_an_address_that_changes_with_it_and_its_licence_is_no_page() -> None:
    static = StaticFiles()
    found = static.document(static.address("htmx.min.js"))
    assert found is not None
    assert hashlib.sha256(found.body).hexdigest() == SHA_256
    assert SHA_256[:12] in static.address("htmx.min.js")
    assert len(found.packed) <= PACKED_BYTES_MAX
    assert static.document(static.address("htmx.min.js").replace("htmx.min", "htmx").replace(".js", ".md")) is None
