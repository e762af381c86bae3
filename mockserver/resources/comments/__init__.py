"""Comments: discussions about the things of a project, and tasks that come of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from mockserver.errors import NotFound, PermissionDenied, ValidationError
from mockserver.listing.pagination import Cursor, Fetch
from mockserver.request.auth import KEYS_REFUSED
from mockserver.request.call import Call
from mockserver.resources.behaviours import SoftDelete, log_activity
from mockserver.resources.comments.filters import Test, is_reaction, list_tests, task_tests
from mockserver.resources.comments.mentions import find_mentions, is_blank
from mockserver.resources.resource import Record
from mockserver.store.orders import sort_key
from mockserver.world.tables import NEWEST_COMMENTS

LOGGED_AS = {"recording": "Replay"}
STRETCH = 500


class Comments(SoftDelete):
    """Things said about things of the project; a reply names the comment it replies to.

    The filters of the list hold for single comments too: one that they leave out is not found.
    """

    family = "comments"
    table = "comments"
    component = "Comment"
    title = "Comment"
    pagination = Cursor()
    order = NEWEST_COMMENTS
    hides_deleted = False  # the filters do that
    relations = {"created_by": "users", "completed_by": "users"}

    # Reading

    def thread(self, call: Call) -> Any:
        """Return a page of the replies to a comment; nobody asks whether that exists."""
        return self.list(call)

    def count(self, call: Call) -> Any:
        """Return how many comments a list would hold."""
        return {"count": sum(1 for _ in self._found(call))}

    def get_record(self, call: Call, key: str) -> Record:
        record = super().get_record(call, key)
        if not all(test(record) for test in self._tests(call)):
            raise NotFound
        return record

    def fetcher(self, call: Call) -> Fetch:
        """Return how to get a stretch of the list without going through all of it; nobody asks for its length."""

        def fetch(offset: int, limit: int) -> tuple[Sequence[Record], int]:
            rows = list(islice(self._found(call), offset, offset + limit))
            return rows, len(rows)

        return fetch

    def _found(self, call: Call) -> Iterator[Record]:
        """Yield the comments that the query asks for, newest first."""
        tests = self._tests(call)
        return (record for record in self._candidates(call) if all(test(record) for test in tests))

    def _candidates(self, call: Call) -> Iterable[Record]:
        for name in ("source_comment", "item_id"):
            value = self._source_asked(call) if name == "source_comment" else call.query.get(name)
            if value:
                found = call.table(self.table).find(**{name: value}, **self.tenant_key(call))
                found.reverse()  # ties as in the list kept in order: the last one made comes first
                return sorted(found, key=lambda record: sort_key(record["created_at"]), reverse=True)
        return self._all(call)

    def _all(self, call: Call) -> Iterator[Record]:
        table, group, offset = call.table(self.table), self.group(call), 0
        while True:
            rows, _ = table.page(NEWEST_COMMENTS, group, offset, STRETCH)
            yield from rows
            offset += STRETCH
            if len(rows) < STRETCH:
                return

    def _source_asked(self, call: Call) -> str | None:
        """Return the comment whose replies are asked for. Raises: ValidationError, where the real server fails."""
        if call.operation.action == "thread":
            return str(self.read_key(call.path["id"]))
        text = call.query.get("source_comment")
        if not text:
            return None
        try:
            return str(UUID(text))
        except ValueError:
            raise ValidationError(f"“{text}” is not a valid UUID.", attr="source_comment") from None

    def _tests(self, call: Call) -> list[Test]:
        """Return what a comment must meet; only PATCH finds deleted ones unasked."""
        tests = list_tests(call.query, self._source_asked(call), with_deleted=call.operation.method == "patch")
        return [*tests, *task_tests(call.query)]

    # Writing

    def load(self, call: Call, record: Record | None = None, **how: bool) -> dict[str, Any]:
        """Return the body's values. Raises: PermissionDenied for another author's, ValidationError without content."""
        data = super().load(call, record, **how)
        if record is not None:
            if record["created_by"] != call.user["id"]:
                raise PermissionDenied("You can only modify your own comments")
            if bool(data.get("is_task", record["is_task"])) != bool(record["is_task"]):
                raise ValidationError("Cannot change task state after creation.", attr="is_task")
        if data.get("deleted") is not True and not data.get("content") and is_blank(data.get("rich_content")):
            raise ValidationError("A comment must have content")
        if record is None and data.get("is_task"):
            if data["source_comment"]:
                raise ValidationError("Replies cannot be tasks.", attr="is_task")
            if is_reaction(data["item_context"]):
                raise ValidationError("Emoji reactions cannot be tasks.", attr="is_task")
        return data

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        record = super().perform_create(call, {"is_task": False, **self._told(call, data)})
        change = {"action": "created", "field": "content", "before": None, "after": record["content"]}
        self._log(call, record, "created task" if record["is_task"] else "commented", change)
        return record

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        """Store a new version; its number grows with new content."""
        if data.get("content"):
            data = {**data, "version": record["version"] + 1}
        return super().perform_update(call, record, self._told(call, data))

    def server_fields(self, call: Call) -> dict[str, Any]:
        return {
            "created_by": call.user["id"], "created_at": call.now(), "version": 0,
            "completed_at": None, "completed_by": None,
        }  # fmt: skip

    def _told(self, call: Call, data: dict[str, Any]) -> dict[str, Any]:
        """Return the values to store, with whom the comment mentions: named by the body, else by the rich content.

        Members of the organization alone; no answer shows them, the state of the world does.
        """
        values = {name: value for name, value in data.items() if name != "slug"}
        named = data.get("mentions") or find_mentions(data.get("rich_content"))
        memberships, organization = call.table("organization_memberships"), call.tenant.organization_id
        values["mentions"] = [
            user for user in named if memberships.first(user_id=user, organization_id=organization) is not None
        ]
        return values

    # Tasks

    def complete(self, call: Call) -> Any:
        """Mark a task as done. Raises: ValidationError when it is no task, or done already."""
        record = self._get_by_session(call)
        if not record["is_task"]:
            raise ValidationError("Only tasks can be marked complete")
        if record["completed_at"]:
            raise ValidationError("Task is already complete")
        return self._settle(call, record, completed_at=call.now(), completed_by=call.user["id"])

    def reopen(self, call: Call) -> Any:
        """Mark a task as not done after all. Raises: ValidationError when it is no task, or not done."""
        record = self._get_by_session(call)
        if not record["is_task"]:
            raise ValidationError("Only tasks can be reopened")
        if not record["completed_at"]:
            raise ValidationError("Task is already open")
        return self._settle(call, record, completed_at=None, completed_by=None)

    def _get_by_session(self, call: Call) -> Record:
        """Return the comment that the path names. Raises: PermissionDenied for a scoped key; no page shows one here."""
        if call.principal.is_scoped:
            raise PermissionDenied(KEYS_REFUSED)
        return self.get_record(call, call.path["id"])

    def _settle(self, call: Call, record: Record, **changes: Any) -> Record:
        settled = call.table(self.table).update(record, changes)
        before, after = ("completed" if version["completed_at"] else None for version in (record, settled))
        change = {"action": "changed", "field": "completed_at", "before": before, "after": after}
        self._log(call, settled, "completed task" if after else "reopened task", change)
        return settled

    def _log(self, call: Call, record: Record, activity: str, change: Mapping[str, Any]) -> None:
        """Write an entry about the thing commented on; about the comment replied to, if there is one."""
        thing: str = record["scope"]
        scope = "Comment" if record["source_comment"] else LOGGED_AS.get(thing, thing)
        detail = {
            "changes": [{"type": "Comment", **change}],
            "trigger": None, "name": None, "short_id": None, "type": None,
        }  # fmt: skip
        log_activity(call, scope, record["source_comment"] or record["item_id"], activity, detail)
