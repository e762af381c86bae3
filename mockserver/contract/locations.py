"""Where the contract and the scenarios lie: inside the wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def _shipped(name: str) -> Path:
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


CONTRACTS = _shipped("contracts")
FIXTURES = _shipped("fixtures")


def contract_files() -> list[Path]:
    """Return the files that the contract is made of."""
    return sorted([*CONTRACTS.glob("*.yaml"), *CONTRACTS.glob("families/*.yaml")])
