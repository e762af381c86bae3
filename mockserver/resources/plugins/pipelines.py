"""Pipelines: plugins as a project uses them. Two families show two kinds of them, and differ in nothing else.

Source: the servers' views of plugin configs, of 2022 for what creating and jobs did, of late 2025 for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import marshmallow

from mockserver.contract import Contract
from mockserver.errors import NotFound, NotModelled, ValidationError
from mockserver.request.call import Answer, Call
from mockserver.resources.behaviours import ActivityLogged
from mockserver.resources.plugins.frontend import frontend_module
from mockserver.resources.plugins.settings import (
    attach,
    may_configure,
    secret_keys,
    setting_changes,
    shown_settings,
    with_kept_secrets,
)
from mockserver.resources.resource import Record, Resource
from mockserver.validation import fields
from mockserver.validation.schemas import build_field, build_schema

JAVASCRIPT = "application/javascript; charset=UTF-8"
CREATION_ENDED = (
    "Plugin creation is no longer possible. Please refer to the Hog Functions documentation for more information."
)
NOT_AVAILABLE = "Plugin configuration is not available for the current organization!"
NO_MIGRATION = "No migration available for this plugin"
JOB_TYPE_MISSING = "The job type must be specified!"


class FormSettings(fields.Object):
    """Settings as a form sends them; sent empty, they are as good as left out."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return None if value == "" else super()._deserialize(value, attr, data, **kwargs)


class Places(fields.Object):
    """Places in the order, by the id of the plugin config."""

    def __init__(self, id: re.Pattern[str], place: fields.Field, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.id, self.place = id, place

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        places = {}
        for id, place in super()._deserialize(value, attr, data, **kwargs).items():
            if not self.id.fullmatch(id):
                raise marshmallow.ValidationError({id: [fields.Detail("A valid integer is required.")]})
            try:
                places[int(id)] = self.place.deserialize(place)
            except marshmallow.ValidationError as error:
                raise marshmallow.ValidationError({id: error.messages}) from None
        return places


class Pipelines(ActivityLogged):
    """Configs of a project's plugins, of those kinds of plugin that a family shows."""

    table = "plugin_configs"
    component = "PluginConfig"
    activity_scope = "PluginConfig"
    depends_on = None  # the plugin is shown with one record, and not in lists of them

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        orders = contract.components["PluginConfigOrders"]["properties"]["orders"]
        places = Places(
            re.compile(orders["propertyNames"]["pattern"]), build_field(contract, orders["additionalProperties"])
        )
        self.form = build_schema(contract, "PluginConfigForm", {"config": FormSettings()})
        self.orders = build_schema(contract, "PluginConfigOrders", {"orders": places})
        self.job_request = build_schema(contract, "PluginJobRequest", {"job": fields.Object()})
        self.job_component = build_schema(contract, "PluginJob")

    def shows(self, capabilities: Mapping[str, Any]) -> bool:
        """Return whether plugins that can do this are the family's."""
        raise NotImplementedError

    # Actions

    def create(self, call: Call) -> Any:
        """Configure a plugin, or change the config that the project has of it.

        In profile `observed` a plugin that hog functions succeed is answered with a config that is not stored, and any
        other is refused: the servers of late 2025 make no plugin configs.
        """
        data = self.load(call)
        if not may_configure(call):
            raise ValidationError(NOT_AVAILABLE)
        if call.is_observed:
            plugin = call.table("plugins").get(data["plugin"]) or {}
            if not plugin.get("hog_function_migration_available"):
                raise ValidationError(CREATION_ENDED)
            return self.show({**self.tenant_key(call), **data}, call)
        existing = call.table(self.table).first(**self.tenant_key(call), plugin=data["plugin"])
        return self.update(call, existing) if existing else self.perform_create(call, data)

    def destroy(self, call: Call) -> None:  # type: ignore[override]
        """Disable a plugin config, of whatever kind; it stays in the list."""
        record = Resource.get_record(self, call, call.path["id"])
        call.table(self.table).update(record, {"enabled": False, "updated_at": call.now()})

    def rearrange(self, call: Call) -> Any:
        """Give enabled plugin configs other places, and return all enabled ones of the project."""
        table = call.table(self.table)
        given = self.orders.judge(call.body, self.lookup(call), is_form=call.is_form).get("orders", {})
        enabled = {record["id"]: record for record in table.find(**self.tenant_key(call), enabled=True)}
        for id, place in given.items():
            record = enabled.get(id)
            if record and record["order"] != place:
                enabled[id] = table.update(record, {"order": place, "updated_at": call.now()})
                change = {"type": "Plugin", "action": "changed", "field": "order", "before": record["order"]}
                self._log(call, record, "order_changed", [{**change, "after": place}], scope="Plugin")
        return [self.show(record, call) for record in enabled.values()]

    def job(self, call: Call, record: Record) -> None:
        """Start a job of the plugin; all that is seen of it is an entry in the log.

        Raises: ValidationError without the job's type, even for a job that the plugin does not have.
        """
        job = self.job_request.judge(call.body, self.lookup(call), is_form=call.is_form).get("job", {})
        if "type" not in job:
            raise ValidationError(JOB_TYPE_MISSING)
        try:
            job = self.job_component.judge(job, self.lookup(call))
        except ValidationError as error:
            raise ValidationError(error.detail, code=error.code, attr=f"job__{error.attr}") from None
        self._log(call, record, "job_triggered", [self.change(None, None, None, action=job["type"])])

    def migrate(self, call: Call, record: Record) -> Any:
        """Refuse to make a hog function: of a plugin that has no successor, as servers do; else as not modelled."""
        if not self._plugin(call, record).get("hog_function_migration_available"):
            raise ValidationError(NO_MIGRATION)
        raise NotModelled("Hog functions are not modelled.")

    def frontend(self, call: Call, record: Record) -> Answer:
        """Return the browser code of the plugin, or a module that tells why there is none."""
        return Answer(frontend_module(self._plugin(call, record).get("source")), 200, media_type=JAVASCRIPT)

    # Hooks

    def get_records(self, call: Call) -> Sequence[Record]:
        """Return the project's configs that are not deleted, by their place and then by their plugin.

        There are none for an organization that may not use plugins.
        """
        if not may_configure(call):
            return []
        found = call.table(self.table).find(**self.tenant_key(call), deleted=False)
        shown = [record for record in found if self._is_shown(call, record)]
        return sorted(shown, key=lambda record: (record["order"], record["plugin"]))

    def get_record(self, call: Call, key: str) -> Record:
        """Return a config, deleted or not. Raises: NotFound for one of another kind of plugin too."""
        record = super().get_record(call, key)
        if not may_configure(call) or not self._is_shown(call, record):
            raise NotFound
        return record

    def load(
        self, call: Call, record: Record | None = None, *, partial: bool = False, replacing: bool = False
    ) -> dict[str, Any]:
        """Return the body's values; settings count in a form alone, and a config's plugin stays what it is."""
        schema = self.form if call.is_form else self.schema
        data = schema.judge(call.body, self.lookup(call), partial=partial, replacing=replacing, is_form=call.is_form)
        if data.get("config") is None:
            data.pop("config", None)
        if record is not None:
            data.pop("plugin", None)
        if data.get("deleted"):
            data["enabled"] = False
        return data

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        attachments, log = attach(call, {})
        data = {"config": {}, **data, "attachments": attachments}
        record = Resource.perform_create(self, call, data)  # what ActivityLogged would log, servers do not
        if record["enabled"]:
            secrets = secret_keys(self._plugin(call, record))
            self._log(call, record, "enabled", setting_changes({}, record["config"], secrets))
        for activity, change in log:
            self._log(call, record, activity, [change])
        return record

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        secrets = secret_keys(self._plugin(call, record))
        before = record.get("config") or {}
        if "config" in data:
            data = {**data, "config": with_kept_secrets(data["config"], before, secrets)}
        attachments, log = attach(call, record.get("attachments") or {})
        changes = {**data, "attachments": attachments, "updated_at": call.now()}
        updated = Resource.perform_update(self, call, record, changes)
        settings = setting_changes(before, updated.get("config") or {}, secrets)
        if settings:
            self._log(call, updated, "config_updated", settings)
        if updated["enabled"] != record["enabled"]:
            self._log(call, updated, "enabled" if updated["enabled"] else "disabled", [])
        for activity, change in log:
            self._log(call, updated, activity, [change])
        return updated

    def server_fields(self, call: Call) -> dict[str, Any]:
        now = call.now()
        return {"created_at": now, "updated_at": now}

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        plugin = self._plugin(call, record)
        with_plugin = call.operation.action not in ("list", "rearrange")
        return {
            "team_id": record["project_id"],
            "config": shown_settings(record, plugin),
            "error": None,  # errors stand in the logs alone
            "plugin_info": self._show_plugin(call, plugin) if with_plugin and plugin else None,
            "delivery_rate_24h": None,  # no plugin delivers anything here
            "name": record.get("name") or plugin.get("name"),
            "description": record.get("description") or plugin.get("description"),
        }

    # Plugins

    def _plugin(self, call: Call, record: Record) -> Record:
        return call.table("plugins").get(record["plugin"]) or {}

    def _is_shown(self, call: Call, record: Record) -> bool:
        return self.shows(self._plugin(call, record).get("capabilities") or {})

    def _show_plugin(self, call: Call, plugin: Record) -> dict[str, Any]:
        organization = call.table("organizations").get(plugin["organization_id"])
        own = {
            "url": plugin["url"].partition("?")[0] if plugin.get("url") else None,  # what follows may be a token
            "organization_name": organization["name"] if organization else "posthog-inline",
            "capabilities": plugin.get("capabilities") or {},
            "metrics": plugin.get("metrics") or {},
            "public_jobs": plugin.get("public_jobs") or {},
            "hog_function_migration_available": bool(plugin.get("hog_function_migration_available")),
        }
        names = self.contract.components["PluginInfo"]["properties"]
        return {name: own[name] if name in own else plugin.get(name) for name in names}

    def _log(
        self, call: Call, record: Record, activity: str, changes: list[dict[str, Any]], scope: str | None = None
    ) -> None:
        self.log(call, record, activity, changes, name=self._plugin(call, record).get("name"), scope=scope)
