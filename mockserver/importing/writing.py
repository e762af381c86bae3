"""A project as a scenario file: its records, keys to ask it with, and a word on what they are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from mockserver.importing.records import Tables
from mockserver.world.tables import TABLES

KEYS: Mapping[str, list[str]] = {
    "phx_mock_all_access": ["*"], "phx_mock_read_only": ["*:read"], "phx_mock_limited": ["insight:write"],
    "phx_mock_session": [],
}  # fmt: skip
"""The keys of the fake, of the one who asked; those of the shipped scenarios."""
TOKEN = "phc_mock_project_token"
WIDTH = 120


def scenario(tables: Tables, about: str) -> str:
    """Return the text of a scenario file with these tables, and keys for the user who asked."""
    asker = next(user["id"] for user in tables["users"] if user.get("current_project_id"))
    whole = {name: tables[name] for name in TABLES if tables.get(name)}
    whole["projects"][0].setdefault("api_token", TOKEN)
    whole["api_keys"] = [
        {"value": value, "user_id": asker, "label": value.removeprefix("phx_mock_"), "scopes": scopes}
        for value, scopes in KEYS.items()
    ]
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    body: dict[str, Any] = {"description": about, **{name: whole[name] for name in TABLES if name in whole}}
    text: str = yaml.dump(body, Dumper=dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
    return f"# {about}\n# Served by: mockserver serve --scenario THIS_FILE\n{text}"


def write(text: str, file: Path) -> None:
    """Write a file whole, or leave what was there. Raises: OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
