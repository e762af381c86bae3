"""Tokens of a project: made anew, kept a while, forgotten; each change is logged, secrets masked."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, time, timedelta
from typing import Any

import orjson

from mockserver.request.call import Call
from mockserver.resources.behaviours import ActivityLogged
from mockserver.resources.projects.settings import WIDGET_TOKEN
from mockserver.resources.resource import Record
from mockserver.world import entropy

SECRET_LENGTH = 47
LIVE_EVENTS_DAYS = 7


class TokenActions(ActivityLogged):
    """The actions that change a project's tokens; what their bodies hold is not read."""

    def reset_token(self, call: Call, record: Record) -> Record:
        """Replace the project token; the old one stops at once. Both stand in the log as they are."""
        token = call.world.new_project_token(call.transaction)
        return self._put(
            call, record, {"api_token": token}, self.change("api_token", record["api_token"], token, "changed")
        )

    def rotate_secret_token(self, call: Call, record: Record) -> Record:
        """Make a new secret token; the one before goes on as its backup, and a backup before that is lost."""
        old, expired = record["secret_api_token"], record["secret_api_token_backup"]
        new = call.new_token("phs_", SECRET_LENGTH)
        before: dict[str, Any] = {"secret_api_token": mask(old)}
        after: dict[str, Any] = {"secret_api_token": mask(new)}
        if old:
            before["secret_api_token_backup"] = mask(expired)
            after["secret_api_token_backup"] = mask(old)
        change = self.change("secret_api_token", before, after, "changed" if old else "created")
        return self._put(call, record, {"secret_api_token": new, "secret_api_token_backup": old}, change)

    def delete_secret_token_backup(self, call: Call, record: Record) -> Record:
        """Forget the backup; without one nothing happens."""
        backup = record["secret_api_token_backup"]
        if not backup:
            return record
        change = self.change("secret_api_token_backup", mask(backup), None)
        return self._put(call, record, {"secret_api_token_backup": None}, change)

    def generate_conversations_public_token(self, call: Call, record: Record) -> Record:
        """Make a new token for the widget, whether or not there is one."""
        settings = record["conversations_settings"] or {}
        token = call.new_token("phc_")
        change = self.change(f"conversations_settings.{WIDGET_TOKEN}", mask(settings.get(WIDGET_TOKEN)), mask(token))
        return self._put(call, record, {"conversations_settings": {**settings, WIDGET_TOKEN: token}}, change)

    def _put(self, call: Call, record: Record, changes: dict[str, Any], change: dict[str, Any]) -> Record:
        updated = call.table(self.table).update(record, {**changes, "updated_at": call.now()})
        self.log(call, updated, "updated", [change], name=self.activity_name(updated))
        return updated


def mask(token: str | None) -> str | None:
    """Return a token's two ends; of a short one, nothing."""
    if not token:
        return None
    return f"{token[:4]}...{token[-4:]}" if len(token) >= 16 else "********"


def live_events_token(call: Call, project: Record) -> str:
    """Return the pass (a JWT) to the live stream of a project's events.

    It is good for a week from the day's start, so that it stays the same all day.
    """
    today = datetime.combine(entropy.now(call.state).date(), time(), UTC)
    payload = {
        "team_id": project["id"],
        "api_token": project["api_token"],
        "exp": int((today + timedelta(days=LIVE_EVENTS_DAYS + 1)).timestamp()),
        "aud": "posthog:livestream",
    }
    head = _segment(orjson.dumps({"alg": "HS256", "typ": "JWT"})) + "." + _segment(orjson.dumps(payload))
    secret = entropy.draw(call.world.seed, "jwt", 0)
    return head + "." + _segment(hmac.digest(secret, head.encode(), hashlib.sha256))


def _segment(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
