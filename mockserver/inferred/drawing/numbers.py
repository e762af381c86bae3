"""Numbers that fit a schema: within its bounds, of its steps, and as its name asks for."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from mockserver.inferred import naming
from mockserver.inferred.drawing.chance import Chance, Spot


def number(chance: Chance, words: Mapping[str, Any], kind: str, spot: Spot) -> float:
    """Return a multiple of the schema's step within its bounds, as near to what its name asks for as they let it."""
    step = words.get("multipleOf") or (1 if kind == "integer" else 0.01)
    if kind == "integer" and isinstance(step, float):
        step = int(step) if step.is_integer() else _whole_step(step)
    low, high = _range(chance, words, spot)
    lowest, highest = _steps(words, step, low, high)
    if highest < lowest:  # no step of what is usual is within the bounds
        least, most = _bounds(words)
        low, high = low - 2 * step if least is None else least, high + 2 * step if most is None else most
        lowest, highest = _steps(words, step, low, high)
    if highest < lowest:  # nor is any within the bounds, which are closer together than our own steps
        return (low + high) / 2 if kind == "number" else lowest
    number = (lowest + chance.below(highest - lowest + 1, spot.place)) * step
    return int(number) if kind == "integer" else round(float(number), 6)


def _range(chance: Chance, words: Mapping[str, Any], spot: Spot) -> tuple[float, float]:
    """Return between what a number should lie: its bounds, and what is usual for its name."""
    low, high = _usual(chance, spot)
    least, most = _bounds(words)
    if least is not None and most is not None:
        return (max(low, least), min(high, most)) if max(low, least) <= min(high, most) else (least, most)
    if least is not None and least > low:
        return least, max(high, least + 100)
    if most is not None and most < high:
        return min(low, most - 100), most
    return low, high


def _usual(chance: Chance, spot: Spot) -> tuple[float, float]:
    """Return between what a number lies that is called so."""
    name = spot.name
    if naming.has_word(name, naming.IDENTIFIERS):
        return (1, 1) if spot.is_new else (1, 1000)
    if naming.has_word(name, naming.COUNTS):
        return (0, 0) if spot.is_new else (0, 100)
    if naming.has_word(name, naming.MONEY):
        return 100, 10_000
    if naming.has_word(name, frozenset({"year"})):
        return chance.now.year, chance.now.year
    if naming.has_word(name, naming.TIMES):
        seconds = int(chance.moment(spot, name).timestamp())
        return seconds, seconds
    if naming.has_word(name, frozenset({"ratio", "rate", "share", "probability"})):
        return 0, 1
    return 0, 100


def _bounds(words: Mapping[str, Any]) -> tuple[float | None, float | None]:
    least, most = words.get("minimum"), words.get("maximum")
    return words.get("exclusiveMinimum") if least is None else least, (
        words.get("exclusiveMaximum") if most is None else most
    )


def _steps(words: Mapping[str, Any], step: float, low: float, high: float) -> tuple[int, int]:
    """Return the first and the last multiple of a step between two numbers, and off the bounds that do not count."""
    lowest, highest = math.ceil(round(low / step, 6)), math.floor(round(high / step, 6))
    if words.get("exclusiveMinimum") is not None and lowest * step <= words["exclusiveMinimum"]:
        lowest += 1
    if words.get("exclusiveMaximum") is not None and highest * step >= words["exclusiveMaximum"]:
        highest -= 1
    return lowest, highest


def _whole_step(step: float) -> int:
    """Return the smallest whole number that is a multiple of a step with decimals."""
    decimals = json.dumps(step).partition(".")[2]
    scale = 10 ** len(decimals) if "e" not in decimals else 1
    numerator = round(step * scale)
    return math.lcm(numerator, scale) // scale if numerator else 1
