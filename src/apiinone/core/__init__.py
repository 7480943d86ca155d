"""The innermost layer: plain values and pure functions; standard library and msgspec only, no I/O."""
