"""Replay: the contract held against a server, whichever it is."""
