"""PluginConfigLogs."""

from __future__ import annotations

from mockserver.resource import Resource


class PluginConfigLogs(Resource):
    """PluginConfigLogs."""

    family = "plugin_configs"
    table = "plugin_log_entries"
    component = "PluginLogEntry"
