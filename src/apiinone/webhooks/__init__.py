"""Callbacks: signed, kept in an outbox, sent by every process, tried again until they arrive or their time is over."""
