"""The scenarios that come along, from their files."""

from __future__ import annotations

import yaml

from mockserver.contract.locations import FIXTURES
from mockserver.documents.markdown import code, table


def shipped() -> str:
    """Return a table of the scenarios that can be named."""
    rows = []
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in sorted(FIXTURES.glob("*.yaml")):
        about = yaml.load(path.read_text(encoding="utf-8"), loader) or {}
        rows.append((code(path.stem), str(about.get("description", ""))))
    return table(("Scenario", "What it holds"), rows)
