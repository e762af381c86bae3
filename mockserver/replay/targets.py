"""Targets: the servers that a replay holds the contract against."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from mockserver.contract import Contract, Profile
from mockserver.importing import Records, adopt
from mockserver.replay.redaction import Redactor
from mockserver.replay.script import Answer
from mockserver.replay.wire import Adapter, Limits, Refused, Unreachable, explain, open_session

NOON = "2026-01-15T12:00:00Z"
SIGN = "X-Mockserver"
ROLES = {
    "all_access": "phx_mock_all_access",
    "session": "phx_mock_session",
    "admin": "phx_mock_admin",
    "member": "phx_mock_member",
    "outsider": "phx_mock_outsider",
    "read_only": "phx_mock_read_only",
    "limited": "phx_mock_limited",
    "unknown": "phx_mock_unknown",
}
"""The keys of the demo world, by the role that scripts name."""
MADE_ROLES: Mapping[str, Mapping[str, Any]] = {
    "session": {"scopes": []},
    "read_only": {"scopes": ["*:read"]},
    "limited": {"scopes": ["insight:write"]},
    "admin": {"scopes": ["*"], "user_id": 2},
    "member": {"scopes": ["*"], "user_id": 3},
    "outsider": {"scopes": ["*"], "user_id": 4},
}
"""How the keys of a world of our own on another mock are made."""
FOREIGN_PROJECT = {"foreign_project_id": 3}
"""A project of the demo world that its first organization does not have."""
UNKNOWN_KEY = "phx_0000000000000000000000000000000000000000000"


@dataclass
class Target:
    """One server, the keys for it, and what is known of it."""

    name: str
    url: str
    profile: Profile
    ids: dict[str, Any]
    keys: dict[str, str]
    adapter: Adapter
    is_ours: bool = False
    """Whether it is a mock with a world for us alone, which can be written to and put back."""
    accepts: tuple[Profile, ...] = ()
    """Profiles whose expectations it may meet; a real server may meet either."""
    role: str = ""
    """Whose key generated requests are sent with; that of a session where servers refuse many to scoped keys."""
    scopes: frozenset[str] | None = None
    """What the key may do, as far as the server tells."""
    verify: bool | str = True
    reset: Callable[[], None] | None = None
    settle: Callable[[], None] | None = None
    close: Callable[[], None] = lambda: None
    adopt: Callable[[Records, frozenset[str] | None], None] | None = None
    """Lets a mock's world hold an imported project and nothing else, with a key of these scopes."""
    session: requests.Session = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.session = open_session(self.adapter, self.url, verify=self.verify)
        self.accepts = self.accepts or (self.profile,)
        self.role = self.role or ("session" if self.profile.is_observed else "all_access")

    @property
    def key(self) -> str:
        """The key that generated requests are sent with."""
        return self.keys.get(self.role) or self.keys["all_access"]

    @property
    def redactor(self) -> Redactor:
        """What takes this target's secrets out of text."""
        return Redactor(self.keys.values())

    def send(self, role: str, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Send one request with the key of a role. Raises: Unreachable; Refused, for a role without a key, too."""
        sent = dict(headers)
        if role != "none":
            sent.setdefault("Authorization", f"Bearer {self._key_of(role)}")
        sent.setdefault("Accept", "*/*")
        try:
            response = self.session.request(
                method, self.url + url, headers=sent, data=body, allow_redirects=False, timeout=None
            )
        except Refused:
            raise
        except requests.RequestException as error:
            raise explain(self.name, self.url, error) from None
        return Answer(response.status_code, dict(response.headers), response.content)

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """Send JSON with the key of generated requests."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}"}
        if data is not None:
            headers["Content-Type"] = "application/json"
        return self.send("none", method, path, headers, data)

    def _key_of(self, role: str) -> str:
        """Return the key of a role; where a session is not refused, no key of full access is, and stands in for it."""
        key = self.keys.get(role) or (self.keys["all_access"] if role == "session" else None)
        if key is None:
            raise Refused(f"there is no key of role {role!r} for {self.name}")
        return key

    def has(self, role: str) -> bool:
        """Return whether there is a key for a role."""
        return role == "none" or role in self.keys

    def open_session(self, session: requests.Session) -> None:
        """Let a session of schemathesis' take this target's wire."""
        if session.adapters.get("http://") is not self.adapter:
            self.adapter.carry(session, self.url)


def start_mock(
    name: str, contract: Contract, *, profile: Profile = Profile.DOCUMENTED, seed: int = 0, strict: bool = False,
    limits: Limits | None = None, wrap: Callable[[Any], Any] | None = None, openapi: Sequence[str] = (),
) -> Target:  # fmt: skip
    """Start a mock in this process, with the demo world and a stopped clock, that answers from `openapi` documents as
    well; `wrap` may change the application."""
    from mockserver.serving.app import create_app
    from mockserver.serving.server import Server, free_address

    app = create_app(profile=profile, seed=seed, freeze_time=NOON, strict=strict, contract=contract, openapi=openapi)
    worlds = app.extensions["mockserver"]
    server = Server(wrap(app) if wrap else app, free_address("127.0.0.1", 0)).start()

    def reset() -> None:
        worlds.default.reset()
        worlds.register(worlds.default)

    about = worlds.describe(worlds.default)
    target = Target(
        name, server.address.url, profile,
        {"project_id": about["project_id"], "organization_id": about["organization_id"], **FOREIGN_PROJECT},
        dict(ROLES), Adapter(name, limits or Limits()),
        is_ours=True, reset=reset, settle=lambda: worlds.default.settle() and None, close=server.stop,
    )  # fmt: skip

    def take_in(records: Records, scopes: frozenset[str] | None) -> None:
        target.ids.update(adopt(contract, worlds.default, records, target.keys, scopes))
        worlds.register(worlds.default)

    target.adopt = take_in
    return target


def open_url(
    name: str, url: str, keys: Mapping[str, str], *, project: str | None, organization: str | None,
    profile: Profile | None = None, limits: Limits | None = None, verify: bool | str = True, is_foreign: bool = False,
) -> Target:  # fmt: skip
    """Return a target at an address: a mock, with a world of our own on it, or somebody's PostHog.

    One that is said to be foreign is never given a world, mock or not.

    Raises: Unreachable, in a line that names the target and says what to do; ValueError for what is no address.
    """
    url = read_address(url)
    adapter = Adapter(name, limits or Limits())
    session = open_session(adapter, url, verify=verify)
    try:
        first = session.get(f"{url}/api/users/@me/", allow_redirects=False)
    except requests.RequestException as error:
        raise explain(name, url, error) from None
    if SIGN in first.headers and not is_foreign:
        mock = _open_mock(name, url, session, adapter, profile, verify)
        if mock is not None:
            return mock
    if "all_access" not in keys:
        raise Unreachable(
            name,
            url,
            "needs a personal API key: put one into the environment and name its variable with --api-key-env NAME",
        )
    target = Target(
        name, url, profile or Profile.OBSERVED, {}, {**keys, "unknown": UNKNOWN_KEY}, adapter,
        accepts=(profile,) if profile else tuple(Profile), verify=verify,
    )  # fmt: skip
    target.ids.update(_tenants(target, project, organization))
    target.scopes = _scopes(target)
    return target


def read_address(text: str) -> str:
    """Return the address of a server as requests are put below it. Raises: ValueError for what is none."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"{text!r} is no address; write http://host:port or https://host")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _open_mock(
    name: str, url: str, session: requests.Session, adapter: Adapter, profile: Profile | None, verify: bool | str
) -> Target | None:  # fmt: skip
    """Return a target with a world of its own on a running mock; nothing where its control plane is closed."""

    def control(method: str, path: str, body: Any = None) -> Any:
        response = session.request(method, f"{url}/__admin{path}", json=body, allow_redirects=False)
        return response.json() if response.ok and response.content else None

    world = control("POST", "/worlds", {"freeze_time": NOON, **({"profile": profile} if profile else {})})
    if world is None or not world.get("api_key"):
        return None
    base = f"/worlds/{world['id']}"
    keys = {"all_access": world["api_key"], "unknown": UNKNOWN_KEY}
    for role, spec in MADE_ROLES.items():
        made = control("POST", f"{base}/api_keys", {"label": role, "user_id": world["user"]["id"], **spec})
        if made is not None:
            keys[role] = made["api_key"]
    kept = {"start": control("POST", f"{base}/snapshots", {"name": "replay"})}

    def settle() -> None:
        kept["start"] = control("POST", f"{base}/snapshots", {"name": "replay"})

    def reset() -> None:
        control("POST", f"{base}/snapshots/replay/restore")

    return Target(
        name, url, Profile(world["profile"]),
        {"project_id": world["project_id"], "organization_id": world["organization_id"], **FOREIGN_PROJECT},
        keys, adapter, verify=verify, is_ours=True, reset=reset, settle=settle,
        close=lambda: control("DELETE", base),
    )  # fmt: skip


def _tenants(target: Target, project: str | None, organization: str | None) -> dict[str, Any]:
    """Return the project and organization to work in: those named, else the ones that the key's owner is in."""
    answer = target.ask("GET", "/api/users/@me/")
    me = answer.json
    if answer.status in (301, 302, 303, 307, 308):
        raise _unfit(target, f"redirects to {_header(answer, 'location')}; give the address that it answers at")
    if not isinstance(me, Mapping) or answer.status not in (200, 401, 403):
        kind = _header(answer, "content-type") or "nothing"
        raise _unfit(target, f"answers {answer.status} with {kind} to /api/users/@me/; is it PostHog's API?")
    if answer.status == 401 or (answer.status == 403 and project is None):
        more = ", or name the project with --project" if answer.status == 403 else ""
        raise _unfit(
            target, f"refuses the key: {target.redactor.text(str(me.get('detail')))}; check --api-key-env{more}"
        )
    team, org = me.get("team") or {}, me.get("organization") or {}
    tenants = {
        "project_id": project or str(team.get("id") or team.get("project_id") or "@current"),
        "organization_id": organization or str(org.get("id") or "@current"),
    }
    if target.ask("GET", f"/api/projects/{quote(tenants['project_id'], safe='@')}/").status == 404:
        raise _unfit(target, f"has no project {tenants['project_id']} that the key can see; check --project")
    return tenants


def _scopes(target: Target) -> frozenset[str] | None:
    """Return what a target says that the key may do; nothing where it does not tell, or the key has no bounds."""
    answer = target.ask("GET", "/api/personal_api_keys/@current/")
    scopes = answer.json.get("scopes") if answer.status == 200 and isinstance(answer.json, Mapping) else None
    return frozenset(map(str, scopes)) if scopes else None


def _unfit(target: Target, what: str) -> Unreachable:
    return Unreachable(target.name, target.url, what)


def _header(answer: Answer, name: str) -> str:
    return next((value for key, value in answer.headers.items() if key.lower() == name), "")
