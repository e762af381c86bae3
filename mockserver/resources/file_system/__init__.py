"""The tree of a project's things: folders, entries that things have, and links to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.errors import BareError, ValidationError
from mockserver.listing.pagination import LARGEST, Page, positive
from mockserver.request.call import Call
from mockserver.resources.file_system.searching import searched
from mockserver.resources.resource import Record, Resource, user_basic
from mockserver.store.orders import sort_key
from mockserver.validation.fields import Timestamp
from mockserver.world import entropy, filing
from mockserver.world.tables import FILED

VIEWS = "file_system_views"
LAST_VIEWED = "last_viewed_at"


class FileSystem(Resource):
    """Entries of the tree. What stands for a thing follows it; to remove an entry removes nothing but the entry."""

    family = "file_system"
    table = filing.TABLE
    component = "FileSystem"
    title = "File System"
    order = FILED
    narrowing = (
        "depth", "parent", "path", "type", "not_type", "type__startswith", "ref", "search", "created_at__gt",
        "created_at__lt", "order_by",
    )  # fmt: skip
    depends_on = None

    # Reading

    def list(self, call: Call) -> Any:
        """Return a page of entries, and the users who made what stands on it."""
        page = super().list(call)
        assert isinstance(page, Page)
        ids = dict.fromkeys((row.get("meta") or {}).get("created_by") for row in page.rows if _is_object(row["meta"]))
        users = [user_basic(call, number) for number in ids if isinstance(number, int)]
        return Page(page.rows, {**page.envelope, "users": [user for user in users if user is not None]})

    def filter_records(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        query = call.query
        depth, since, until = query.get("depth", ""), _moment(call, "created_at__gt"), _moment(call, "created_at__lt")
        equal = {name: query[name] for name in ("path", "type", "ref") if query.get(name)}
        above, start = query.get("parent"), query.get("type__startswith", "")
        found = [
            record
            for record in searched(call, records, query.get("search", ""))
            if all(record[name] == value for name, value in equal.items())
            and (not depth.lstrip("-").isdigit() or record["depth"] == int(depth))
            and (not above or record["path"].startswith(f"{above}/"))
            and (not query.get("not_type") or record["type"] != query["not_type"])
            and record["type"].startswith(start)
            and (not since or sort_key(record["created_at"]) > since)
            and (not until or sort_key(record["created_at"]) < until)
        ]
        return self._ordered(call, found)

    def _ordered(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        wanted = call.query.get("order_by", "")
        name, is_turned = wanted.removeprefix("-"), wanted.startswith("-")
        if call.query.get("ref"):
            return sorted(records, key=lambda record: bool(record["shortcut"]))
        if name == LAST_VIEWED and self._tells_views(call):
            seen = [(moment, record) for record in records if (moment := self._last_viewed(call, record))]
            return [record for _, record in sorted(seen, key=lambda pair: pair[0], reverse=is_turned)]
        if name in ("path", "created_at"):
            return sorted(records, key=lambda record: sort_key(record[name]), reverse=is_turned)
        if wanted:  # servers take any other name for the newest first
            return sorted(records, key=lambda record: sort_key(record["created_at"]), reverse=True)
        if call.query.get("depth") is not None:
            return sorted(records, key=lambda record: (record["type"] != filing.FOLDER, record["place"]))
        return records

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return {LAST_VIEWED: self._last_viewed(call, record)} if self._tells_views(call) else {}

    def _tells_views(self, call: Call) -> bool:
        return LAST_VIEWED in self._layout(self.component, call.profile)

    def _last_viewed(self, call: Call, record: Record) -> str | None:
        view = _view_of(call, record["type"], record["ref"])
        return view["viewed_at"] if view else None

    # Writing

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        """Store an entry, and the folders above it that are missing."""
        self._assure_folders(call, data["path"])
        made = {**data, "shortcut": bool(data.get("shortcut")), "created_at": call.now(), **filing.placed(data["path"])}
        return super().perform_create(call, {"created_by": call.user["id"], **made})

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        return super().perform_update(call, record, {**data, **(filing.placed(data["path"]) if "path" in data else {})})

    def perform_destroy(self, call: Call, record: Record) -> None:
        """Remove an entry; a folder with whatever is in it."""
        if record["type"] == filing.FOLDER:
            for entry in self._inside(call, record["path"]):
                super().perform_destroy(call, entry)
        super().perform_destroy(call, record)

    # Actions

    def move(self, call: Call, record: Record) -> Any:
        """Put an entry elsewhere; a folder goes with what is in it, and into one of its name that is there."""
        path = _new_path(call)
        self._assure_folders(call, path)
        if record["type"] != filing.FOLDER:
            return self._shown(call, self._put(call, record, path))
        if path == record["path"]:
            raise BareError({"detail": "Cannot move folder into itself"})
        there = self._is_folder(call, path)
        for entry in self._inside(call, record["path"]):
            self._put(call, entry, path + entry["path"][len(record["path"]) :])
        if there:
            call.table(self.table).delete(record)
            return self._shown(call, record)
        return self._shown(call, self._put(call, record, path))

    def link(self, call: Call, record: Record) -> Any:
        """Let an entry stand elsewhere as well; of a folder, what is in it too."""
        path = _new_path(call)
        self._assure_folders(call, path)
        if record["type"] == filing.FOLDER:
            if path == record["path"]:
                raise BareError({"detail": "Cannot link folder into itself"})
            for entry in self._inside(call, record["path"]):
                self._copy(call, entry, path + entry["path"][len(record["path"]) :])
            if self._is_folder(call, path):
                return self._shown(call, record)
        return self._shown(call, self._copy(call, record, path))

    def count(self, call: Call, record: Record) -> Any:
        """Return how many entries are in a folder, and in the folders in it."""
        if record["type"] != filing.FOLDER:
            raise BareError({"detail": "Count can only be called on folders"})
        return {"count": len(self._inside(call, record["path"]))}

    def count_by_path(self, call: Call) -> Any:
        """Return how many entries are in the folder of a path, whether it is there or not."""
        path = call.query.get("path")
        if not path:
            raise BareError({"detail": "path parameter is required"})
        return {"count": len(self._inside(call, path))}

    def unfiled(self, call: Call) -> Any:
        """File what of the project has no entry, make the folders that are missing, and tell how much was filed."""
        project, seed = call.tenant.project_id, call.world.seed
        tables = filing.tables_of(call.query.get("type"))
        with call.writing() as writing:
            filed = filing.file_all(seed, writing.transaction, tables, project)
            for entry in writing.table(self.table).in_order(FILED, (project,)):
                filing.assure_folders(seed, writing.transaction, project, entry["path"], entry.get("created_by"))
        return {"count": filed}

    def log_view(self, call: Call) -> Any:
        """Note that the asker looked at a thing, or list what they looked at, the latest first."""
        if call.operation.method == "get":
            return self._views(call)
        body = call.body if isinstance(call.body, Mapping) else {}
        for name in ("type", "ref"):
            if not isinstance(body.get(name), str):
                raise ValidationError("This field is required.", code="required", attr=name)
        given = body.get("viewed_at")
        moment = Timestamp.read(given) if isinstance(given, str) else None
        if given is not None and moment is None:
            raise ValidationError(
                "Datetime has wrong format. Use one of these formats instead: "
                "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].", attr="viewed_at",
            )  # fmt: skip
        viewed_at = entropy.timestamp(moment) if moment else call.now()
        held = _view_of(call, body["type"], body["ref"])
        if held is None:
            call.table(VIEWS).insert({
                "id": call.next_id(VIEWS), **self.tenant_key(call), "user_id": call.user["id"],
                "type": body["type"], "ref": body["ref"], "viewed_at": viewed_at,
            })  # fmt: skip
        elif sort_key(viewed_at) > sort_key(held["viewed_at"]):
            call.table(VIEWS).update(held, {"viewed_at": viewed_at})
        return None

    def _views(self, call: Call) -> Any:
        kind, limit = call.query.get("type"), positive(call.query.get("limit"), LARGEST)
        views = call.table(VIEWS).find(user_id=call.user["id"], **self.tenant_key(call))
        views.sort(key=lambda view: sort_key(view["viewed_at"]), reverse=True)
        found = [view for view in views if not kind or view["type"] == kind]
        return [{name: view[name] for name in ("type", "ref", "viewed_at")} for view in found[:limit]]

    # What these are made of

    def _inside(self, call: Call, path: str) -> Sequence[Record]:
        """Return the entries in a folder, at whatever depth."""
        entries = call.table(self.table).in_order(FILED, (call.tenant.project_id,))
        return [entry for entry in entries if entry["path"].startswith(f"{path}/")]

    def _is_folder(self, call: Call, path: str) -> bool:
        there = call.table(self.table).first(path=path, type=filing.FOLDER, **self.tenant_key(call))
        return there is not None

    def _assure_folders(self, call: Call, path: str) -> None:
        project = call.tenant.project_id
        filing.assure_folders(call.world.seed, call.transaction, project, path, call.user["id"])

    def _put(self, call: Call, entry: Record, path: str) -> Record:
        return call.table(self.table).update(entry, filing.placed(path))

    def _copy(self, call: Call, entry: Record, path: str) -> Record:
        return call.table(self.table).insert(
            {**entry, "id": call.new_uuid(), "shortcut": True, **filing.placed(path)}
        )  # fmt: skip

    def _shown(self, call: Call, entry: Record) -> Any:
        return self.show(entry, call)


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _new_path(call: Call) -> str:
    body = call.body if isinstance(call.body, Mapping) else {}
    path = body.get("new_path")
    if not path:
        raise BareError({"detail": "new_path is required"})
    if not isinstance(path, str):
        raise ValidationError("Not a valid string.", code="invalid", attr="new_path")
    return path


def _view_of(call: Call, type: str, ref: str | None) -> Record | None:
    return call.table(VIEWS).first(user_id=call.user["id"], project_id=call.tenant.project_id, type=type, ref=ref)


def _moment(call: Call, name: str) -> Any:
    """Return the sort key of a time that a parameter names. Raises: ValidationError, where the servers fail."""
    text = call.query.get(name)
    if not text:
        return None
    moment = Timestamp.read(text)
    if moment is None:
        raise ValidationError(f"{text!r} is no time.", attr=name)
    return sort_key(entropy.timestamp(moment))
