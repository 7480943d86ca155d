"""The demonstration: one picture and one drawing, the way a client would have them made, on a server of its own."""
