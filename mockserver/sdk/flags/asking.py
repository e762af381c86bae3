"""A question for flags answered: whose project it is about, and what its flags are for somebody."""

from __future__ import annotations

from uuid import UUID

from flask import Request

from mockserver.flags.evaluating import Outcome, evaluate
from mockserver.flags.evaluation import Flag
from mockserver.flags.people import remember, subject_of
from mockserver.flags.projects import project_of
from mockserver.flags.quotas import is_limited
from mockserver.flags.rules import Rules
from mockserver.sdk.flags.audiences import is_for
from mockserver.sdk.flags.questions import Question
from mockserver.sdk.flags.shapes import Telling
from mockserver.store import Record, Transaction
from mockserver.world import entropy
from mockserver.world.worlds import World

SURVEYS = "survey-targeting-"
"""What the keys of flags begin with that surveys make for themselves."""


def tell(
    transaction: Transaction, project: Record, asked: Question, rules: Rules, request: Request, seed: int | None = None
) -> Telling:  # fmt: skip
    """Return what the flags asked for are: none where they are not wanted, or the quota is used up.

    Who was anonymous until now is remembered for the flags that keep people.
    """
    project_id = project["id"]
    flags = project_of(transaction, project_id, rules)
    if asked.disabled or is_limited(project):
        return Telling(Outcome(), flags, seed)
    distinct_id = asked.distinct_id or ""
    if asked.anonymous_id and flags.keeps_people:
        remember(transaction, project_id, [distinct_id, asked.anonymous_id], asked.anonymous_id, flags.keeps_people)
    subject = subject_of(
        transaction, project_id, distinct_id, rules, given=asked.given, groups=asked.groups,
        given_of_groups=asked.given_of_groups, anonymous_id=asked.anonymous_id, only_given=asked.only_given,
    )  # fmt: skip

    def is_wanted(flag: Flag) -> bool:
        if asked.only_surveys and not flag.key.startswith(SURVEYS):
            return False
        return not rules.knows_runtimes or is_for(flag.record, asked, request)

    return Telling(evaluate(flags, subject, rules, asked.keys, is_wanted), flags, seed)


def request_id(world: World, transaction: Transaction, request: Request) -> str:
    """Return the id of a request: the one that it came with, or a new one."""
    try:
        return str(UUID(request.headers.get("X-Request-Id", "")))
    except ValueError:
        return entropy.uuid7(world.seed, transaction)
