"""A first request that runs as it stands."""

import json

from apiinone.catalog.endpoints import ENDPOINTS
from apiinone.catalog.load import Catalogue


def curl_line(catalogue: Catalogue, base_url: str, key: str) -> str:
    """The command that makes a picture with this key; the shell of any system with curl takes it."""
    choice = catalogue.resolve(ENDPOINTS[0].default_model)
    entry = catalogue.entries[0] if choice is None else choice.entry
    body = json.dumps(dict(entry.example), ensure_ascii=False).replace("'", "'\\''")
    return "\n".join(
        (
            f"curl {base_url}{entry.endpoint.path} \\",
            f'  -H "Authorization: Bearer {key}" \\',
            '  -H "Content-Type: application/json" \\',
            f"  -d '{body}'",
        )
    )
