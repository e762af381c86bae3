"""Fields of cohorts whose rules the contract cannot say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import marshmallow

from mockserver.cohorts.queries import check_query
from mockserver.errors import ValidationError
from mockserver.membership.grammar import NO_PROPERTIES, check_filters
from mockserver.validation import TRUE, fields
from mockserver.validation.fields import NOT_JSON, Detail, refuse, refuse_unstorable

_is_static: ContextVar[bool] = ContextVar("is_static", default=False)


@contextmanager
def of_static_cohort(is_static: bool) -> Iterator[None]:
    """Judge bodies as those of a cohort that is static already, or is not."""
    token = _is_static.set(is_static)
    try:
        yield
    finally:
        _is_static.reset(token)


class Filters(fields.Field):
    """The conditions of a cohort: of a dynamic one they must follow the grammar, even null is refused.

    Those of a static cohort define nothing and may be any object.
    """

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        if value is marshmallow.missing:
            return super().deserialize(value, attr, data, **kwargs)
        is_static = _is_static.get() or (data or {}).get("is_static") in (True, 1, *TRUE)
        if is_static and (value is None or isinstance(value, dict)):
            refuse_unstorable(value)
            return value
        if is_static or value is NOT_JSON:
            raise marshmallow.ValidationError({"detail": [Detail(NO_PROPERTIES)]})
        try:
            check_filters(value)
        except ValidationError as error:
            message = [Detail(error.detail)]
            nested = error.attr is not None and error.attr.endswith("__detail")
            raise marshmallow.ValidationError({"detail": message} if nested else message) from None
        refuse_unstorable(value)
        return value


class PersonsQuery(fields.Field):
    """A query that fills a static cohort; whatever counts as nothing is null."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if value is NOT_JSON or not value:
            return None if value is not NOT_JSON else refuse("Query must be a dictionary.")
        try:
            check_query(value)
        except ValidationError as error:
            refuse(error.detail)
        refuse_unstorable(value)
        return value
