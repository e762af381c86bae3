"""Requests that schemathesis makes of a whole document, valid and not: no server error, no answer off its schema.

    python -m tests.inferred.generating posthog.yaml --examples 20

The server holds each answer to the document itself and says so with a 500; what answers are described by is judged here
once more, by schemathesis. Answers of modelled families are looked at for server errors alone.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.errors import SchemathesisError
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import response_schema_conformance

from tests.inferred.walking.client import Client
from tests.inferred.walking.described import read
from tests.inferred.walking.keys import KNOWN, Keys
from tests.inferred.walking.wire import KEY, over_http, serving

CHECKS = [not_a_server_error, response_schema_conformance]
SOURCE = "x-mockserver-source"


@dataclass
class Generated:
    """What came of the requests."""

    operations: int = 0
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)
    """By operation, what its first bad answer was."""
    left_out: list[str] = field(default_factory=list)
    """Operations of which schemathesis makes no request."""

    def lines(self) -> Iterator[str]:
        """Yield the report, a line each."""
        yield from (f"failure {label}: {text}" for label, text in sorted(self.failures.items()))
        yield from (f"left out {label}" for label in self.left_out)
        statuses = ", ".join(f"{count} × {status}" for status, count in sorted(self.statuses.items()))
        yield f"{self.requests} requests of {self.operations} operations: {statuses}; {len(self.failures)} failed"


def generate(document: dict[str, Any], url: str, examples: int, key: str = KEY) -> Generated:
    """Ask each operation so many times, of each kind of body."""
    report = Generated()
    schema = schemathesis.openapi.from_dict(document)
    keys = Keys(Client(document, over_http(url, key)))
    base = url + urlsplit((document.get("servers") or [{}])[0].get("url", "")).path.rstrip("/")
    for result in schema.get_all_operations():
        operation = result.ok()
        report.operations += 1
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            known = {} if mode is GenerationMode.NEGATIVE else keys.identifiers(operation.path)
            _ask(operation, mode, base, examples, key, {**known, **tenant_of(operation.path)}, report)
    return report


def tenant_of(path: str) -> dict[str, str]:
    """Return the tenant that a path names; any other is one that nobody has."""
    return {name: value for name, value in KNOWN.items() if f"{{{name}}}" in path}


def _ask(
    operation: Any, mode: GenerationMode, url: str, examples: int, key: str, path: dict[str, str], report: Generated
) -> None:  # fmt: skip
    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        if case.path_parameters:
            case.path_parameters = {**case.path_parameters, **path}
        response = case.call(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60)
        report.requests += 1
        report.statuses[response.status_code] += 1
        checks = CHECKS if SOURCE in response.headers else CHECKS[:1]
        case.validate_response(response, checks=checks)

    try:
        ask()
    except (Unsatisfiable, SchemathesisError) as error:
        if mode is GenerationMode.POSITIVE:  # nothing can be wrong with what says nothing
            report.left_out.append(f"{operation.label}: {str(error).partition(chr(10))[0]}")
    except FailureGroup as failures:
        report.failures.setdefault(operation.label, " | ".join(str(each) for each in failures.exceptions)[:1000])


def main() -> int:
    """Ask a whole document, print what came of it, and return whether something failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("document", type=Path)
    parser.add_argument("--examples", type=int, default=5, help="requests of each kind for each operation (5)")
    options = parser.parse_args()
    with serving(options.document) as url:
        report = generate(read(options.document), url, options.examples)
    print(*report.lines(), sep="\n")
    return int(bool(report.failures))


if __name__ == "__main__":
    sys.exit(main())
