"""What conditions need to know of whoever asks: the project, its state and its time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from mockserver.contract import Profile
from mockserver.store import Record, View


class Asking(Protocol):
    """Whose conditions they are."""

    @property
    def view(self) -> View:
        """The world's state."""

    @property
    def project(self) -> Record:
        """The project asked about."""

    @property
    def project_id(self) -> int:
        """Its id."""

    @property
    def profile(self) -> Profile:
        """Which servers are answered for."""

    @property
    def timezone(self) -> str:
        """Its time zone."""

    @property
    def now(self) -> datetime:
        """The world's time."""

    @property
    def property_types(self) -> Mapping[str, Mapping[str, str]]:
        """Types declared for the project's properties, by kind of property."""
