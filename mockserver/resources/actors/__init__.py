"""Persons and groups, wherever they are shown: how they look, and what asks for them."""
