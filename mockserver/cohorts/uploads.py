"""CSV files of a static cohort's members: by distinct id, by the person's own id, or by e-mail address.

One column holds distinct ids, its first line too, unless that is a heading of persons' ids or of e-mail addresses.
Several columns are headed, and the heading says which of them counts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from werkzeug.datastructures import FileStorage

from mockserver.errors import ValidationError
from mockserver.store import Record, Repository

ATTR = "csv"
PERSON_IDS = ("person_id", "person-id", "person .id")
DISTINCT_IDS = ("distinct_id", "distinct-id")
EMAILS = ("email", "e-mail")
FIELDS = {"uuid": PERSON_IDS, "distinct_ids": DISTINCT_IDS, "properties.email": EMAILS}
"""The fields of a person that a column may name, in the order in which columns are chosen, by their headings."""

EMPTY = "CSV file is empty. Please upload a CSV file with at least one row of data."
NO_IDS = (
    "CSV file contains no valid person IDs, distinct IDs, or email addresses. Please ensure your file has data rows "
    "with person IDs, distinct IDs, or email addresses."
)
NO_HEADING = (
    "Multi-column CSV must contain at least one column with a supported ID header: 'person_id', 'Person .id' "
    "(PostHog export format), 'distinct_id', 'distinct-id', or 'email'. Found columns: {}"
)
BAD_ENCODING = "CSV file encoding is not supported. Please save your file as UTF-8 and try again."
BAD_FORMAT = "CSV file format is invalid. Please check your file format and try again."


def read_upload(file: FileStorage, persons: Repository, project_id: int) -> list[Record]:
    """Return the persons that a file lists; whom it does not know it skips. Raises: ValidationError."""
    field, values = read_identifiers(file.read())
    found = (persons.first(**{field: value, "project_id": project_id}) for value in values)
    return [person for person in found if person is not None]


def read_identifiers(raw: bytes) -> tuple[str, list[str]]:
    """Return the field of persons that a file is about, and the values it lists. Raises: ValidationError."""
    rows = _rows(raw)
    if not rows:
        raise ValidationError(EMPTY, attr=ATTR)
    heading = [name.strip() for name in rows[0]]
    if len(heading) > 1:
        column, field = _choose(heading)
        rows = rows[1:]
    else:
        named = _field(heading[0], ("uuid", "properties.email"))
        column, field = 0, named or "distinct_ids"
        rows = rows[1:] if named else rows
    values = [row[column].strip() for row in rows if len(row) > column and row[column].strip()]
    if not values:
        raise ValidationError(NO_IDS, attr=ATTR)
    return field, [value.lower() for value in values] if field == "uuid" else values


def _rows(raw: bytes) -> list[list[str]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValidationError(BAD_ENCODING, attr=ATTR) from None
    if "\x00" in text:
        raise ValidationError(BAD_FORMAT, attr=ATTR)
    try:
        return [row for row in csv.reader(io.StringIO(text, newline="")) if any(cell.strip() for cell in row)]
    except csv.Error:
        raise ValidationError(BAD_FORMAT, attr=ATTR) from None


def _choose(heading: list[str]) -> tuple[int, str]:
    """Return the column that counts and the field it is about. Raises: ValidationError when none does."""
    for field in FIELDS:
        for column, name in enumerate(heading):
            if _field(name, (field,)):
                return column, field
    raise ValidationError(NO_HEADING.format(", ".join(heading)), attr=ATTR)


def _field(name: str, fields: Iterable[str]) -> str | None:
    """Return which of some fields a heading names."""
    return next((field for field in fields if name.lower() in FIELDS[field]), None)
