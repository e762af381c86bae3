"""A project of a replay's own, to do anything in: made on a server that is not ours, and removed at the end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from mockserver.replay.care.journal import Journal, Made
from mockserver.replay.script import Answer
from mockserver.replay.targets import Target
from mockserver.world.entropy import system_time, timestamp

NAME = "A replay of mockserver"
PEOPLE = ("replay-1", "replay-2", "replay-3", "replay-4")
EVENTS = ("$pageview", "signup")
LONGEST_WAIT_SECONDS = 10.0
STEP_SECONDS = 0.5


class NoProject(Exception):
    """The key may not make a project; the message says what the server said."""


def make_project(target: Target, journal: Journal, sleep: Callable[[float], None] = time.sleep) -> str:
    """Make a project on a target, with a few people in it, let the target work in that, and return its path.

    It is written down before it is made. People come as events, which a server takes in by and by: they are waited for,
    and where none come the operations that need them are not reached. What ends it early takes the project away again.

    Raises: NoProject.
    """
    collection = f"/api/organizations/{target.ids['organization_id']}/projects"
    body = {"name": f"{NAME}, {timestamp(system_time())}"}
    intent = journal.intend(collection, body)
    answer = target.ask("POST", f"{collection}/", body)
    project: Mapping[str, Any] = answer.json if isinstance(answer.json, Mapping) else {}
    if answer.status != 201 or project.get("id") is None:
        journal.settle(intent)
        raise NoProject(answer.refusal or f"it answered {answer.status}")
    made = Made(f"{collection}/{project['id']}", "DELETE")
    journal.add(made)
    journal.settle(intent)
    target.ids["project_id"] = str(project["id"])
    try:
        _populate(target, str(project.get("api_token")), sleep)
    except BaseException:
        if target.ask("DELETE", f"{made.path}/").status < 300:
            journal.remove(made)
        raise
    return made.path


def _populate(target: Target, token: str, sleep: Callable[[float], None]) -> None:
    headers = {"Content-Type": "application/json"}
    for person in PEOPLE:  # one after the other, so that lists have one order
        batch = [{"event": name, "properties": {"distinct_id": person, "$set": {"name": person}}} for name in EVENTS]
        sent = target.send("none", "POST", "/batch/", headers, json.dumps({"api_key": token, "batch": batch}).encode())
    waited = 0.0
    while sent.status == 200 and waited < LONGEST_WAIT_SECONDS and _people(target) < len(PEOPLE):
        sleep(STEP_SECONDS)
        waited += STEP_SECONDS


def _people(target: Target) -> int:
    answer: Answer = target.ask("GET", f"/api/projects/{target.ids['project_id']}/persons/")
    rows = answer.json.get("results") if answer.status == 200 and isinstance(answer.json, Mapping) else None
    return len(rows) if isinstance(rows, list) else 0
