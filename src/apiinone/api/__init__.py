"""The HTTP API: one table of routes, one pipeline in front of them, one place where errors are rendered."""
