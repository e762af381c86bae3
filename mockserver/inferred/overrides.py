"""What was inferred of a document, corrected by its reader: in a file, or in the document's own `x-mockserver`.

    collections:
      /api/projects/{project_id}/beds: {table: flower_beds, key: short_id, search_fields: [name]}
    operations:
      beds_archive_create: {verb: archive, scopes: [bed:write]}

The words are those that `mockserver routes --inferred --json` shows, and that families of the contract declare.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml

from mockserver.diff.errors import UnreadableDocument
from mockserver.diff.reading import read_content
from mockserver.diff.yaml_reading import read_yaml
from mockserver.inferred.compiled import Compiled
from mockserver.inferred.errors import OverrideError
from mockserver.inferred.outlines import Act, Collection, KeyKind, Role
from mockserver.inferred.templates import Template

OF_COLLECTIONS = (
    "table", "key", "identity", "search_fields", "ordering", "deleted", "created_at", "updated_at", "created_by",
    "updated_by", "is_made", "is_put", "appears",
)  # fmt: skip
OF_OPERATIONS = ("action", "verb", "search", "order", "direction", "filters", "scopes")
CHOICES = {"identity": tuple(KeyKind), "action": tuple(Act)}
SECTIONS = ("collections", "operations")
NAME = "name"


def read_overrides(source: str) -> Mapping[str, Any]:
    """Return the corrections of a file or an address. Raises: OverrideError."""
    try:
        found = read_yaml(read_content(source))
    except UnreadableDocument as error:
        raise OverrideError(str(error)) from None
    except (ValueError, yaml.YAMLError) as error:
        raise OverrideError(f"{source}: it cannot be read: {' '.join(str(error).split())[:200]}") from None
    if not isinstance(found, Mapping):
        raise OverrideError(f"{source}: an object with {' and '.join(SECTIONS)} is expected")
    return found


def corrected(documents: Sequence[Compiled], overrides: Mapping[str, Any], place: str) -> list[Compiled]:
    """Return documents as corrections have them; each is about whichever of them has what it names.

    Raises: OverrideError, and nothing is corrected then.
    """
    _require_known(overrides, (*SECTIONS, NAME), place)
    done = list(documents)
    for path, changes in _section(overrides, "collections", place):
        where = f"{place}: collections.{path}"
        number, known = _collection(done, path, where)
        values = _values(changes, OF_COLLECTIONS, Collection(path="", table="").as_json(), where)
        document = done[number]
        done[number] = replace(
            document, collections={**document.collections, known: {**document.collections[known], **values}}
        )  # fmt: skip
    for id, changes in _section(overrides, "operations", place):
        where = f"{place}: operations.{id}"
        number = _operation(done, id, where)
        document = done[number]
        defaults = {**Role(operation="", action="", collection="").as_json(), "scopes": []}
        values = _values(changes, OF_OPERATIONS, defaults, where)
        scopes = values.pop("scopes", None)
        operations = document.operations
        if scopes is not None:
            operations = {**operations, id: {**operations[id], "security": [{"overrides": scopes}]}}
        roles = {**document.roles, id: {**document.roles[id], **values}}
        done[number] = replace(document, operations=operations, roles=roles)
    return done


def _section(overrides: Mapping[str, Any], name: str, place: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    section = overrides.get(name) or {}
    if not isinstance(section, Mapping):
        raise OverrideError(f"{place}: {name}: an object is expected, by {'path' if name == SECTIONS[0] else 'id'}")
    for key, changes in section.items():
        if not isinstance(changes, Mapping):
            raise OverrideError(f"{place}: {name}.{key}: an object is expected")
        yield str(key), changes


def _collection(documents: Sequence[Compiled], path: str, where: str) -> tuple[int, str]:
    shape = Template.of(path).shape
    known: dict[str, tuple[int, str]] = {}
    for number, document in enumerate(documents):
        for each in document.collections:
            known.setdefault(Template.of(each).shape, (number, each))
    if shape not in known:
        raise OverrideError(f"{where}: there is no such collection{_closest(path, [p for _, p in known.values()])}")
    return known[shape]


def _operation(documents: Sequence[Compiled], id: str, where: str) -> int:
    for number, document in enumerate(documents):
        if id in document.roles:
            return number
    known = [each for document in documents for each in document.roles]
    raise OverrideError(f"{where}: there is no such operation{_closest(id, known)}")


def _values(
    changes: Mapping[str, Any], words: Sequence[str], defaults: Mapping[str, Any], where: str
) -> dict[str, Any]:  # fmt: skip
    _require_known(changes, words, where)
    for word, value in changes.items():
        expected = type(defaults[word])
        if word in CHOICES and value not in CHOICES[word]:
            raise OverrideError(f"{where}.{word}: {value!r} is none of {', '.join(CHOICES[word])}")
        if not isinstance(value, str if issubclass(expected, str) else expected):
            kind = {str: "text", bool: "true or false", list: "a list", dict: "an object"}.get(expected, "text")
            raise OverrideError(f"{where}.{word}: {kind} is expected, not {value!r}")
    return dict(changes)


def _require_known(given: Mapping[str, Any], words: Sequence[str], where: str) -> None:
    for word in given:
        if word not in words:
            known = f"; known: {', '.join(words)}"
            raise OverrideError(f"{where}: there is no word {word!r}{_closest(str(word), words) or known}")


def _closest(name: str, known: Sequence[str]) -> str:
    found = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {found[0]}?" if found else ""
