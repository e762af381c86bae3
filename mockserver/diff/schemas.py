"""Two schemas compared: everything that one allows and the other does not, by place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mockserver.diff.rules import BOUNDS, LEVELS, NARROWED, WIDENED, Level, Way
from mockserver.diff.shapes import ABSENT, Shape, Shapes

Found = tuple[str, Level, str, str]
"""The rule, its level, the place, and what was found."""
NUMBERS = frozenset({"integer", "number"})
DEEPEST = 40
MOST_VALUES = 6


@dataclass
class Schemas:
    """Compares schemas of two documents, for one operation and one way that values travel.

    A pair of schemas is compared once and told at the first place it is met, so recursion ends and a thousand
    references to the same component cost what one does.
    """

    base: Shapes
    revision: Shapes
    way: Way
    _met: set[tuple[int, int]] = field(default_factory=set)

    def compare(self, left: Any, right: Any, place: str, subject: str, depth: int = 0) -> Iterator[Found]:
        """Yield what changed between two schemas.

        `subject` is what rules call it: `request-parameter`, `request-body`, `response-property`…
        """
        pair = (id(self.base.resolve(left)), id(self.revision.resolve(right)))
        if pair in self._met or depth > DEEPEST:
            return
        self._met.add(pair)
        ours, theirs = self.base.of(left), self.revision.of(right)
        if theirs.types == {ours.page_type}:
            return  # it says what the pages say, and the contract knows better
        if ours.options or theirs.options:
            yield from self._options(left, right, ours, theirs, place, subject, depth)
        yield from self._types(ours, theirs, place, subject)
        yield from self._nullability(ours, theirs, place, subject)
        yield from self._enums(ours, theirs, place, subject)
        yield from self._bounds(ours, theirs, place, subject)
        yield from self._patterns(ours, theirs, place, subject)
        yield from self._defaults(ours, theirs, place, subject)
        yield from self._properties(ours, theirs, place, depth)
        if ours.items is not None and theirs.items is not None:
            yield from self.compare(ours.items, theirs.items, f"{place}[]", self._property, depth + 1)
        if ours.values is not None and theirs.values is not None:
            yield from self.compare(ours.values, theirs.values, f"{place}.*", self._property, depth + 1)

    @property
    def _property(self) -> str:
        return f"{self.way}-property"

    # What values may be

    def _types(self, left: Shape, right: Shape, place: str, subject: str) -> Iterator[Found]:
        widened, narrowed = _is_wider(left, right), _is_wider(right, left)
        if widened and narrowed:
            return
        text = f"{left.kind} → {right.kind}"
        if widened and self.way is Way.REQUEST:
            yield f"{subject}-type-generalized", Level.INFO, place, text
        elif narrowed and self.way is Way.RESPONSE:
            yield f"{subject}-type-specialized", Level.INFO, place, text
        else:
            yield f"{subject}-type-changed", Level.ERROR, place, text

    def _nullability(self, left: Shape, right: Shape, place: str, subject: str) -> Iterator[Found]:
        if left.nullable and not right.nullable and right.types:
            yield f"{subject}-became-not-nullable", NARROWED[self.way], place, "null → not null"
        elif right.nullable and not left.nullable and left.types:
            yield f"{subject}-became-nullable", WIDENED[self.way], place, "not null → null"

    def _enums(self, left: Shape, right: Shape, place: str, subject: str) -> Iterator[Found]:
        if left.enum is None and right.enum is None:
            return
        if left.enum is None:
            yield f"{subject}-became-enum", NARROWED[self.way], place, _values(right.enum or ())
        elif right.enum is None:
            yield f"{subject}-became-not-enum", WIDENED[self.way], place, _values(left.enum)
        else:
            for value in left.enum:
                if value not in right.enum:
                    yield f"{subject}-enum-value-removed", NARROWED[self.way], place, value
            for value in right.enum:
                if value not in left.enum:
                    yield f"{subject}-enum-value-added", WIDENED[self.way], place, value

    def _bounds(self, left: Shape, right: Shape, place: str, subject: str) -> Iterator[Found]:
        for word, (name, from_above) in BOUNDS.items():
            before, after = left.bounds.get(word), right.bounds.get(word)
            if before == after:
                continue
            if before is None:
                yield f"{subject}-{name}-set", NARROWED[self.way], place, f"{word} {after}"
            elif after is None:
                yield f"{subject}-{name}-unset", WIDENED[self.way], place, f"{word} {before}"
            else:
                levels = WIDENED if (after > before) is from_above else NARROWED
                change = "increased" if after > before else "decreased"
                yield f"{subject}-{name}-{change}", levels[self.way], place, f"{word} {before} → {after}"

    def _patterns(self, left: Shape, right: Shape, place: str, subject: str) -> Iterator[Found]:
        if left.pattern == right.pattern:
            return
        if left.pattern is None:
            yield f"{subject}-pattern-added", NARROWED[self.way], place, str(right.pattern)
        elif right.pattern is None:
            yield f"{subject}-pattern-removed", Level.INFO, place, left.pattern
        else:
            level = Level.WARNING if self.way is Way.REQUEST else Level.INFO
            yield f"{subject}-pattern-changed", level, place, f"{left.pattern} → {right.pattern}"

    def _defaults(self, left: Shape, right: Shape, place: str, subject: str) -> Iterator[Found]:
        if self.way is Way.RESPONSE or left.default == right.default:
            return
        if left.default is ABSENT:
            yield f"{subject}-default-value-added", Level.INFO, place, repr(right.default)
        elif right.default is ABSENT:
            yield f"{subject}-default-value-removed", Level.INFO, place, repr(left.default)
        else:
            yield f"{subject}-default-value-changed", Level.INFO, place, f"{left.default!r} → {right.default!r}"

    # What objects hold

    def _properties(self, left: Shape, right: Shape, place: str, depth: int) -> Iterator[Found]:
        ours, theirs = self._shown(self.base, left), self._shown(self.revision, right)
        if not ours and not theirs:
            return
        for name in ours:
            if name not in theirs and right.properties:
                yield self._of_rule(self._removal(name in left.required), f"{place}.{name}", "")
        for name in theirs:
            if name not in ours and left.properties:
                default = self.revision.of(theirs[name]).default
                yield self._of_rule(self._addition(name in right.required, default), f"{place}.{name}", "")
        for name in ours:
            if name in theirs:
                at = f"{place}.{name}"
                yield from self._requirement(name in left.required, name in right.required, theirs[name], at)
                yield from self.compare(ours[name], theirs[name], at, self._property, depth + 1)

    def _shown(self, shapes: Shapes, shape: Shape) -> dict[str, Any]:
        """Return the properties that travel this way: no answer sets what is only read, nor the reverse."""
        hidden = "read_only" if self.way is Way.REQUEST else "write_only"
        return {name: node for name, node in shape.properties.items() if not getattr(shapes.of(node), hidden)}

    def _removal(self, was_required: bool) -> str:
        if self.way is Way.REQUEST:
            return "request-property-removed"
        return f"response-{'required' if was_required else 'optional'}-property-removed"

    def _addition(self, is_required: bool, default: Any) -> str:
        if self.way is Way.RESPONSE:
            return f"response-{'required' if is_required else 'optional'}-property-added"
        if not is_required:
            return "new-optional-request-property"
        return "new-required-request-property" + ("" if default is ABSENT else "-with-default")

    def _requirement(self, was: bool, now: bool, node: Any, place: str) -> Iterator[Found]:
        if was == now:
            return
        rule = f"{self._property}-became-{'required' if now else 'optional'}"
        if now and self.way is Way.REQUEST and self.revision.of(node).default is not ABSENT:
            rule += "-with-default"
        yield self._of_rule(rule, place, "")

    def _of_rule(self, rule: str, place: str, text: str) -> Found:
        return rule, LEVELS[rule], place, text

    # Several forms

    def _options(
        self, left: Any, right: Any, ours: Shape, theirs: Shape, place: str, subject: str, depth: int
    ) -> Iterator[Found]:
        """Yield what changed between forms of which a value has one, paired by name or by what they hold."""
        before, after = list(ours.options or (left,)), list(theirs.options or (right,))
        if not ours.options and not (ours.types or ours.properties):
            return  # anything before: what it may be now is told by its type
        if not theirs.options and not (theirs.types or theirs.properties):
            return
        for option in list(before):
            pair = next((each for each in after if self._is_same_form(option, each)), None)
            if pair is not None:
                before.remove(option)
                after.remove(pair)
                if option is not left and pair is not right:
                    yield from self.compare(option, pair, place, self._property, depth + 1)
        for option in before:
            yield f"{subject}-any-of-removed", NARROWED[self.way], place, _name(option, self.base)
        for option in after:
            yield f"{subject}-any-of-added", WIDENED[self.way], place, _name(option, self.revision)

    def _is_same_form(self, left: Any, right: Any) -> bool:
        if _reference(left) and _reference(left) == _reference(right):
            return True
        ours, theirs = self.base.of(left), self.revision.of(right)
        kind = ours.properties.get("kind"), theirs.properties.get("kind")
        if all(kind):
            return self.base.of(kind[0]).enum == self.revision.of(kind[1]).enum
        return ours.types == theirs.types and (
            not ours.properties or not theirs.properties or bool(ours.properties.keys() & theirs.properties.keys())
        )


def _is_wider(left: Shape, right: Shape) -> bool:
    """Return whether the second takes every type and format that the first does."""
    if right.types and not left.types:
        return False
    for kind in left.types:
        if right.types and kind not in right.types and not (kind == "integer" and "number" in right.types):
            return False
    if left.types <= NUMBERS:  # the width of numbers is nothing that JSON knows
        return True
    return right.format is None or left.format == right.format


def _values(values: tuple[str, ...]) -> str:
    more = len(values) - MOST_VALUES
    return ", ".join(values[:MOST_VALUES]) + (f" and {more} more" if more > 0 else "")


def _reference(node: Any) -> str | None:
    reference = node.get("$ref") if isinstance(node, dict) else None
    return reference.rsplit("/", 1)[-1] if isinstance(reference, str) else None


def _name(node: Any, shapes: Shapes) -> str:
    shape = shapes.of(node)
    return _reference(node) or ", ".join(list(shape.properties)[:6]) or shape.kind
