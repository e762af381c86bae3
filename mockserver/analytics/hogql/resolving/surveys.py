"""PostHog's functions about surveys, as the HogQL that they stand for.

An answer is kept under the id of its question, of old under its number. Source: PostHog's own expansions.
"""

from __future__ import annotations

from collections.abc import Sequence

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql.fragments import expression
from mockserver.analytics.hogql.nodes import Constant, Node, call, conjunction, constant

ANSWER = "$survey_response"
ANSWERED = "event = 'survey sent' AND properties.$survey_id = {survey}"
LATEST = """
    uuid IN (
        SELECT argMax(uuid, timestamp) FROM events WHERE {where}
        GROUP BY if(coalesce(properties.$survey_submission_id, '') = '', toString(uuid),
            properties.$survey_submission_id)
    )
"""


def survey_response(args: Sequence[Node]) -> Node:
    """Return the answer to a question: text, or a list where several may be chosen. Raises: QueryError."""
    values = [arg.value if isinstance(arg, Constant) else None for arg in args]
    if not isinstance(args[0], Constant):
        raise QueryError("getSurveyResponse first argument must be a constant", args[0].start, args[0].end)
    number = str(values[0])
    if isinstance(values[0], bool) or not number.lstrip("-").isdecimal():
        raise QueryError("getSurveyResponse first argument must be a valid integer", args[0].start, args[0].end)
    index = int(number)
    of_old = constant(f"{ANSWER}_{index}" if index else ANSWER)
    key = _key(index, values[1] if len(values) > 1 else None)
    if len(values) > 2 and values[2]:
        return expression(
            "if(JSONHas(properties, {key}) AND length(JSONExtractArrayRaw(properties, {key})) > 0,"
            " JSONExtractArrayRaw(properties, {key}), JSONExtractArrayRaw(properties, {of_old}))",
            key=key,
            of_old=of_old,
        )
    each = (call("nullif", expression("JSONExtractString(properties, {key})", key=name), constant(""))
            for name in (key, of_old))  # fmt: skip
    return call("coalesce", *each)


def _key(index: int, id: object) -> Node:
    if id:
        return constant(f"{ANSWER}_{id}")
    return expression(
        "concat({answer}, JSONExtractString(JSONExtractArrayRaw(properties, '$survey_questions')[{place}], 'id'))",
        answer=constant(f"{ANSWER}_"),
        place=constant(index + 1),
    )


def unique_submissions(args: Sequence[Node]) -> Node:
    """Return whether an event is the last one of its submission to a survey. Raises: QueryError."""
    for arg, name in zip(args, ("first", "second", "third"), strict=False):
        if not isinstance(arg, Constant):
            raise QueryError(f"uniqueSurveySubmissionsFilter {name} argument must be a constant", arg.start, arg.end)
    where = [expression(ANSWERED, survey=args[0])]
    for arg, text in zip(args[1:], ("timestamp >= {moment}", "timestamp <= {moment}"), strict=False):
        where.append(expression(text, moment=arg))
    return expression(LATEST, where=conjunction(where))
