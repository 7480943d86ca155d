"""Credentials of providers as they are stored: the house's and those that accounts bring, sealed."""
