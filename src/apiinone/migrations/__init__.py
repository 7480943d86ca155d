"""The schema's history, oldest first. A process that finds another revision in the database does not serve."""

CURRENT_REVISION = "0015"
"""The revision this code needs; a test compares it with the newest script beside this file."""
