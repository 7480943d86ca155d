"""Mail: written down in the transaction that causes it, delivered afterwards."""
