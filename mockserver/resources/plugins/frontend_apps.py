"""Pipeline frontend apps: configs of plugins that run in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.resources.plugins.pipelines import Pipelines

SERVER_SIDE = ("methods", "scheduled_tasks")


class PipelineFrontendApps(Pipelines):
    """Configs of plugins that the server calls for nothing."""

    family = "pipeline_frontend_apps"
    title = "Pipeline Frontend Apps Configs"

    def shows(self, capabilities: Mapping[str, Any]) -> bool:
        return not any(name in capabilities for name in SERVER_SIDE)
