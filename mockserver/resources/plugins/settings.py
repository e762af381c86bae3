"""Settings of a plugin config: secrets that are never shown, files attached to it, and what of it the log tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.errors import ValidationError
from mockserver.request.call import Call
from mockserver.store import Record

SECRET = "**************** POSTHOG SECRET FIELD ****************"
NO_ACCESS = 0  # of the levels that an organization may have
ATTACH = re.compile(r"add_attachment\[([^]]+)\]")
DETACH = re.compile(r"remove_attachment\[([^]]+)\]")

Settings = dict[str, Any]
Attachments = dict[str, Settings]
Change = dict[str, Any]


def may_configure(call: Call) -> bool:
    """Return whether the organization may use plugins at all; one of which nothing is said may."""
    return (call.tenant.organization or {}).get("plugins_access_level") != NO_ACCESS


def secret_keys(plugin: Mapping[str, Any]) -> list[str]:
    """Return the keys of a plugin's secret settings, in the order in which it asks for them."""
    schema = plugin.get("config_schema") or []
    secret = [field["key"] for field in schema if isinstance(field, dict) and field.get("secret") and "key" in field]
    return [key for key in secret if isinstance(key, str)]


def shown_settings(record: Record, plugin: Mapping[str, Any]) -> Settings:
    """Return a config's settings as a client may see them: secrets masked unless empty, attached files described."""
    secrets = secret_keys(plugin)
    shown = dict(record.get("config") or {})
    for key in secrets:
        if shown.get(key):
            shown[key] = SECRET
    for key, attachment in (record.get("attachments") or {}).items():
        hidden = {"uid": -1, "saved": True, "size": -1, "name": SECRET, "type": "application/octet-stream"}
        shown[key] = hidden if key in secrets else attachment
    return shown


def with_kept_secrets(given: Settings, stored: Settings, secrets: Iterable[str]) -> Settings:
    """Return new settings, with the stored secret wherever they have none or null; empty text clears one."""
    kept = {key: stored.get(key) for key in secrets if given.get(key) is None}
    return {**given, **kept}


def setting_changes(before: Settings, after: Settings, secrets: Iterable[str]) -> list[Change]:
    """Return what differs between two versions of settings, by key; of a secret only that it did."""
    hidden = set(secrets)
    changes = []
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        action = "created" if old is None else "deleted" if new is None else "changed"
        if key in hidden:
            changes.append(_change("PluginConfig", action, None, SECRET, SECRET))
        else:
            changes.append(_change("Plugin", action, key, old, new))
    return changes


def attach(call: Call, attachments: Attachments) -> tuple[Attachments, list[tuple[str, Change]]]:
    """Return the attachments after a request, and for each that it changed the activity and the change to log.

    A form attaches its file `add_attachment[key]`, and takes one away by the name `remove_attachment[key]`.

    Raises: ValidationError for an attachment to be taken away that is not there, where servers fail with a 500.
    """
    left = dict(attachments)
    log: list[tuple[str, Change]] = []
    for name, file in call.files.items():
        found = ATTACH.fullmatch(name)
        if not found:
            continue
        before = left.get(found[1])
        uid = before["uid"] if before else call.next_id("plugin_attachments")
        size = len(file.stream.read())
        left[found[1]] = {"uid": uid, "saved": True, "size": size, "name": file.filename, "type": file.content_type}
        action = "changed" if before else "created"
        change = _change("PluginConfig", action, None, before["name"] if before else None, file.filename)
        log.append(("attachment_updated" if before else "attachment_created", change))
    for name in call.body if call.is_form else ():
        found = DETACH.fullmatch(name)
        if not found:
            continue
        if found[1] not in left:
            raise ValidationError(f"There is no attachment {found[1]!r}.")
        gone = left.pop(found[1])
        log.append(("attachment_deleted", _change("PluginConfig", "deleted", None, gone["name"], None)))
    return left, log


def _change(kind: str, action: str, field: str | None, before: Any, after: Any) -> Change:
    return {"type": kind, "action": action, "field": field, "before": before, "after": after}
