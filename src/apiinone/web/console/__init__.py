"""The account's own pages: what was made, what it cost, and with which keys."""
