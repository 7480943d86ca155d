"""People: how they come to be known, sign in, and belong to accounts."""
