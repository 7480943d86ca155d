"""The built-in design engine: pictures composed by rule from the words of a prompt, without a vendor or a network.

The server imports `brief` only; everything else runs in the sandbox's child process (`draw:draw`).
"""
