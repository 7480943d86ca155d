"""Who may call: accounts, their keys, and the limits of a key."""
