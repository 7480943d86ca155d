"""The fields that every create body may have beside the model's own (contract: Create), as JSON Schema."""

URL_CHARACTERS_MAX = 2048
HTTPS_URL = r"^https://[A-Za-z0-9.:\[\]_-]+([/?#][!-~]*)?$"
"""A URL without user or password, in the characters that may stand in one (RFC 3986); the sender vets the host."""
CALLBACK_URL = r"^https?://[A-Za-z0-9.:\[\]_-]+([/?#][!-~]*)?$"
CLEAN_TEXT = r"^[^\u0000]*$"
"""Text that a database can keep: without the character NUL."""
CREDITS_MAX = 1_000_000_000

COMMON_FIELDS: dict[str, dict[str, object]] = {
    "callback_url": {
        "type": "string",
        "pattern": CALLBACK_URL,
        "maxLength": URL_CHARACTERS_MAX,
        "description": "Where the result is posted when the task ends: an http or https URL.",
    },
    "metadata": {
        "type": "object",
        "maxProperties": 16,
        "propertyNames": {"minLength": 1, "maxLength": 64, "pattern": CLEAN_TEXT},
        "additionalProperties": {"type": "string", "maxLength": 512, "pattern": CLEAN_TEXT},
        "description": "Up to 16 texts of your own, names up to 64 and values up to 512 characters; they come back.",
    },
    "deadline_s": {
        "type": "integer",
        "minimum": 1,
        "maximum": 86_400,
        "description": "Seconds after which the task is given up.",
    },
    "result_ttl_s": {
        "type": "integer",
        "minimum": 60,
        "maximum": 2_592_000,
        "description": "Seconds for which the outputs are kept.",
    },
    "max_credits": {
        "type": "number",
        "minimum": 0,
        "maximum": CREDITS_MAX,
        "multipleOf": 0.000001,
        "description": "The most that the task may cost, in credits with up to six decimals.",
    },
    "quote_id": {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]{1,64}$",
        "description": "A quote that was given for this same body.",
    },
}

ONLY_LATER = frozenset({"callback_url"})
"""Those of them that routes which answer at once do not take."""
