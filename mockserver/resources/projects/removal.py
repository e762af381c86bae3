"""What goes with a project: every record of it."""

from __future__ import annotations

from mockserver.request.call import Call
from mockserver.resources.resource import Record
from mockserver.world.tables import TABLES, Owner


def remove_project(call: Call, project: Record) -> None:
    """Remove a project and every record of it; what the log says of it stays."""
    for table in TABLES.values():
        if table.owner is Owner.PROJECT and table.name != "activity_log":
            for belonging in call.table(table.name).find(project_id=project["id"]):
                call.table(table.name).delete(belonging)
    call.table("projects").delete(project)
