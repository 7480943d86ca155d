"""What operators do by hand, as use cases; and how the command line has a running server do them."""
