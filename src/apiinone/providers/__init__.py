"""Upstream vendors (described, never called from here) and the built-in local provider (computes)."""
