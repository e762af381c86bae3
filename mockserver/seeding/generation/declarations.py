"""The `generate` part of a scenario, read with care: a mistake names its place and what was expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.seeding.kinds import LoadError, expected

Place = tuple[str | int, ...]


class Declaration:
    """An object of the scenario: what is read from it is checked, what nobody reads is a mistake."""

    def __init__(self, value: Any, *place: str | int) -> None:
        self.place: Place = place
        if not isinstance(value, Mapping):
            raise expected("an object", value).within(*place)
        self._value = value
        self._read: list[str] = []

    @property
    def given(self) -> Mapping[str, Any]:
        """The whole of it, as it was given."""
        given: Mapping[str, Any] = self._value
        return given

    def error(self, name: str, message: str) -> LoadError:
        """Return the error of one of its fields."""
        return LoadError(message, *self.place, name)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a field as it stands."""
        self._read.append(name)
        value = self._value.get(name)
        return default if value is None else value

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; one without a default must be given."""
        value = self.get(name, default)
        if not isinstance(value, str) or not value:
            raise self._misfit(name, "text", value)
        return value

    def number(self, name: str, default: float, least: float = 0, most: float = 1) -> float:
        """Return a number between two others."""
        value = self.get(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            raise self._misfit(name, f"a number from {least} to {most}", value)
        return value

    def integer(self, name: str, default: int, least: int = 0, most: int = 10_000_000) -> int:
        """Return an integer between two others."""
        value = self.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self._misfit(name, f"an integer from {least} to {most}", value)
        return value

    def mapping(self, name: str) -> Mapping[str, Any]:
        """Return an object, empty when it is left out."""
        value = self.get(name, {})
        if not isinstance(value, Mapping):
            raise self._misfit(name, "an object", value)
        return value

    def parts(self, name: str) -> Iterator[Declaration]:
        """Yield the objects of a list."""
        value = self.get(name, [])
        if not isinstance(value, list):
            raise self._misfit(name, "a list", value)
        for number, item in enumerate(value):
            yield Declaration(item, *self.place, name, number)

    def rest(self) -> dict[str, Any]:
        """Return the fields that were not read."""
        rest = {name: value for name, value in self._value.items() if name not in self._read}
        self._read.extend(rest)
        return rest

    def finish(self) -> None:
        """Refuse a field that nobody read. Raises: LoadError."""
        for name in self._value:
            if name not in self._read:
                known = ", ".join(sorted(dict.fromkeys(self._read)))
                raise self.error(name, f"there is no field {name!r}; known: {known}")

    def _misfit(self, name: str, what: str, value: Any) -> LoadError:
        if value is None:
            return LoadError(f"{name} is required: {what}", *self.place)
        return expected(what, value).within(*self.place, name)
