"""PipelineFrontendApps."""

from __future__ import annotations

from typing import Any

from mockserver.call import Call
from mockserver.errors import NotModelled
from mockserver.resource import Resource


class PipelineFrontendApps(Resource):
    """PipelineFrontendApps."""

    family = "pipeline_frontend_apps"
    table = "plugin_configs"
    component = "PluginConfig"

    def activity(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def frontend(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def job(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def rearrange(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")
