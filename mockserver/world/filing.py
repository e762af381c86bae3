"""The tree of a project's things: where each is filed, how its entry follows it, and how a path is spelled.

A path is segments parted by `/`; a `/` inside a segment is written `\\/`, and a backslash `\\\\`. What nobody put
elsewhere stands under `Unfiled`, in the folder of its kind. Source: recorded trees, PostHog's sources.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mockserver.store import Record, Transaction, View
from mockserver.world import entropy

TABLE = "file_system"
FOLDER = "folder"
UNTITLED = "Untitled"
TRANSFORMATION = ("hog_function/transformation", "Transformations", "/pipeline/transformations/hog-{}/configuration")
PLAYLIST = ("session_recording_playlist", "Replay playlists", "/replay/playlists/{}")
BORN_WITH = (
    (TRANSFORMATION, "GeoIP"),
    (PLAYLIST, "Recordings of Gmail users"),
    (PLAYLIST, "Mobile device recordings"),
    (PLAYLIST, "Recordings with Rage Clicks"),
    (PLAYLIST, "Recordings of people from Google Ads"),
    (PLAYLIST, "Recordings with 5+ console log errors"),
    (PLAYLIST, "All recordings"),
)
"""What servers make with every project and file, in this order; of these there is nothing here but their entries."""
SEGMENT = re.compile(r"(?:[^/\\]|\\.)+|\\")


def _is_deleted(record: Record) -> bool:
    return bool(record.get("deleted"))


@dataclass(frozen=True)
class Kind:
    """How the records of one table are filed."""

    type: str
    folder: str
    href: str
    names: tuple[str, ...] = ("name",)
    """Fields that may hold its name, the first that does."""
    ref: str = "id"
    is_out: Callable[[Record], bool] = _is_deleted
    """Whether a record has no entry."""

    def name_of(self, record: Record) -> str:
        """Return what the last segment of a record's path says."""
        return next((str(record[name]) for name in self.names if record.get(name)), UNTITLED)

    def ref_of(self, record: Record) -> str:
        """Return what an entry calls a record."""
        return str(record[self.ref])


KINDS: Mapping[str, Kind] = {
    "feature_flags": Kind("feature_flag", "Feature Flags", "/feature_flags/{}", ("key",)),
    "early_access_features": Kind("early_access_feature", "Early Access Features", "/early_access_features/{}"),
    "dashboards": Kind(
        "dashboard", "Dashboards", "/dashboard/{}",
        is_out=lambda record: _is_deleted(record) or record.get("creation_mode") == "template",
    ),
    "insights": Kind(
        "insight", "Insights", "/insights/{}", ("name", "derived_name"), "short_id",
        is_out=lambda record: _is_deleted(record) or not record.get("saved"),
    ),
    "actions": Kind("action", "Actions", "/data-management/actions/{}"),
    "cohorts": Kind("cohort", "Cohorts", "/cohorts/{}"),
}  # fmt: skip
"""The kinds that are filed, by their table."""


def split(path: str) -> list[str]:
    """Return the segments of a path, as they are spelled in it."""
    return SEGMENT.findall(path)


def escape(name: str) -> str:
    """Return a name as a segment of a path."""
    return name.replace("\\", "\\\\").replace("/", "\\/")


def entries_of(view: View, table: str, record: Record) -> list[Record]:
    """Return a record's entries: one, or as many as it was linked to."""
    kind = KINDS[table]
    return view.table(TABLE).find(ref=kind.ref_of(record), type=kind.type, project_id=record["project_id"])


def keep(seed: int, transaction: Transaction, table: str, record: Record, folder: str | None = None) -> bool:
    """Let a record's entries say what it says, file it if it has none, take it out if it is to have none.

    Return whether it was filed anew.
    """
    kind, files = KINDS[table], transaction.table(TABLE)
    entries = entries_of(transaction, table, record)
    if kind.is_out(record):
        for entry in entries:
            files.delete(entry)
        return False
    ref = kind.ref_of(record)
    name, shown = escape(kind.name_of(record)), {"href": kind.href.format(ref), "meta": _meta(record)}
    for entry in entries:
        path = "/".join([*split(entry["path"])[:-1], name])
        changed = {field: value for field, value in {**placed(path), **shown}.items() if entry.get(field) != value}
        if changed:
            files.update(entry, changed)
    if not entries:
        path = f"{folder or f'Unfiled/{kind.folder}'}/{name}"
        add(
            seed, transaction, record["project_id"], path, kind.type, ref=ref, **shown,
            created_at=record.get("created_at"), created_by=record.get("created_by"),
        )  # fmt: skip
    return not entries


def _meta(record: Record) -> dict[str, Any]:
    created = record.get("created_at")
    return {
        "created_at": created and str(created).replace("T", " ").replace("Z", "+00:00"),
        "created_by": record.get("created_by"),
    }


def furnish(seed: int, transaction: Transaction, project: Record) -> None:
    """File what a project is born with. Source: the recorded tree of a project that is fresh."""
    if transaction.table(TABLE).first(type=PLAYLIST[0], project_id=project["id"]) is not None:
        return  # its tree was given
    born = entropy.read_timestamp(project["created_at"])
    for number, ((type, folder, href), name) in enumerate(BORN_WITH):
        is_hog = type == TRANSFORMATION[0]
        ref = entropy.uuid7(seed, transaction) if is_hog else entropy.token(seed, transaction, length=8)
        moment = entropy.timestamp(born + timedelta(milliseconds=number))
        made = {"created_at": moment, "created_by": None}
        add(
            seed, transaction, project["id"], f"Unfiled/{folder}/{escape(name)}", type, ref=ref, href=href.format(ref),
            meta=_meta(made), **made,
        )  # fmt: skip


def withdraw(transaction: Transaction, table: str, record: Record) -> None:
    """Take a record that is gone out of the tree."""
    for entry in entries_of(transaction, table, record):
        transaction.table(TABLE).delete(entry)


def add(seed: int, transaction: Transaction, project_id: int, path: str, type: str, **given: Any) -> Record:
    """Add an entry to a project's tree."""
    now = entropy.timestamp(entropy.now(transaction))
    return transaction.table(TABLE).insert({
        "id": entropy.uuid7(seed, transaction), "project_id": project_id, "type": type, "ref": None, "href": None,
        "meta": {}, "shortcut": False, "created_by": None, **given, **placed(path),
        "created_at": given.get("created_at") or now,
    })  # fmt: skip


def placed(path: str) -> dict[str, Any]:
    """Return what an entry holds of its place; `place` is what lists go by."""
    return {"path": path, "depth": len(split(path)), "place": path.lower()}


def assure_folders(
    seed: int, transaction: Transaction, project_id: int, path: str, created_by: int | None
) -> None:  # fmt: skip
    """Make the folders above a path that are missing."""
    segments = split(path)
    for depth in range(1, len(segments)):
        above = "/".join(segments[:depth])
        if transaction.table(TABLE).first(path=above, project_id=project_id) is None:
            add(seed, transaction, project_id, above, FOLDER, created_by=created_by)


def file_all(seed: int, transaction: Transaction, tables: Iterable[str], project_id: int) -> int:
    """File whatever of a project has no entry yet, and return how much that was."""
    found = 0
    for table in tables:
        for record in transaction.table(table).find(project_id=project_id):
            if not entries_of(transaction, table, record):
                found += keep(seed, transaction, table, record)
    return found


def tables_of(type: str | None) -> Sequence[str]:
    """Return the tables whose records are filed as a type; all of them when none is named."""
    return [table for table, kind in KINDS.items() if not type or kind.type == type]
