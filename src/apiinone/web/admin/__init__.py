"""The operators' pages under /admin: each reads what `control` reads, and changes what its commands change."""
