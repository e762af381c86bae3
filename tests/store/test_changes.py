"""What was changed, done again to another copy."""

from __future__ import annotations

import random

from mockserver.store.changes import NotedTransaction, joined, redone
from mockserver.store.contents import Root
from mockserver.store.model import Layout, Order

LATEST = Order(("group",), "at", descending=True)
LAYOUTS = {"notes": Layout("notes", indexes=("group", "tags"), orders=(LATEST,))}


def test_changes_done_at_once_make_what_they_made_one_by_one():
    dice = random.Random(3)
    root, done, number = Root(), [], 0
    for _ in range(300):
        transaction = NotedTransaction(LAYOUTS, root)
        notes = transaction.table("notes")
        there = list(notes)
        for _ in range(dice.randrange(1, 4)):
            number += 1
            notes.insert({"id": number, "group": dice.randrange(3), "tags": [dice.randrange(4)], "at": number})
        if there:
            notes.update(dice.choice(there), {"group": dice.randrange(3), "tags": []})
        if len(there) > 1 and dice.random() < 0.7:
            notes.delete(dice.choice(list(notes)))
        if dice.random() < 0.01:
            transaction.clear()
        transaction.put("clock", number)
        root = transaction.root
        done.append(transaction.changes())
    again = redone(LAYOUTS, Root(), joined(done)).tables["notes"]
    made = root.tables["notes"]
    assert dict(again.records) == dict(made.records)
    assert again.last_row == made.last_row
    for field in ("id", "group", "tags"):
        assert _rows(again.indexes[field]) == _rows(made.indexes[field])
    assert _rows(again.orders[LATEST]) == _rows(made.orders[LATEST])


def _rows(index) -> dict:
    return {value: rows if isinstance(rows, int) else list(rows.entries()) for value, rows in index.items()}
