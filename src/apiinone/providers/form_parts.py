"""An order as the parts of a form: texts first, then the files, each with a name that tells its kind."""

from collections.abc import Mapping

from apiinone.core.exchange import File, Part


def form_parts(
    fields: Mapping[str, object], files: Mapping[str, tuple[File, ...]], *, of_several: str = "[]"
) -> tuple[Part, ...]:
    """One file goes by its field's own name; of several each by that name and `of_several`, where the vendor has it."""
    texts = [Part(name, _text(value)) for name, value in fields.items()]
    parts = [
        Part(name if len(several) == 1 else f"{name}{of_several}", file, f"{name}-{number}.{_ending(file)}")
        for name, several in files.items()
        for number, file in enumerate(several, 1)
    ]
    return (*texts, *parts)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _ending(file: File) -> str:
    return file.content_type.partition("/")[2] or "bin"
