"""What a record that is given in part becomes: its ids, times, tenant and defaults filled in, what was given kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.cohorts.progression import asked
from mockserver.contract import Contract, Document, Profile, for_profile
from mockserver.membership.members import add_members
from mockserver.request.passwords import digest
from mockserver.resources.insights.variables import code_name_of
from mockserver.resources.making.insights import DEFAULTS, SHORT_ID, STAMPS
from mockserver.resources.making.starting_dashboard import DASHBOARD, LOOKS, PLAIN, STARTERS
from mockserver.resources.tiles import DASHBOARD as BOARD
from mockserver.seeding import kinds
from mockserver.seeding.kinds import Kind, LoadError, expected
from mockserver.store import Transaction
from mockserver.world import entropy, filing
from mockserver.world.deliveries import next_date
from mockserver.world.entropy import person_uuid
from mockserver.world.tables import Identity, Owner, Table
from mockserver.world.worlds import World

NOW = ("created_at", "updated_at", "joined_at", "timestamp")
LISTS = ("steps", "distinct_ids", "scoped_projects", "scoped_organizations", "config_schema", "members")
OBJECTS = ("properties", "group_properties", "capabilities", "metrics")
FLAGS = ("deleted", "is_identified", "is_global")
EMPTY: Mapping[str, Any] = {"boolean": False, "integer": 0, "number": 0, "array": [], "object": {}, "string": ""}
ALL_READS = "*:read"
FOLLOWS_FROM_ACTIONS = (
    "is_action", "is_calculating", "team_id", "bytecode_error", "creation_context", "user_access_level",
    "reference_count",
)  # fmt: skip
FOLLOWS_FROM_FLAGS = (
    "is_simple_flag", "rollout_percentage", "experiment_set", "surveys", "features", "can_edit", "user_access_level",
    "status",
)  # fmt: skip


def template_of(contract: Contract, table: Table) -> dict[str, Document]:
    """Return the properties that a table's component shows at any date, as the servers store them."""
    if table.component is None:
        return {}
    shown = contract.components[table.component].get("properties", {})
    return {name: stored for name, prop in shown.items() if not (stored := _stored(prop)).get("writeOnly")}


def _stored(prop: Document) -> Document:
    """Return a property as the servers store it; as the pages show it where no server has it."""
    seen = prop.get("x-observed")
    stored: Document = for_profile(prop, Profile.DOCUMENTED if seen is False else Profile.OBSERVED)
    return stored


class Completer:
    """Completes the records of one table."""

    def __init__(self, contract: Contract, world: World, transaction: Transaction, table: Table) -> None:
        self.contract = contract
        self.world = world
        self.transaction = transaction
        self.table = table
        moment = entropy.now(transaction)
        self.now = entropy.timestamp(moment)
        template = template_of(contract, table)
        self.shown = frozenset(template)
        beside = [name for name in table.fields if name not in template]
        self.owner = table.owner.value
        self.kinds: dict[str, Kind] = {
            name: kinds.of_property(contract, spec, moment, refers=name in table.references)
            for name, spec in template.items()
        }
        self.kinds.update({name: kinds.of_field(name, moment) for name in beside})
        self.kinds.update({name: kind for name, kind in kinds.FIELDS.items() if name in self.kinds})
        if self.owner:
            self.kinds[self.owner] = kinds.of_field(self.owner, moment)
        self.kinds[table.key] = self._key_kind()
        self.defaults: dict[str, Any] = {name: self._default(name, spec) for name, spec in template.items()}
        self.defaults.update({name: self._default_beside(name) for name in beside})
        self.drawn = [name for name, spec in template.items() if self._is_drawn(name, spec)]
        for name in (table.key, self.owner, *self.drawn):
            self.defaults.pop(name, None)
        self._finish = getattr(self, f"_finish_{table.name}", None)
        self._first_owner: Any = None

    @property
    def fields(self) -> list[str]:
        """The fields that the table's records may be given with."""
        return sorted(self.kinds)

    def complete(self, given: Any) -> dict[str, Any]:
        """Return a record with everything that was left out. Raises: LoadError."""
        if not isinstance(given, Mapping):
            raise expected("an object", given)
        table = self.table
        read = {name: self.judge(name, value, takes_null=True) for name, value in given.items()}
        for name in table.required:
            if read.get(name) is None:
                raise LoadError(f"{name} is required", name)
        key = read.get(table.key)
        whole: dict[str, Any] = {table.key: self._identify() if key is None else key}
        if self.owner:
            whole[self.owner] = read.get(self.owner) or self._belongs()
        whole.update(self.defaults)
        for name in self.drawn:
            if read.get(name) is None:
                whole[name] = entropy.uuid7(self.world.seed, self.transaction)
        whole.update({name: value for name, value in read.items() if value is not None})
        kinds.storable(whole)
        return self._finish(whole, given) if self._finish else whole

    def judge(self, name: str, value: Any, *, takes_null: bool = False) -> Any:
        """Return what is stored for a field that is given a value; null may stand for one that is left out.

        Raises: LoadError, naming the field.
        """
        kind = self.kinds.get(name)
        if kind is None:
            raise LoadError(f"there is no field {name!r}; known: {', '.join(self.fields)}", name)
        try:
            return None if value is None and takes_null else kind(value)
        except LoadError as error:
            raise error.within(name) from None

    # What is read from the contract

    def _key_kind(self) -> Kind:
        match self.table.identity:
            case Identity.INTEGER:
                return kinds.id_number
            case Identity.UUID:
                return kinds.uuid
        return kinds.given_text

    def _is_drawn(self, name: str, spec: Document) -> bool:
        """Return whether a property that is left out gets a UUID of its own."""
        types = spec.get("type", ())
        if self.table.name == "persons" or name in self.table.references or name == self.table.key:
            return False
        return spec.get("format") == "uuid" and "null" not in types

    def _default(self, name: str, spec: Document) -> Any:
        spec = self.contract.resolve(spec)
        types = spec.get("type", "null" if "anyOf" in spec else [])
        types = [types] if isinstance(types, str) else types
        if "default" in spec:
            return spec["default"]
        if name in NOW:
            return self.now
        if "enum" in spec and types and "null" not in types:
            return spec["enum"][0]
        return EMPTY[types[0]] if types and "null" not in types else None

    def _default_beside(self, name: str) -> Any:
        if name in NOW:
            return self.now
        if name in LISTS:
            return []
        if name in OBJECTS:
            return {}
        return False if name in FLAGS else name == "is_active" or None

    # What is drawn or looked up

    def _identify(self) -> Any:
        if self.table.identity is Identity.INTEGER:
            return self.transaction.next(f"ids.{self.table.name}")
        if self.table.name == "api_keys":
            return self.world.new_key(self.transaction)
        return entropy.uuid7(self.world.seed, self.transaction)

    def _belongs(self) -> Any:
        """Return the tenant of a record that names none: the world's first."""
        if self._first_owner is None:
            name = "projects" if self.table.owner is Owner.PROJECT else "organizations"
            first = next(iter(self.transaction.table(name)), None)
            if first is None:
                raise LoadError(f"there is no {name[:-1]} for it to belong to", self.owner)
            self._first_owner = first["id"]
        return self._first_owner

    def _fake(self, what: str, key: Any) -> Any:
        with entropy.faker(self.world.seed, f"{what}:{key}") as fake:
            return getattr(fake, what)()

    # What single tables add

    def _finish_organizations(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        name = given.get("name") or self._fake("company", whole["id"])
        slug = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower()).strip("-")[:48]
        return {**whole, "name": name, "slug": given.get("slug") or slug}

    def _finish_users(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        if whole["password"]:
            whole["password"] = digest(whole["password"])
        whole["distinct_id"] = given.get("distinct_id") or entropy.token(self.world.seed, self.transaction)
        if given.get("first_name") is None:
            whole["first_name"] = self._fake("first_name", whole["id"])
        return whole

    def _finish_organization_memberships(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        return {**whole, "level": given.get("level") or 1}

    def _finish_projects(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        if given.get("api_token") is None:
            whole["api_token"] = self.world.new_project_token(self.transaction)
        return {**whole, "organization": whole["organization_id"]}

    def _finish_persons(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Give a person the UUID that follows from project and distinct id, as captured events do."""
        whole.pop("name", None)  # worked out when it is shown
        whole["properties"] = whole["properties"] or {}
        if not given.get("uuid"):
            follows = person_uuid(whole["project_id"], whole["distinct_ids"][0])
            taken = self.transaction.table("persons").first(uuid=follows) is not None
            whole["uuid"] = entropy.uuid7(self.world.seed, self.transaction) if taken else follows
        return whole

    def _finish_api_keys(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        for limit in ("scoped_projects", "scoped_organizations"):
            whole[limit] = whole[limit] or None
        scopes = given.get("scopes")
        if scopes and ALL_READS in scopes:
            reads = {s for operation in self.contract.operations for s in operation.scopes if s.endswith(":read")}
            whole["scopes"] = [scope for scope in scopes if scope != ALL_READS] + sorted(reads.difference(scopes))
        return {**whole, "label": given.get("label") or "API key"}

    def _finish_annotations(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        project = self.transaction.table("projects").get(whole["project_id"])
        organization_id = project["organization_id"] if project else None
        return {**whole, "organization_id": organization_id, "created_by": self._creator(whole, given)}

    def _finish_comments(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        return {**whole, "created_by": self._creator(whole, given)}

    def _finish_cohorts(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Let members be given by UUID, by integer id or by distinct id; a dynamic cohort is yet to be calculated.

        Of a static one that has members the last calculation was when these were put in.
        """
        persons = self.transaction.table("persons")
        members = []
        for number, member in enumerate(whole["members"]):
            is_id = isinstance(member, int) and not isinstance(member, bool)
            names = ("id",) if is_id else ("uuid", "distinct_ids")
            found = (persons.first(**{name: member, "project_id": whole["project_id"]}) for name in names)
            person = next((person for person in found if person is not None), None)
            if person is None:
                raise LoadError(f"there is no person {member!r} in the project", "members", number)
            members.append(person)
        whole.pop("members")
        whole["created_by"] = self._creator(whole, given)
        if whole["is_static"]:
            if members and "last_calculation" not in given:
                whole["last_calculation"] = whole["created_at"]
            count = add_members(self.transaction, whole, members)
            return {**whole, "count": count if given.get("count") is None else whole["count"], "is_due": False}
        uuids = list(dict.fromkeys(person["uuid"] for person in members))
        return {**whole, "members": uuids, **(asked(whole) if given.get("count") is None else {"is_due": False})}

    def _finish_feature_flags(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Let a flag be as the API makes one: of somebody, in its first version; what follows from it is not kept."""
        for name in FOLLOWS_FROM_FLAGS:
            whole.pop(name, None)
        creator = whole.get("created_by") or self._first_member(whole["project_id"])
        moment = whole["created_at"]
        return {
            **whole, "created_by": creator, "last_modified_by": whole.get("last_modified_by") or creator,
            "version": 1 if given.get("version") is None else whole["version"],
            "updated_at": whole["updated_at"] if given.get("updated_at") else moment,
        }  # fmt: skip

    def _finish_file_system(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        return {**whole, "shortcut": bool(whole["shortcut"]), **filing.placed(whole["path"])}

    def _finish_actions(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Let an action be as the API makes one: of somebody, calculated when it was made, with whole steps."""
        for name in FOLLOWS_FROM_ACTIONS:
            whole.pop(name, None)
        parts = self.contract.components["ActionStep"]["properties"]
        steps = [{name: step.get(name, part.get("default")) for name, part in parts.items()} for step in whole["steps"]]
        return {
            **whole, "steps": steps, "created_by": self._creator(whole, given),
            "last_calculated_at": whole["last_calculated_at"] or whole["created_at"],
        }  # fmt: skip

    def _finish_dashboards(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Let a dashboard be as the API makes one; that of a new project is pinned, unless it is said not to be."""
        is_first = whole["name"] == DASHBOARD and given.get("pinned") is None
        stored = {name: whole[name] if name in given else value for name, value in BOARD.items()}
        owned = {name: whole[name] for name in ("id", "project_id", "created_at", "created_by")}
        return {**stored, **owned, "pinned": is_first or stored["pinned"]}

    def _finish_insight_variables(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        return {**whole, "code_name": given.get("code_name") or code_name_of(whole["name"])}

    def _finish_alerts(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Let an alert be as the API makes one: its threshold has an id, its next check lies ahead."""
        made = {"id": entropy.uuid7(self.world.seed, self.transaction), "created_at": whole["created_at"], "name": ""}
        marked = whole.get("marked_at") or self.now
        kept = {name: value for name, value in whole.items() if name not in ("last_value", "checks")}
        if isinstance(kept.get("insight"), Mapping):  # as an answer shows it
            kept["insight"] = kept["insight"].get("id")
        kept["subscribed_users"] = [self._user_id(user) for user in kept["subscribed_users"]]
        state = given.get("state") or "Not firing"
        return {**kept, "threshold": {**made, **whole["threshold"]}, "marked_at": marked, "state": state}

    def _finish_dashboard_tiles(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        return {**whole, **{name: given.get(name) for name in ("text", "insight", "color", "deleted")},
                "layouts": given.get("layouts") or {}}  # fmt: skip

    def _finish_texts(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **whole,
            "created_by": self._creator(whole, given),
            "last_modified_at": whole["last_modified_at"] or self.now,
        }

    def _finish_subscriptions(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Let a subscription be as the API makes one; when it is sent next follows from its rule."""
        for name in ("summary", "resource_type", "resource_name", "insight_short_id", "invite_message"):
            whole.pop(name, None)
        if not given.get("next_delivery_date"):
            whole["next_delivery_date"] = next_date(whole, entropy.read_timestamp(self.now))
        return {**whole, "created_by": self._creator(whole, given)}

    def _user_id(self, user: Any) -> Any:
        """Return the id of a user, of one too that stands there whole, as in an answer."""
        if not isinstance(user, Mapping):
            return user
        known = self.transaction.table("users").first(email=user.get("email"))
        return known["id"] if known is not None else user.get("id")

    def _finish_insights(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Let an insight be as the API makes one, on the dashboards that are given for it.

        One that is named as those of a new project, and of which no more is said, is the one that such a project has.
        """
        stored = {name: whole[name] for name in ("id", "project_id", *DEFAULTS, *STAMPS) if name in whole}
        starter = STARTERS.get(str(stored["name"])) if not given.get("query") and not given.get("filters") else None
        if starter is not None:
            stored |= {**starter, "description": given.get("description") or starter["description"]}
        stored["short_id"] = given.get("short_id") or entropy.token(self.world.seed, self.transaction, "", SHORT_ID)
        maker = stored["created_by"]
        if "created_by" not in given and starter is None:
            maker = self._first_member(stored["project_id"])
        stamps = {
            name: stored[name] if given.get(name) else stored["created_at"]
            for name in ("updated_at", "last_modified_at")
        }
        stored |= {**stamps, "created_by": maker, "last_modified_by": stored["last_modified_by"] or maker}
        places = given.get("dashboards")
        if places is None and starter is not None:
            places = self._starting_dashboard(stored)
        self._place(stored, places or (), LOOKS[str(stored["name"])] if starter is not None else PLAIN)
        return stored

    def _starting_dashboard(self, insight: Mapping[str, Any]) -> list[int]:
        """Return the dashboard that a new project has, if an insight's project has it."""
        found = self.transaction.table("dashboards").find(project_id=insight["project_id"])
        return [dashboard["id"] for dashboard in found if dashboard["name"] == DASHBOARD][:1]

    def _place(self, insight: Mapping[str, Any], dashboards: Iterable[Any], look: Mapping[str, Any]) -> None:
        """Put an insight on dashboards. Raises: LoadError for one that is not there."""
        for number, id in enumerate(dashboards):
            if self.transaction.table("dashboards").get(id) is None:
                raise LoadError(f"there is no record {id!r} in dashboards", "dashboards", number)
            self.transaction.table("dashboard_tiles").insert({
                "id": self.transaction.next("ids.dashboard_tiles"), "project_id": insight["project_id"],
                "dashboard": id, "insight": insight["id"], "text": None, "deleted": None, **look,
            })  # fmt: skip

    def _finish_event_definitions(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        return self._said(whole, given, ("owner", "default_columns", "primary_property"))

    def _finish_property_definitions(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        return self._said(whole, given)

    def _said(self, whole: dict[str, Any], given: Mapping[str, Any], also: tuple[str, ...] = ()) -> dict[str, Any]:
        """Return a definition without what nobody says of it; with something said, it is as if somebody had said it."""
        said = ("description", "tags", "verified", "verified_at", "verified_by", "hidden", *also)
        if all(given.get(name) in (None, []) for name in said):
            return {name: value for name, value in whole.items() if name not in said}
        somebody = self._first_member(whole["project_id"]) if whole["verified"] else None
        return {
            **whole, "extended": True, "description": whole["description"] or "", "verified": bool(whole["verified"]),
            "hidden": bool(whole["hidden"]), "updated_at": self.now, "updated_by": None,
            "verified_at": whole["verified_at"] or (self.now if whole["verified"] else None),
            "verified_by": whole["verified_by"] or somebody,
        }  # fmt: skip

    def _creator(self, whole: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
        """Return who made a record: somebody did if it is not said, as the API always knows who asks it."""
        return whole.get("created_by") if "created_by" in given else self._first_member(whole["project_id"])

    def _first_member(self, project_id: int) -> Any:
        """Return the id of the first who belongs to a project's organization, if anybody does."""
        project = self.transaction.table("projects").get(project_id) or {}
        organization_id = project.get("organization_id")
        member = self.transaction.table("organization_memberships").first(organization_id=organization_id)
        return member["user_id"] if member else None

    def _finish_role_memberships(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        uuid = whole.pop("user_uuid", None)
        if whole.get("user_id") is None and uuid:
            user = self.transaction.table("users").first(uuid=uuid)
            if user is None:
                raise LoadError(f"there is no user with uuid {uuid!r}", "user_uuid")
            whole["user_id"] = user["id"]
        role = self.transaction.table("roles").get(whole.get("role_id"))
        if role is not None and given.get("organization_id") is None:
            whole["organization_id"] = role["organization_id"]
        return whole
