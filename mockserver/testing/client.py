"""A client of the control plane, for tests in Python; it needs nothing but the standard library.

plane = ControlPlane("http://127.0.0.1:8010")
world = plane.create_world(scenario="demo", profile="observed")
world.fail("annotations_list", status=503, times=1)
...
world.delete()
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

Transport = Callable[[str, str, bytes | None, Mapping[str, str]], tuple[int, bytes]]
TIMEOUT_SECONDS = 60.0
__tracebackhide__ = True  # pytest shows the line of the test that was refused, not how the call was sent


class ControlError(Exception):
    """The control plane refused a call; `status` and the envelope say why."""

    def __init__(self, status: int, envelope: Mapping[str, Any]) -> None:
        self.status = status
        self.code = envelope.get("code")
        self.detail = envelope.get("detail")
        self.attr = envelope.get("attr")
        where = f" ({self.attr})" if self.attr else ""
        super().__init__(f"{status}: {self.detail}{where}")


def over_http(url: str, timeout_seconds: float = TIMEOUT_SECONDS) -> Transport:
    """Return a transport that sends calls to a server, each over a connection of its own."""
    address = urlsplit(url)
    secure = address.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection

    def send(method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        connection = kind(address.hostname or "127.0.0.1", address.port, timeout=timeout_seconds)
        try:
            connection.request(method, address.path.rstrip("/") + path, body, dict(headers))
            with connection.getresponse() as response:
                return response.status, response.read()
        finally:
            connection.close()

    return send


def in_process(application: Callable[..., Any]) -> Transport:
    """Return a transport that calls a WSGI application, without a socket."""
    from werkzeug.test import Client

    client = Client(application)

    def send(method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        response = client.open(path, method=method, data=body, headers=dict(headers))
        return response.status_code, response.get_data()

    return send


class ControlPlane:
    """The control plane of a server; `token` is its admin token, if it asks for one."""

    def __init__(
        self, url: str = "http://127.0.0.1:8010", token: str | None = None, *, transport: Transport | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._send = transport or over_http(self.url)

    def call(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        """Make one call, its path below `/__admin`, and return what it answers. Raises: ControlError."""
        given = {name: value for name, value in (query or {}).items() if value is not None}
        address = f"/__admin{path}?{urlencode(given)}" if given else f"/__admin{path}"
        headers = dict(self._headers)
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        status, answer = self._send(method, address, content, headers)
        value = json.loads(answer) if answer else None
        if status >= 400:
            raise ControlError(status, value if isinstance(value, dict) else {"detail": str(value)})
        return value

    def health(self) -> dict[str, Any]:
        """Return what the server says of itself."""
        return dict(self.call("GET", "/health"))

    def coverage(self, world: str | None = None) -> dict[str, Any]:
        """Return which operations were called, in one world or in all."""
        return dict(self.call("GET", "/coverage", query={"world": world}))

    def contracts(self) -> list[dict[str, Any]]:
        """Return the OpenAPI documents that the server answers from beside its contract."""
        listed: list[dict[str, Any]] = self.call("GET", "/contracts")["contracts"]
        return listed

    def add_contract(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Let the server answer from an OpenAPI document; return what was inferred of it, and what in it is odd."""
        shown: dict[str, Any] = self.call("POST", "/contracts", document)
        return shown

    def remove_contract(self, name: str) -> None:
        """Let the server answer no more from a document."""
        self.call("DELETE", f"/contracts/{quote(name, safe='')}")

    def create_world(
        self, *, scenario: str | None = None, seed: int | None = None, profile: str | None = None,
        freeze_time: str | None = None, from_world: str | None = None,
    ) -> World:  # fmt: skip
        """Make a world, of a scenario or as a fork of another one."""
        given = {"scenario": scenario, "seed": seed, "profile": profile, "freeze_time": freeze_time, "from": from_world}
        return World(self, self.call("POST", "/worlds", {n: value for n, value in given.items() if value is not None}))

    def world(self, id: str = "default") -> World:
        """Return a world that there is."""
        return World(self, self.call("GET", f"/worlds/{quote(id, safe='')}"))

    def worlds(self) -> list[World]:
        """Return every world."""
        return [World(self, about) for about in self.call("GET", "/worlds")["worlds"]]


class World:
    """A world of a server: what a client needs to use it, and what a test may do with it."""

    def __init__(self, plane: ControlPlane, about: Mapping[str, Any]) -> None:
        self.plane = plane
        self.url = plane.url
        self.id: str = about["id"]
        self.api_key: str = about["api_key"]
        self.project_token: str = about["project_token"]
        self.organization_id: str = about["organization_id"]
        self.project_id: int = about["project_id"]
        self.user: dict[str, Any] | None = about["user"]
        self.profile: str = about["profile"]
        self.seed: int = about["seed"]

    def __repr__(self) -> str:
        return f"<World {self.id} at {self.url}>"

    def _call(self, method: str, path: str = "", body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        return self.plane.call(method, f"/worlds/{quote(self.id, safe='')}{path}", body, query)

    # Its life

    def reset(self) -> None:
        """Return it to what it was when it was created."""
        self._call("POST", "/reset")

    def delete(self) -> None:
        """Remove it."""
        self._call("DELETE")

    def fork(self, *, profile: str | None = None, seed: int | None = None, freeze_time: str | None = None) -> World:
        """Return a world of its own that starts as this one stands."""
        return self.plane.create_world(from_world=self.id, profile=profile, seed=seed, freeze_time=freeze_time)

    def snapshot(self, name: str | None = None) -> str:
        """Keep it as it stands, and return the snapshot's name."""
        return str(self._call("POST", "/snapshots", {"name": name})["name"])

    def restore(self, name: str) -> None:
        """Return it to a snapshot."""
        self._call("POST", f"/snapshots/{quote(name, safe='')}/restore")

    # What it holds

    def load(self, **tables: list[dict[str, Any]]) -> dict[str, int]:
        """Store records of any tables, all or none, and return how many of each."""
        return dict(self._call("POST", "/load", tables)["loaded"])

    def state(self) -> dict[str, Any]:
        """Return its whole state."""
        return dict(self._call("GET", "/state"))

    def put_state(self, state: Mapping[str, Any]) -> None:
        """Put a whole state in the place of its own."""
        self._call("PUT", "/state", state)

    def create_api_key(self, *scopes: str, label: str | None = None, user_id: int | None = None) -> str:
        """Make a personal API key with these scopes; without any it stands for a session."""
        made = self._call("POST", "/api_keys", {"scopes": list(scopes), "label": label, "user_id": user_id})
        return str(made["api_key"])

    def flag(
        self, key: str, *, enabled: bool = True, variant: str | Mapping[str, float] | None = None, payload: Any = None,
        only: Mapping[str, Any] | None = None, rollout: float | None = None, group: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Set a flag, in the place of what it was, and return it; with nothing said it is on for everybody.

        `only` names properties of those whom it is for, `…` in a text standing for anything; `rollout` lets in so many
        of a hundred; `variant` is what all get, or variants with their shares; `group` is a type of group.
        """
        given = _given(variant=variant, payload=payload, only=only, rollout=rollout, group=group)
        return dict(self._call("PUT", f"/flags/{quote(key, safe='')}", {"enabled": enabled, **given}))

    def remove_flag(self, key: str) -> None:
        """Remove a flag."""
        self._call("DELETE", f"/flags/{quote(key, safe='')}")

    def accept_invite(self, invite: str, **given: str) -> dict[str, Any]:
        """Accept an invite in the place of whom it is for, and return who joined; `first_name` names who is new."""
        return dict(self._call("POST", f"/invites/{quote(invite, safe='')}/accept", given))

    # Its time

    @property
    def now(self) -> str:
        """Its time, in ISO 8601."""
        return str(self._call("GET", "/clock")["now"])

    def freeze(self, moment: str) -> None:
        """Stop its clock at a moment (ISO 8601)."""
        self._call("PUT", "/clock", {"freeze": moment})

    def advance(self, seconds: float) -> None:
        """Move its clock on."""
        self._call("PUT", "/clock", {"advance": seconds})

    def run_clock(self) -> None:
        """Let its clock run."""
        self._call("PUT", "/clock", {"run": True})

    # What it was asked

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Every request that it saw, oldest first."""
        return self.find_requests()

    def find_requests(self, **filters: Any) -> list[dict[str, Any]]:
        """Return the requests that fit: `operation`, `method`, `path`, `status`, `since`, `limit`."""
        return list(self._call("GET", "/requests", query=filters)["requests"])

    def clear_requests(self) -> None:
        """Forget the requests that it saw."""
        self._call("DELETE", "/requests")

    def verify(
        self, match: Mapping[str, Any], *, count: int | None = None, at_least: int | None = None,
        at_most: int | None = None, within: float | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Return whether requests were made as often as expected, by default at least once, and near misses.

        It waits up to `within` seconds until they were.
        """
        return self._verdict("/requests/verify", match, count, at_least, at_most, within)

    # What arrived

    def events(
        self, event: str | None = None, *, distinct_id: str | None = None, **filters: Any
    ) -> list[dict[str, Any]]:
        """Return the events that arrived since it was made, in that order: of a name, a distinct id, properties.

        `since` (a moment) and `limit` are filters too; any other name is a property's. `arrived=False` counts those in
        that it began with.
        """
        query = {
            name if name in ("since", "limit", "arrived") else f"properties.{name}": _spelled(value)
            for name, value in filters.items()
        }
        query = {"arrived": "true", "event": event, "distinct_id": distinct_id, **query}
        return list(self._call("GET", "/events", query=query)["events"])

    def verify_events(
        self, match: Mapping[str, Any], *, count: int | None = None, at_least: int | None = None,
        at_most: int | None = None, within: float | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Return whether events arrived as often as expected since it was made, and near misses.

        `match` says what they are like: `event`, `distinct_id`, `properties`. It waits up to `within` seconds.
        """
        return self._verdict("/events/verify", match, count, at_least, at_most, within)

    def _verdict(
        self, path: str, match: Mapping[str, Any], count: int | None, at_least: int | None, at_most: int | None,
        within: float | None,
    ) -> dict[str, Any]:  # fmt: skip
        body = {"match": match, "count": count, "at_least": at_least, "at_most": at_most, "within_s": within}
        return dict(self._call("POST", path, body))

    # How it misbehaves

    def fail(
        self, operation: str | None = None, *, status: int | None = None, method: str | None = None,
        path: str | None = None, match: Mapping[str, Any] | None = None, **fault: Any,
    ) -> str:  # fmt: skip
        """Plan a fault for some requests (all, if nothing is said of them), and return its id.

        With nothing else said they are answered 500; see `times`, `probability`, `delay_ms`, `body`, `headers`, `drop`,
        `truncate`, `malformed`, `rate_limit` in the control plane's contract. `answers=[500, 429, 200]` is what befalls
        the next three. `match` says more of the requests meant: `query`, `headers`, `body`.
        """
        if status is None and not fault.keys() & {"delay_ms", "drop", "truncate", "malformed", "rate_limit", "answers"}:
            status = 500
        match = {**_given(operation=operation, method=method, path=path), **(match or {})}
        return str(self._call("POST", "/faults", _given(match=match, status=status, **fault))["id"])

    def faults(self) -> list[dict[str, Any]]:
        """Return its faults, and how often each hit."""
        return list(self._call("GET", "/faults")["faults"])

    def clear_faults(self) -> None:
        """Remove its faults."""
        self._call("DELETE", "/faults")

    def stub(
        self, operation: str | None = None, *, body: Any = None, status: int = 200,
        headers: Mapping[str, str] | None = None, match: Mapping[str, Any] | None = None, times: int | None = None,
        force: bool = False,
    ) -> str:  # fmt: skip
        """Plan an answer in the place of its own, and return the stub's id.

        `match` says more of the requests meant: `method`, `path`, `query`, `headers`, `body`. What the contract does
        not allow is refused unless forced.
        """
        spec = {
            "match": {**_given(operation=operation), **(match or {})},
            "response": _given(status=status, headers=headers, body=body),
            **_given(times=times, force=force or None),
        }
        return str(self._call("POST", "/stubs", spec)["id"])

    def stubs(self) -> list[dict[str, Any]]:
        """Return its stubs, and how often each answered."""
        return list(self._call("GET", "/stubs")["stubs"])

    def clear_stubs(self) -> None:
        """Remove its stubs."""
        self._call("DELETE", "/stubs")


def _spelled(value: Any) -> Any:
    """Return a value as a query spells it: text and numbers as they are, everything else as JSON."""
    return json.dumps(value) if value is None or isinstance(value, (bool, list, dict)) else value


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
