"""Early access features of a flag: which hang on it, and how it shows them."""

from __future__ import annotations

from typing import Any

from mockserver.store import Record, View

TABLE = "early_access_features"
IN_USE = (
    "Cannot delete a feature flag that is in use with early access features. "
    "Please delete the early access feature before deleting the flag."
)


def features_of(view: View, flag: Record) -> list[Record]:
    """Return the early access features that are released by a flag."""
    return view.table(TABLE).find(feature_flag=flag["id"])


def has_features(view: View, flag: Record | None) -> bool:
    """Return whether an early access feature hangs on a flag."""
    return flag is not None and view.table(TABLE).first(feature_flag=flag["id"]) is not None


def show_short(feature: Record, flag: Record) -> dict[str, Any]:
    """Return a feature as its flag, and what browsers load, show it."""
    return {
        "id": feature["id"], "name": feature["name"], "description": feature["description"], "stage": feature["stage"],
        "documentationUrl": feature["documentation_url"], "flagKey": flag["key"],
    }  # fmt: skip
