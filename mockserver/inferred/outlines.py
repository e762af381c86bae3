"""What was inferred of a document: collections of records, and what each operation does with one.

All of it is JSON, so that it can be kept, shown and corrected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, TypeVar

T = TypeVar("T", bound="Outline")


class Act(StrEnum):
    """What an operation does; the first six are the standard actions of a family."""

    LIST = "list"
    CREATE = "create"
    RETRIEVE = "retrieve"
    UPDATE = "update"
    PARTIAL_UPDATE = "partial_update"
    DESTROY = "destroy"
    PUT = "put"
    """A body that a record is to be like, whether there is one or not."""
    ACT = "act"
    """Something happens to a record, or to all of a collection, as the last word of the path says."""
    VIEW = "view"
    """Something is told that nobody writes."""


class KeyKind(StrEnum):
    """How a record is told from its siblings, and given a key when it is made."""

    INTEGER = "integer"
    UUID = "uuid"
    TEXT = "text"


@dataclass(frozen=True)
class Outline:
    """Something inferred, as JSON."""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

    @classmethod
    def of_json(cls: type[T], value: Mapping[str, Any]) -> T:
        """Return what JSON spells."""
        return cls(**{each.name: value[each.name] for each in fields(cls) if each.name in value})


@dataclass(frozen=True)
class Collection(Outline):
    """Records under one path: a list of them, or a single one."""

    path: str
    table: str
    owner: str = ""
    """The tenant that a record belongs to: `project_id`, `organization_id` or nothing."""
    parents: list[str] = field(default_factory=list)
    """Parameters of the records that it lies in."""
    is_single: bool = False
    key: str = "id"
    """The field that a record is found by."""
    parameter: str = ""
    """The parameter of the path that holds it."""
    identity: str = KeyKind.TEXT
    shows_key: bool = True
    """Whether answers tell the key by the schema; where they do not, it is told beside it."""
    record: Any = field(default_factory=dict)
    """Schema of a whole record."""
    shapes: list[Any] = field(default_factory=list)
    """Schemas that records are shown by elsewhere, as in lists."""
    is_made: bool = False
    """Whether an operation makes records."""
    is_put: bool = False
    """Whether an operation makes the record that its path names."""
    appears: bool = False
    """Whether a record is there for whatever key is asked for, since none makes or lists them."""
    search_fields: list[str] = field(default_factory=list)
    ordering: str = ""
    """The field that lists are sorted by, with a minus for the greatest first; by age where there is none."""
    deleted: str = ""
    """The flag of records that are marked as deleted, and hidden."""
    created_at: list[str] = field(default_factory=list)
    updated_at: list[str] = field(default_factory=list)
    created_by: list[str] = field(default_factory=list)
    updated_by: list[str] = field(default_factory=list)
    tenants: dict[str, str] = field(default_factory=dict)
    """Fields that name the tenant, each with which: `project_id`, `organization_id`."""
    ancestors: dict[str, str] = field(default_factory=dict)
    """Fields that name a record that this lies in, each with its parameter."""

    @property
    def is_sown(self) -> bool:
        """Whether a few records are there from the start, since no operation makes any."""
        return not self.is_made and not self.is_single and not self.appears


@dataclass(frozen=True)
class Paging(Outline):
    """How a list comes in pages."""

    kind: str = "none"
    """`offset`, `page`, `cursor`, or `none`."""
    size: str = ""
    """The parameter that says how many."""
    at: str = ""
    """The parameter that says from where."""
    before: str = ""
    """The parameter that says up to where, of cursors that go back."""
    default: int = 100


@dataclass(frozen=True)
class Role(Outline):
    """What one operation does, and with what."""

    operation: str
    action: str
    collection: str
    """Path of the collection; one that only has views has no records."""
    verb: str = ""
    """The word at the end of the path, where it is more than a standard action."""
    on_item: bool = False
    """Whether the path names a record of the collection."""
    rows: str | None = None
    """Where an answer's rows are: a property of it, or all of it where empty; None where it has none."""
    paging: Any = field(default_factory=dict)
    search: list[str] = field(default_factory=list)
    order: str = ""
    direction: str = ""
    filters: dict[str, list[str]] = field(default_factory=dict)
    """Parameters that narrow a list: each with a field, and how it is compared."""

    @property
    def pages(self) -> Paging:
        """How its list comes in pages."""
        return Paging.of_json(self.paging)
