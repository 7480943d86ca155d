"""Markdown to HTML, for documents of our own: tables and code, no raw HTML, headings that can be linked to."""

import re
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.token import Token


def to_html(text: str) -> str:
    """The HTML of a document."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - a server that is only asked for its API does without

    reader = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
    tokens = reader.parse(text)
    for heading, words in pairwise(tokens):
        if heading.type == "heading_open":
            heading.attrSet("id", slug(words.content))
            heading.tag = "h2"  # the page's title is the only h1, and parts of documents have one level below it
        if heading.type in ("fence", "code_block"):
            heading.attrSet("tabindex", "0")
    for token in tokens:
        if token.type == "heading_close":
            token.tag = "h2"
        if token.attrGet("style") is not None:  # columns are aligned by a class: the pages' policy allows no style here
            token.attrs = {"class": "right"} if "right" in str(token.attrs["style"]) else {}
    return str(reader.renderer.render(_scrolling(tokens), reader.options, {}))


def slug(heading: str) -> str:
    """A heading's name in addresses: `Send once: Idempotency-Key` is `send-once-idempotency-key`."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _scrolling(tokens: "list[Token]") -> "list[Token]":
    """Tables inside a box that scrolls by itself, so that a page never does sideways."""
    from markdown_it.token import Token  # noqa: PLC0415 - as above

    found: list[Token] = []
    for token in tokens:
        if token.type == "table_open":
            box = Token("box_open", "div", 1)
            box.attrSet("class", "scrolls")
            box.attrSet("tabindex", "0")
            box.attrSet("role", "region")
            box.attrSet("aria-label", "Table")
            found.append(box)
        found.append(token)
        if token.type == "table_close":
            found.append(Token("box_close", "div", -1))
    return found
