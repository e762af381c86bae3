"""Worlds whose clock stands in January 2020, what happens in them, and who is found behind their insights."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.analytics.conftest import Asker

PERSONS = "/api/environments/1/persons/"
Story = Mapping[str, Sequence[Any]]


class Insights:
    """What happens in a world, and who is found behind its insights."""

    def __init__(self, made: Asker) -> None:
        key = made.client.as_key(None).post(f"/__admin/worlds/{made.world}/api_keys", {"scopes": []}).json["api_key"]
        self.made, self.client = made, made.client.as_key(key)
        told = made.client.as_key(None).get(f"/__admin/worlds/{made.world}").json
        self.is_observed = told["profile"].startswith("observed")

    def happen(self, story: Story, event: str = "seen", created: Mapping[str, str] | None = None) -> None:
        """Load persons by name, and what each did: a time, or an event, a time and its properties."""
        told = created or {}
        people = [
            {"distinct_ids": [name, f"{name}-2"], "created_at": told.get(name, "2020-01-01T00:00:00Z"),
             "properties": {"email": f"{name}@x.test"}}
            for name in story
        ]  # fmt: skip
        events = [
            {"event": did[0], "distinct_id": name, "timestamp": did[1], "properties": did[2] if did[2:] else {}}
            for name, deeds in story.items()
            for did in ((event, each) if isinstance(each, str) else each for each in deeds)
        ]
        self.made.load(persons=people, events=events)

    def get(self, insight: str, **asked: Any) -> Any:
        """Return an insight's answer; what is no text is sent as JSON text."""
        query = {name: value if isinstance(value, str) else json.dumps(value) for name, value in asked.items()}
        return self.client.get(f"{PERSONS}{insight}/", query_string=query)

    def people(self, insight: str, **asked: Any) -> list[Any]:
        response = self.get(insight, **asked)
        assert response.status_code == 200, response.json
        found: list[Any] = response.json["results"][0]["people"]
        return found

    def names(self, insight: str, **asked: Any) -> list[str]:
        return [person["distinct_ids"][0] for person in self.people(insight, **asked)]


def steps(*events: str | None) -> list[dict[str, Any]]:
    return [{"id": event, "type": "events", "order": number} for number, event in enumerate(events)]


SEEN = {"entity_id": "seen", "entity_type": "events", "events": steps("seen")}
JANUARY = {"date_from": "2020-01-01", "date_to": "2020-01-31"}
