"""What may stand after `--profile` and `--date`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from mockserver.cli import UsageFailure


class _Named(click.ParamType):  # type: ignore[type-arg]  # generic in later releases of click only
    """Text that is read by a function which raises ValueError for what it is not."""

    def __init__(self, name: str, metavar: str, read: Callable[[str], str]) -> None:
        self.name = name
        self._metavar = metavar
        self._read = read

    def get_metavar(self, *_: Any, **__: Any) -> str:  # click hands over more with each release
        return self._metavar

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> str:
        """Return the text as it is written everywhere else. Raises: UsageFailure, in one line."""
        try:
            return self._read(str(value))
        except ValueError as error:
            option = parameter.opts[0] if parameter else self.name
            raise UsageFailure(f"{option}: {error}") from None


def _profile(text: str) -> str:
    from mockserver.contract import Profile

    return str(Profile(text))


def _month(text: str) -> str:
    from mockserver.contract import read_month

    return read_month(text)


PROFILE = _Named("profile", "[documented|observed[@YYYY-MM]]", _profile)
MONTH = _Named("month", "YYYY-MM", _month)
