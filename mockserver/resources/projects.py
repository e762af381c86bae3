"""Projects."""

from __future__ import annotations

from typing import Any

from mockserver.call import Call
from mockserver.errors import NotModelled
from mockserver.resource import Resource


class Projects(Resource):
    """Projects."""

    family = "projects"
    table = "projects"
    component = "Project"

    def activity(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def complete_product_onboarding(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def delete_secret_token_backup(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def generate_conversations_public_token(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def is_generating_demo_data(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def reset_token(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def rotate_secret_token(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")
