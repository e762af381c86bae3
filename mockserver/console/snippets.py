"""Requests to begin with, in three languages; each works as it is, with nothing but the language installed."""

from __future__ import annotations

from dataclasses import dataclass

CURL = """\
curl '{url}/api/projects/{project_id}/persons/?limit=2' \\
  -H 'Authorization: Bearer {key}'
"""
PYTHON = """\
import json
from urllib.request import Request, urlopen

url = "{url}/api/projects/{project_id}/persons/?limit=2"
request = Request(url, headers={{"Authorization": "Bearer {key}"}})
with urlopen(request) as answer:
    print(json.dumps(json.load(answer), indent=2))
"""
JAVASCRIPT = """\
const answer = await fetch("{url}/api/projects/{project_id}/persons/?limit=2", {{
  headers: {{ Authorization: "Bearer {key}" }},
}});
console.log(JSON.stringify(await answer.json(), null, 2));
"""


@dataclass(frozen=True)
class Snippet:
    """A program and its language."""

    language: str
    text: str


def snippets(url: str, key: str, project_id: int) -> list[Snippet]:
    """Return a request for two persons of a project in each language."""
    templates = {"curl": CURL, "Python": PYTHON, "JavaScript": JAVASCRIPT}
    told = {"url": url, "key": key, "project_id": project_id}
    return [Snippet(language, template.format(**told)) for language, template in templates.items()]
