"""The catalogue: models are data files; all that is shown, checked or priced derives from them."""
