"""Pictures: judged by their bytes, kept in a storage of our own, served behind links that expire."""
