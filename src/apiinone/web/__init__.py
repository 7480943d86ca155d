"""The site: public pages beside the API, drawn from the running catalogue."""
