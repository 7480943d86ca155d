"""The account's pages about money: buying, orders, documents, and what it wants done by itself."""
