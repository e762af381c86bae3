"""What ClickHouse holds follows what the worlds hold, and no world or project sees another's."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mockserver.analytics.clickhouse.choosing import engine, mirror
from mockserver.analytics.clickhouse.mirror import Mirror
from mockserver.analytics.clickhouse.tables import People, event_row
from mockserver.analytics.clickhouse.visits import stretch_rows
from mockserver.contract import Contract
from mockserver.seeding.scenarios import build_world
from mockserver.store import Record
from tests.analytics.conftest import EVENTS, Asker

COUNT = "select count(), uniq(person_id) from events"


def test_events_are_seen_as_they_arrive(asker: Asker) -> None:
    assert asker.rows(COUNT) == [[4, 3]]
    asker.load(events=[{**EVENTS[0], "uuid": "01890000-0000-7000-8000-0000000000e1", "distinct_id": "new"}])
    assert asker.rows(COUNT) == [[5, 4]]
    asker.load(events=[{**EVENTS[0], "uuid": "01890000-0000-7000-8000-0000000000e2"}])
    assert asker.rows(COUNT) == [[6, 4]]


def test_an_event_sent_again_is_seen_once_and_another_of_its_uuid_beside_it(asker: Asker) -> None:
    sent = {**EVENTS[0], "uuid": "01890000-0000-7000-8000-0000000000e6", "timestamp": "2026-01-10T08:00:00Z"}
    token = asker.client.get("/api/projects/1/").json["api_token"]
    told = "select event, toHour(timestamp) from events where uuid = '01890000-0000-7000-8000-0000000000e6' order by 1"

    def capture(**changes: str) -> None:
        batch = [{**sent, **changes}]
        assert asker.client.post("/batch/", {"api_key": token, "batch": batch}).status_code == 200

    capture()
    assert asker.rows(told) == [["opened", 8]]
    capture(timestamp="2026-01-10T09:00:00Z")
    assert asker.rows(told) == [["opened", 9]]
    capture(event="bought")
    assert asker.rows(told) == [["bought", 8], ["opened", 9]]


def test_changed_and_merged_persons_are_seen(asker: Asker) -> None:
    assert asker.value("count() from persons where properties.plan = 'pro'") == 1
    asker.load(events=[{"event": "$set", "distinct_id": "bob", "properties": {"$set": {"plan": "pro"}}}])
    assert asker.value("count() from persons where properties.plan = 'pro'") == 2
    merge = {"event": "$merge_dangerously", "distinct_id": "ann", "properties": {"alias": "bob"}}
    asker.load(events=[merge])
    assert asker.value("count() from persons") == 2
    assert asker.value("uniq(person_id) from events where distinct_id in ('ann', 'bob')") == 1


def test_deleted_and_reset_events_are_gone(asker: Asker) -> None:
    control = asker.client.as_key(None)
    control.post(f"/__admin/worlds/{asker.world}/snapshots", {"name": "here"})
    asker.load(events=[{**EVENTS[0], "uuid": "01890000-0000-7000-8000-0000000000e3"}])
    assert asker.rows(COUNT)[0][0] == 5
    control.post(f"/__admin/worlds/{asker.world}/snapshots/here/restore", {})
    assert asker.rows(COUNT)[0][0] == 4
    asker.load(events=[{**EVENTS[1], "uuid": "01890000-0000-7000-8000-0000000000e4"}])
    assert asker.rows("select event, count() from events group by event order by event") == [
        ["bought", 2],
        ["opened", 3],
    ]


def test_fork_that_writes_nothing_copies_nothing(asker: Asker, make_asker: Callable[..., Asker]) -> None:
    before = asker.rows(COUNT)
    held = len(mirror()._held)
    fork = make_asker(**{"from": asker.world})
    assert fork.rows(COUNT) == before
    assert len(mirror()._held) == held
    fork.load(events=[{**EVENTS[0], "uuid": "01890000-0000-7000-8000-0000000000e5"}])
    assert (fork.rows(COUNT)[0][0], asker.rows(COUNT)[0][0]) == (5, 4)


def test_project_sees_only_its_own(asker: Asker) -> None:
    asker.load(projects=[{"id": 77, "name": "Other"}])
    other = Asker(asker.client, asker.world, 77)
    for table in ("events", "persons", "person_distinct_ids", "sessions", "groups", "raw_persons"):
        assert other.value(f"count() from {table}") == 0
    asker.load(events=[{"event": "theirs", "distinct_id": "x", "project_id": 77}])
    assert other.rows("select event, team_id from events") == [["theirs", 77]]
    assert asker.value("count() from events where event = 'theirs'") == 0


def test_worlds_asked_at_once_do_not_mix(make_asker: Callable[..., Asker]) -> None:
    askers = [make_asker() for _ in range(4)]
    for number, each in enumerate(askers):
        each.load(events=[{"event": f"e{number}", "distinct_id": "x"}])

    def ask(number: int) -> bool:
        return askers[number % 4].rows("select event from events") == [[f"e{number % 4}"]]

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, range(24)))


def test_worlds_whose_last_events_are_alike_do_not_mix(make_asker: Callable[..., Asker]) -> None:
    last = {"event": "last", "distinct_id": "x", "timestamp": "2026-01-10T00:00:00Z"}
    for first in ("one", "two"):
        each = make_asker()
        each.load(events=[{"event": first, "distinct_id": "x", "timestamp": "2026-01-09T00:00:00Z"}, last])
        assert each.rows("select event from events order by timestamp") == [[first], ["last"]]


def test_a_fork_reads_a_few_events_beside_its_origins(asker: Asker, make_asker: Callable[..., Asker]) -> None:
    """However many times a few more come, whoever is asked: samples, explanations and messages tell of one table."""
    asker.rows(COUNT)
    fork = make_asker(**{"from": asker.world})
    for number in range(10):
        fork.load(events=[{"event": "more", "distinct_id": f"m{number}", "timestamp": "2026-01-12T00:00:00Z"}])
        assert fork.rows("select countIf(event = 'more'), count() from events") == [[number + 1, number + 5]]
    assert fork.rows("select count() from events sample 1") == [[14]]
    assert fork.rows("select event from events order by timestamp desc limit 1") == [["more"]]
    fork.load(events=[{"event": "more", "distinct_id": "m", "timestamp": "2026-01-12T00:00:00Z"}])
    assert "FROM events LIMIT" in fork.error("select notEmpty(length(event)) from events")["detail"]
    debugged = fork.answer(COUNT, modifiers={"debug": True})
    assert any("ReadFromMergeTree" in line for line in debugged["explain"])
    assert asker.rows("select count() from events") == [[4]]


@pytest.mark.parametrize("in_memory, parts, kept", [(0, 6, 64), (2, 2, 64), (100, 2, 4), (100, 100, 5)])
def test_worlds_are_read_whole_however_their_tables_lie(
    make_asker: Callable[..., Asker], monkeypatch: pytest.MonkeyPatch, in_memory: int, parts: int, kept: int
) -> None:
    for name, value in (("MOST_IN_MEMORY", in_memory), ("MOST_PARTS", parts), ("KEPT", kept)):
        monkeypatch.setattr(f"mockserver.analytics.clickhouse.mirror.{name}", value)
    worlds = [make_asker()]
    for number in range(12):
        asker = worlds[number % len(worlds)]
        asker.load(events=[{"event": f"e{number}", "distinct_id": f"d{number}"} for _ in range(1 + number % 4)])
        asker.rows("select count() from events sample 1" if number % 5 == 4 else "select count() from events")
        if number in (2, 6):
            worlds.append(make_asker(**{"from": asker.world}))
    for asker in worlds:
        told = asker.client.as_key(None).get(f"/__admin/worlds/{asker.world}/events?limit=1000").json["count"]
        joined = "select count(), countIf(person.created_at > '2000-01-01') from events"
        assert asker.rows(joined) == [[told, told]]
        assert asker.value("count() from persons") == asker.value("uniq(distinct_id) from events")


GENERATED = """\
organizations: [{name: Hedgebox}]
projects: [{id: 1}]
generate:
  persons: 40
  events: 600
  traits:
    client: [{$browser: Chrome, $os: Linux}, {$browser: Firefox}]
  members: {plan: {choose: [free, pro]}, "it's": 'a "quote", é'}
  groups: {company: {count: 3}}
  funnel: [{path: /}, {event: $identify, path: /signup, chance: 0.6}, {event: signed_up, path: /welcome}]
  usage:
    - {event: uploaded, path: {template: '/files/{plan}'}, properties: {size: {between: [0.5, 2.5]}, tags: [a, {b: 1}]}}
    - {event: viewed, properties: {$browser: Other, $elements_chain: 'a:href="/x"'}}
    - {event: led, properties: {$session_id: its own, $group_0: other}}
    - {path: /files}
"""


def test_a_block_is_told_as_its_events_are(contract: Contract, tmp_path: Path) -> None:
    scenario = tmp_path / "generated.yaml"
    scenario.write_text(GENERATED, encoding="utf-8")
    world = build_world(contract, scenario=str(scenario), freeze_time="2026-01-15T12:00:00Z")
    view = world.view()
    events, people, kept = view.table("events"), People(view), Mirror(engine())
    told = kept.table("events", view, 1)
    one_by_one = kept._create("events", 0)
    kept._fill(one_by_one, (event_row(event, people) for event in events))
    rows = [engine().query(f"SELECT * FROM {name} ORDER BY uuid").rows for name in (told, one_by_one)]
    assert len(rows[0]) == 600
    assert rows[0] == rows[1]
    apart: list[Record] = []
    assert list(stretch_rows(events.since(0).blocks[0], 1, people, apart))  # type: ignore[arg-type]
    assert 0 < len(apart) < 300  # most are told by the visit
    with world.store.transaction() as transaction:
        transaction.table("events").insert({**dict(next(iter(events))), "uuid": "01890000-0000-7000-8000-0000000000e7"})
    assert f"SELECT * FROM {told} UNION ALL" in kept.table("events", world.view(), 1)
