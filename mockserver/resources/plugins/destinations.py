"""Pipeline destinations: configs of plugins that send events elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.resources.plugins.pipelines import Pipelines

SENDING = ("onEvent", "composeWebhook")


class PipelineDestinations(Pipelines):
    """Configs of plugins that are called for each event."""

    family = "pipeline_destinations"
    title = "Pipeline Destinations Configs"

    def shows(self, capabilities: Mapping[str, Any]) -> bool:
        methods = capabilities.get("methods")
        return isinstance(methods, list) and any(name in methods for name in SENDING)
