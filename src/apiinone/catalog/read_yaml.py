"""Reads one data file of the catalogue."""

from pathlib import Path
from typing import Any, cast

import msgspec
import msgspec.yaml

from apiinone.catalog.fact import CatalogueInvalid

FILE_BYTES_MAX = 256 * 1024


def read_yaml(path: Path) -> dict[str, Any]:
    """The fields of a file. Raises CatalogueInvalid where it is too large, no YAML or no mapping."""
    data = path.read_bytes()
    if len(data) > FILE_BYTES_MAX:
        raise CatalogueInvalid(f"{path.name}: larger than {FILE_BYTES_MAX} bytes")
    try:
        raw: object = msgspec.yaml.decode(data)
    except (msgspec.DecodeError, ValueError) as error:
        raise CatalogueInvalid(f"{path.name}: not YAML: {error}") from error
    if not isinstance(raw, dict):
        raise CatalogueInvalid(f"{path.name}: not a mapping of fields")
    return cast("dict[str, Any]", raw)
