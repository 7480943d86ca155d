"""A template is compiled once, whoever reads it first, and says to each reader what their language says."""

from pathlib import Path

import pytest

from apiinone.web import compiled_templates, templates_of_pages
from apiinone.web.compiled_templates import CompiledTemplates
from apiinone.web.languages import Languages
from apiinone.web.static_files import StaticFiles
from apiinone.web.templates_of_pages import Templates

NAME = "said.html.j2"
ONLY = "la única oferta configurada"
SAID = {
    "{{ 'image' | kind }}": ("image", "imagen"),
    "{{ 'active' | named('account') }}": ("active", "activa"),
    "{{ 'the only configured offer' | why_chosen }}": ("the only configured offer", ONLY),
    "{{ 2 | credits }}": ("2 credits", "2 créditos"),
    "{{ _('Sign in') }}": ("Sign in", "Entrar"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(templates_of_pages, "FOLDER", tmp_path)
    monkeypatch.setattr(compiled_templates, "CompiledTemplates", CompiledTemplates)
    return tmp_path


@pytest.mark.parametrize("text", SAID)
def test_what_a_template_says_of_a_constant_is_in_the_readers_language(folder: Path, text: str) -> None:
    (folder / NAME).write_text(text)
    templates = Templates(StaticFiles(), Languages())
    assert (templates.filled(NAME, {}), templates.filled(NAME, {}, "es")) == SAID[text]


def test_a_template_that_was_changed_is_another(folder: Path) -> None:
    templates = Templates(StaticFiles(), Languages())
    (folder / NAME).write_text("before")
    assert templates.filled(NAME, {}) == "before"
    (folder / NAME).write_text("after")
    assert templates.filled(NAME, {}, "es") == "after"
