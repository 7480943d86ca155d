"""One module for each revision; the statements of the first stand beside it, one file for each engine."""
