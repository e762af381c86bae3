"""Lists narrowed as Django's ORM narrows them: a query parameter names a field, and maybe how it compares.

Where a server hands all query parameters to its ORM, `name=x`, `name__icontains=x` and `created_at__gte=2025-01-01` all
mean something. A parameter that names no field, as `limit`, is passed over: there the server fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.errors import ValidationError
from mockserver.request.tenancy import uuid
from mockserver.store import Record
from mockserver.store.orders import sort_key
from mockserver.validation import FALSE, TRUE

Compare = Callable[[Any, str], bool]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


COMPARISONS: Mapping[str, Compare] = {
    "exact": lambda value, asked: value is not None and str(value) == asked,
    "iexact": lambda value, asked: value is not None and str(value).lower() == asked.lower(),
    "contains": lambda value, asked: asked in _text(value),
    "icontains": lambda value, asked: asked.lower() in _text(value).lower(),
    "startswith": lambda value, asked: _text(value).startswith(asked),
    "istartswith": lambda value, asked: _text(value).lower().startswith(asked.lower()),
    "endswith": lambda value, asked: _text(value).endswith(asked),
    "iendswith": lambda value, asked: _text(value).lower().endswith(asked.lower()),
    "gt": lambda value, asked: value is not None and sort_key(str(value)) > sort_key(asked),
    "gte": lambda value, asked: value is not None and sort_key(str(value)) >= sort_key(asked),
    "lt": lambda value, asked: value is not None and sort_key(str(value)) < sort_key(asked),
    "lte": lambda value, asked: value is not None and sort_key(str(value)) <= sort_key(asked),
    "isnull": lambda value, asked: (value is None) == (asked in TRUE),
}
"""How a text may be compared with what is asked; regular expressions, which can take for ever, are not among them."""


def lookups(query: Mapping[str, str], fields: Mapping[str, str]) -> list[Callable[[Record], bool]]:
    """Return the tests that query parameters ask for.

    `fields` are the names that may be asked for, and the record's own name of each.

    Raises: ValidationError for a lookup that there is not, and for a value that cannot be compared.
    """
    tests = []
    for parameter, asked in query.items():
        name, _, lookup = parameter.partition("__")
        if name in fields:
            tests.append(_test(fields[name], lookup or "exact", asked, parameter))
    return tests


def _test(name: str, lookup: str, asked: str, parameter: str) -> Callable[[Record], bool]:
    compare = COMPARISONS.get(lookup)
    if compare is None:
        raise ValidationError(f"Unsupported lookup '{lookup}'.", attr=parameter)
    if lookup == "isnull" and asked not in TRUE | FALSE:
        raise ValidationError("The QuerySet value for an isnull lookup must be True or False.", attr=parameter)
    if lookup == "exact" and name in ("id", "organization_id"):
        spelled = uuid(asked)
        if spelled is None:
            raise ValidationError(f"“{asked}” is not a valid UUID.", attr=parameter)
        asked = spelled
    return lambda record: compare(record.get(name), asked)
