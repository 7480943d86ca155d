"""The command line: `apiinone serve`, `apiinone keys create` and the others, one module for each group."""
