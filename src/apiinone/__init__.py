"""API in One: one key, one contract, every generative-media model."""

__version__ = "0.1.0"
