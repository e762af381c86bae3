"""The drift bench: does a replay find it when a server stops keeping the contract, and only then?

    python -m tests.replay.drift            every break, ten runs against the unbroken server, one against the servers
                                            of the other profile
    python -m tests.replay.drift --sample   one break of each kind, and one run
    python -m tests.replay.drift roles_     only breaks with this in their name

A stranger, a server that nothing tells is ours, is broken in one thing at a time and compared with a mock that holds
its records; `--mocks` breaks a second mock instead. A break is found when the report names its operation: as the one
that answered differently, or as the one that wrote before another answered differently.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mockserver.contract import Contract, Operation, Profile
from mockserver.replay.care.guard import Care
from mockserver.replay.care.journal import Journal, Made
from mockserver.replay.cases import Settings
from mockserver.replay.deviations import Deviation, read_deviations
from mockserver.replay.replaying import Options, Replay
from mockserver.replay.report.model import Report
from mockserver.replay.routing import Routing
from mockserver.replay.script import Script, read_scripts
from mockserver.replay.targets import ROLES, Target, open_url, start_mock
from tests.replay import breakage as b
from tests.replay.breakage import Break, Breaker
from tests.replay.stranger import FULL, ORGANIZATION, PROJECT, Stranger, key_of

SEEDS = tuple(range(1, 11))
SLOW_SECONDS = 0.3
FLAGS = frozenset({
    "feature_flags", "flag_values", "early_access_features", "organization_feature_flags", "scheduled_changes",
    "access_controls",
})  # fmt: skip
"""The families about flags, which a stranger is asked of beside those that are promised."""


def trusted(role: str) -> dict[str, str]:
    """Return the keys of a role with those of the owner that they are taken for, a mock's and a stranger's."""
    return {ROLES[role]: ROLES["session"], key_of(role): key_of("session")}


@dataclass
class Finding:
    """What the replay said of one break."""

    broken: Break
    named: bool
    """Whether the report names the operation at all."""
    direct: bool
    """Whether it is the operation that answered differently."""
    others: list[str] = field(default_factory=list)
    """Other operations that answered differently."""
    seconds: float = 0.0


def breaks() -> list[Break]:
    """Return everything that is broken, one at a time."""
    beyond = (*_flags(), *_groups(), *_insights(), *_names())
    return [*_fields(), *_values(), *_errors(), *_pages(), *_writes(), *_access(), *_transport(), *beyond]


def _fields() -> Iterator[Break]:
    for operation, name in (
        ("retrieve_2", "timezone"), ("roles_list", "created_by"), ("roles_role_memberships_list", "joined_at"),
        ("annotations_retrieve", "dashboard_name"), ("cohorts_list", "count"), ("comments_list", "version"),
        ("persons_retrieve", "distinct_ids"), ("environments_persons_list", "uuid"),
        ("Pipelinedestinationconfigs_get", "order"), ("Pipelinefrontendappsconfigs_get", "enabled"),
        ("environments_persisted_folder_retrieve", "path"), ("environments_plugin_configs_logs_list", "message"),
        ("environments_query_create", "results"), ("members_list", "last_login"),
        ("retrieve", "member_count"), ("environments_retrieve", "base_currency"),
    ):  # fmt: skip
        yield Break("field missing", operation, b.on_success(b.each(b.without(name))), what=name)
    for operation in ("roles_retrieve", "annotations_list", "cohorts_retrieve", "persons_cohorts_retrieve"):
        added = b.on_success(b.each(lambda row: row.update(surprise=1)))
        yield Break("field added", operation, added, what="surprise")
    for operation, name, to in (
        ("annotations_create", "date_marker", "dateMarker"), ("persons_list", "properties", "props"),
        ("roles_create", "created_at", "created"),
    ):  # fmt: skip
        yield Break("field renamed", operation, b.on_success(b.each(b.renamed(name, to))), what=f"{name} → {to}")


def _values() -> Iterator[Break]:
    for kind, operation, name, change in (
        ("type changed", "retrieve_2", "id", str), ("type changed", "annotations_list", "id", str),
        ("type changed", "environments_persisted_folder_partial_update", "path", lambda value: [value]),
        ("type changed", "persons_values_retrieve", "name", lambda value: {"value": value}),
        ("nullability", "roles_retrieve", "name", lambda value: None),
        ("nullability", "cohorts_retrieve", "is_calculating", lambda value: None),
        ("nullability", "Pipelinedestinationconfigs_getList", "plugin", lambda value: None),
        ("enum value", "annotations_retrieve", "creation_type", lambda value: "BOT"),
        ("enum value", "members_list", "level", lambda value: 3),
        ("nullability", "personal_api_keys_retrieve", "scopes", lambda value: None),
        ("enum value", "environments_plugin_configs_logs_list", "type", lambda value: "TRACE"),
        ("format", "annotations_retrieve", "created_at", lambda value: str(value).replace("Z", "+00:00")),
        ("format", "persons_retrieve", "uuid", lambda value: str(value).partition("-")[0]),
        ("format", "roles_list", "created_at", lambda value: str(value)[:10]),
        ("value", "cohorts_activity_retrieve_2", "activity", lambda value: f"{value}!"),
    ):  # fmt: skip
        yield Break(kind, operation, b.on_success(b.each(b.valued(name, change))), what=name)


def _errors() -> Iterator[Break]:
    for operation, wrong in (
        ("annotations_create", 200), ("roles_destroy", 200), ("persons_split_create", 202),
        ("environments_persisted_folder_create", 200), ("reset_token_partial_update", 202),
    ):  # fmt: skip
        yield Break("status", operation, b.status(wrong), what=str(wrong))
    for operation in ("roles_create", "persons_update_property_create", "environments_query_create"):
        yield Break("error envelope", operation, b.on_error(lambda body: {"detail": body.get("detail")}))
    for operation in ("cohorts_create", "annotations_retrieve"):
        wrong_code = b.on_error(lambda body: {**body, "code": "invalid"})
        yield Break("wrong code", operation, wrong_code)
    for operation in ("roles_create", "annotations_partial_update"):
        wrong_attr = b.on_error(lambda body: {**body, "attr": "non_field_errors"})
        yield Break("wrong attr", operation, wrong_attr)


def _pages() -> Iterator[Break]:
    for operation in ("annotations_list", "roles_list", "cohorts_list"):
        yield Break("paging count", operation, b.on_success(_counting_rows))
    for operation in ("annotations_list", "Pipelinedestinationconfigs_getList", "cohorts_persons_retrieve"):
        yield Break("next link", operation, b.on_success(b.paged(next=None)))
    for operation in ("annotations_list", "persons_list", "comments_list", "persons_values_retrieve", "members_list"):
        yield Break("order", operation, b.on_success(b.reversed_rows))
    for operation, name in (
        ("annotations_list", "search"), ("persons_list", "email"), ("cohorts_list", "search"),
        ("comments_list", "scope"), ("environments_plugin_configs_logs_list", "type_filter"),
    ):  # fmt: skip
        yield Break("filter ignored", operation, incoming=b.ignoring(name), what=name)


def _counting_rows(page: Any) -> Any:
    return {**page, "count": len(page["results"]) + 1} if isinstance(page, dict) and "count" in page else page


def _writes() -> Iterator[Break]:
    for operation in (
        "annotations_partial_update", "roles_update", "cohorts_partial_update", "persons_update_property_create",
        "environments_persisted_folder_partial_update", "Pipelinedestinationconfigs_patchById", "partial_update_2",
        "roles_role_memberships_create",
    ):  # fmt: skip
        yield Break("write not persisted", operation, forgets=True)
    for operation in (
        "roles_destroy", "roles_role_memberships_destroy", "environments_persisted_folder_destroy", "persons_destroy",
    ):  # fmt: skip
        yield Break("deleted record still there", operation, incoming=b.answering(204))


def _access() -> Iterator[Break]:
    for operation in ("annotations_create", "roles_create", "cohorts_partial_update", "persons_destroy"):
        yield Break("scope not enforced", operation, incoming=b.trusting(trusted("read_only")))
    for operation in ("annotations_list", "persons_list", "roles_list", "environments_persisted_folder_retrieve"):
        yield Break("foreign tenant visible", operation, incoming=b.trusting(trusted("outsider")))
    yield Break("level not enforced", "roles_create", incoming=b.trusting(trusted("member")))


def _transport() -> Iterator[Break]:
    for operation, name in (
        ("annotations_list", "Allow"),
        ("cohorts_retrieve", "Content-Type"),
        ("persons_list", "Vary"),
    ):
        yield Break("header missing", operation, b.headless(name), what=name)
    for operation in ("roles_retrieve", "retrieve_2", "environments_query_retrieve"):
        yield Break("wrong content type", operation, b.typed("text/html"))
    for operation in ("annotations_list", "Pipelinefrontendappsconfigs_get"):
        yield Break("trailing slash redirect", operation, incoming=b.redirecting)
    for operation in ("roles_list", "comments_list"):
        yield Break("slow", operation, b.slow(SLOW_SECONDS))
    for operation in ("persons_retrieve", "cohorts_list", "annotations_partial_update"):
        yield Break("500 once in n", operation, b.failing(7))


def _flags() -> Iterator[Break]:
    """Yield what can go wrong with flags, which no page shows."""
    yield Break("field missing", "feature_flags_retrieve", b.on_success(b.each(b.without("filters"))), what="filters")
    yield Break("field renamed", "feature_flags_create", b.on_success(b.each(b.renamed("key", "name_"))), what="key")
    for operation, name, change in (
        ("feature_flags_list", "active", str), ("feature_flags_retrieve", "status", lambda value: "FRESH"),
        ("feature_flags_status_retrieve", "status", lambda value: f"{value}!"),
    ):  # fmt: skip
        yield Break("value", operation, b.on_success(b.each(b.valued(name, change))), what=name)
    yield Break("status", "feature_flags_create", b.status(200), what="200")
    yield Break("write not persisted", "feature_flags_partial_update", forgets=True)
    yield Break("filter ignored", "feature_flags_list", incoming=b.ignoring("search"), what="search")
    yield Break("scope not enforced", "feature_flags_update", incoming=b.trusting(trusted("read_only")))
    local = "feature_flags_local_evaluation_retrieve"
    yield Break("foreign tenant visible", local, incoming=b.trusting(trusted("outsider")))
    yield Break("field missing", local, b.on_success(_without_cohorts), what="cohorts")
    yield Break("wrong content type", "feature_flags_remote_config_retrieve", b.typed("text/html"))
    yield Break("order", "flag_value_values_retrieve", b.on_success(b.reversed_rows))
    level = b.on_success(lambda told: {**told, "default_access_level": "viewer"})
    for operation in ("resource_access_controls_retrieve", "dashboards_access_controls_retrieve"):
        yield Break("value", operation, level, what="default_access_level")


def _groups() -> Iterator[Break]:
    """Yield what can go wrong with events and groups, with the tree and the log, which no page shows."""
    yield Break("filter ignored", "events_list", incoming=b.ignoring("person_id"), what="person_id")
    person = b.on_success(b.each(b.valued("person", lambda value: {})))
    yield Break("value", "events_retrieve", person, what="person")
    yield Break("error detail", "events_retrieve", b.on_error(lambda error: error.update(detail="?")), what="detail")
    kept = b.on_success(b.each(b.valued("group_properties", lambda value: {**value, "surprise": 1})))
    yield Break("value", "groups_find_retrieve", kept, what="group_properties")
    yield Break("write not persisted", "groups_delete_property_create", forgets=True)
    yield Break("scope not enforced", "groups_create", incoming=b.trusting(trusted("read_only")))
    yield Break("field missing", "file_system_retrieve", b.on_success(b.each(b.without("depth"))), what="depth")
    yield Break("field missing", "activity_log_list", b.on_success(b.each(b.without("unread"))), what="unread")


def _insights() -> Iterator[Break]:
    """Yield what can go wrong with insights, their variables and alerts, which no page shows."""
    hashed = b.on_success(b.each(b.without("filters_hash")))
    yield Break("field missing", "insights_retrieve", hashed, what="filters_hash")
    for operation, name, change in (
        ("insights_create", "effective_privilege_level", lambda value: 21), ("insights_retrieve", "saved", str),
        ("insight_variables_create", "code_name", lambda value: str(value).upper()),
        ("alerts_create", "state", lambda value: "Firing"), ("insights_trend_retrieve", "query_method", str.upper),
    ):  # fmt: skip
        yield Break("value", operation, b.on_success(b.each(b.valued(name, change))), what=name)
    yield Break("status", "insights_create", b.status(200), what="200")
    yield Break("write not persisted", "insights_partial_update", forgets=True)
    yield Break("filter ignored", "insights_list", incoming=b.ignoring("short_id"), what="short_id")
    yield Break("scope not enforced", "insights_partial_update", incoming=b.trusting(trusted("read_only")))
    told = b.on_error(lambda error: error.update(detail="?"))
    yield Break("error detail", "insights_funnel_retrieve", told, what="detail")


def _names() -> Iterator[Break]:
    """Yield what can go wrong with what people give names to: actions, and definitions of events and properties."""
    yield Break("field missing", "actions_list", b.on_success(b.each(b.without("steps"))), what="steps")
    yield Break(
        "field renamed", "event_definitions_list", b.on_success(b.each(b.renamed("hidden", "is_hidden"))), what="hidden"
    )
    for operation, name, change in (
        ("actions_create", "is_action", lambda value: not value), ("property_definitions_list", "is_numerical", str),
    ):  # fmt: skip
        yield Break("value", operation, b.on_success(b.each(b.valued(name, change))), what=name)
    yield Break("write not persisted", "actions_partial_update", forgets=True)
    yield Break("order", "property_definitions_list", b.on_success(b.reversed_rows))
    yield Break("filter ignored", "event_definitions_list", incoming=b.ignoring("event_type"), what="event_type")
    yield Break("scope not enforced", "actions_update", incoming=b.trusting(trusted("read_only")))


def _without_cohorts(told: Any) -> Any:
    return {name: value for name, value in told.items() if name != "cohorts"}


class Bench:
    """A mock, a second one that can be broken, and what a replay of the two finds."""

    families: frozenset[str] | None = None
    """Those that are asked where no single one is; all where nothing is said."""
    deviations: Sequence[Deviation] = ()
    """The differences that are accepted."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._operations = {operation.id: operation for operation in contract.operations}
        self._scripts: Sequence[Script] = read_scripts(contract)
        self._breaker: Breaker | None = None
        routing = Routing(contract)

        def wrap(app: Any) -> Breaker:
            self._breaker = Breaker(app, app.extensions["mockserver"].default, routing.find)
            return self._breaker

        self.targets: list[Target] = [start_mock("mock", contract), start_mock("other", contract, wrap=wrap)]

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *exception: object) -> None:
        for target in self.targets:
            target.close()

    def find(self, broken: Break) -> Finding:
        """Break one thing, replay its family, and return what the report says."""
        assert self._breaker is not None
        operation = self._operations[broken.operation]
        self._breaker.apply(broken)
        started = time.perf_counter()
        try:
            report = self.replay(family=operation.family, generated=operation)
        finally:
            self._breaker.apply(None)
        flagged = [row.operation.id for row in report.rows.values() if not row.is_clean]
        causes = {cause for row in report.rows.values() for mismatch in row.unexplained for cause in mismatch.after}
        causes |= {cause for row in report.rows.values() for _, failure in row.failures for cause in failure.after}
        return Finding(
            broken,
            named=broken.operation in flagged or broken.operation in causes,
            direct=broken.operation in flagged,
            others=[id for id in flagged if id != broken.operation],
            seconds=time.perf_counter() - started,
        )

    def replay(
        self, *, family: str | None = None, generated: Operation | None = None, seed: int = 1, properties: bool = True
    ) -> Report:
        """Replay the two against each other: a family and its operation's generated requests, or everything."""
        asked = {family} if family is not None else self.families
        only = None if asked is None else only_of(self.contract, asked)
        settings = Settings(
            examples=4, most_coverage=20, seed=seed, only=only, phases=("examples", "coverage", "fuzzing")
        )
        wanted = frozenset({generated.id}) if generated else frozenset[str]()
        families = frozenset({family}) if family else frozenset[str]()
        options = Options(settings, families=families, properties=properties, generated=wanted)
        return Replay(self.contract, self.targets, options, self._scripts, self.deviations).run()


def compared(contract: Contract) -> frozenset[str]:
    """Return the families that are promised, and those about flags."""
    return frozenset({operation.family for operation in contract.promised} | FLAGS)


def only_of(contract: Contract, families: Collection[str]) -> str:
    """Return a pattern of the operations of some families."""
    return "|".join(f"^{re.escape(o.id)}$" for o in contract.operations if o.family in families)


class StrangerBench(Bench):
    """A mock, and a stranger that can be broken: its project's records are read into the mock, then both are asked.

    The project is the replay's own to write in, as one that it made would be, but with records in it from the start.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._operations = {operation.id: operation for operation in contract.operations}
        self._scripts = read_scripts(contract)
        routing = Routing(contract)

        def wrap(app: Any) -> Breaker:
            self._breaker = Breaker(app, app.extensions["mockserver"].default, routing.find)
            return self._breaker

        self.deviations = read_deviations(contract)
        self._stranger = Stranger(contract, replace(FULL, fails=False), wrap=wrap)
        self._folder = TemporaryDirectory()
        self.targets = []

    def __exit__(self, *exception: object) -> None:
        self._stranger.close()
        self._folder.cleanup()

    def replay(
        self, *, family: str | None = None, generated: Operation | None = None, seed: int = 1, properties: bool = True
    ) -> Report:
        """Replay a new mock against the stranger, which is put back before."""
        self._stranger.world.reset()
        self.targets = [start_mock("mock", self.contract, profile=Profile.OBSERVED), self._open()]
        try:
            return super().replay(family=family, generated=generated, seed=seed, properties=properties)
        finally:
            for target in self.targets:
                target.close()

    def _open(self) -> Target:
        """Return the stranger as a replay sees it that made its project."""
        target = open_url(
            "real", self._stranger.url, self._stranger.keys, project=str(PROJECT), organization=ORGANIZATION,
            is_foreign=True,
        )  # fmt: skip
        own = f"/api/organizations/{ORGANIZATION}/projects/{PROJECT}"
        journal = Journal.of(self._stranger.url, Path(self._folder.name))
        journal.made = [Made(own, "DELETE")]
        target.adapter.guard = Care(self.contract, target.ids, journal, allow_writes=True, own_project=own)
        return target


def measure(
    contract: Contract, chosen: Sequence[Break], seeds: Sequence[int], *, verbose: bool = True,
    bench_of: type[Bench] = StrangerBench,
) -> bool:  # fmt: skip
    """Run the bench and print its score; return whether every break was found and nothing else was."""
    missed, alarms = [], 0
    with bench_of(contract) as bench:
        for number, broken in enumerate(chosen, 1):
            finding = bench.find(broken)
            verdict = "found" if finding.direct else "found behind what it wrote" if finding.named else "MISSED"
            if verbose:
                aside = f"; also {', '.join(finding.others)}" if finding.others else ""
                print(f"{number:3} {finding.seconds:5.1f} s  {broken}: {verdict}{aside}", flush=True)
            if not finding.named:
                missed.append(broken)
        for seed in seeds:
            report = bench.replay(seed=seed)
            alarms += report.failed + report.unexplained
            if verbose:
                print(f"seed {seed}: {report.failed + report.unexplained} false alarms in {report.seconds:.1f} s, "
                      f"{report.cases} generated requests", flush=True)  # fmt: skip
                for row in report.rows.values():
                    for mismatch in row.unexplained:
                        print(f"    {row.operation.id}: {mismatch.difference} ({mismatch.where})")
                    for name, failure in row.failures:
                        print(f"    {row.operation.id}: {name}: {failure.title}: {failure.text[:300]}")
    kinds = len({broken.kind for broken in chosen})
    print(f"score: {len(chosen) - len(missed)} of {len(chosen)} breaks of {kinds} kinds found, "
          f"{alarms} false alarms in {len(seeds)} runs against the unbroken server")  # fmt: skip
    for broken in missed:
        print(f"  missed: {broken}")
    return not missed and not alarms


def compare_profiles(contract: Contract, *, properties: bool = True) -> Report:
    """Replay a mock against one that answers as the servers do, with the differences that are declared accepted."""
    targets = [start_mock("pages", contract), start_mock("servers", contract, profile=Profile.OBSERVED)]
    try:
        options = Options(Settings(examples=10), properties=properties)
        return Replay(contract, targets, options, read_scripts(contract), read_deviations(contract)).run()
    finally:
        for target in targets:
            target.close()


def sample() -> list[Break]:
    """Return one break of each kind."""
    return list({broken.kind: broken for broken in reversed(breaks())}.values())[::-1]


def main(arguments: Sequence[str]) -> int:
    """Run the bench as a command."""
    contract = Contract.read()
    chosen, seeds = (sample(), SEEDS[:1]) if "--sample" in arguments else (breaks(), SEEDS)
    named = [word for word in arguments if not word.startswith("--")]
    if named:
        chosen = [broken for broken in chosen if any(word in str(broken) for word in named)]
    good = measure(contract, chosen, seeds, bench_of=Bench if "--mocks" in arguments else StrangerBench)
    report = compare_profiles(contract)
    print(f"documented against observed: {report.unexplained} differences that are not declared, {report.failed} "
          f"failures, {len(report.unused)} declared ones that did not occur, {report.seconds:.1f} s")  # fmt: skip
    return 0 if good and not (report.unexplained or report.failed or report.unused) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
