from __future__ import annotations

import pytest

from mockserver.contract import Profile
from mockserver.resources import RESOURCES
from mockserver.resources.annotations import Annotations
from mockserver.road.binding import BindingError, bind
from mockserver.validation.schemas import build_schema


def test_every_operation_is_bound(contract):
    routes = bind(contract, RESOURCES)
    bound = {endpoint.operation.id for route in routes for endpoint in route.endpoints.values()}
    assert bound == {operation.id for operation in contract.operations}


def test_prefixes_share_what_only_one_of_them_shows(contract):
    routes = {route.path: route for route in bind(contract, RESOURCES)}
    assert "GET" in routes["/api/environments/{project_id}/persons/trends"].endpoints
    assert "/api/environments/{project_id}/annotations" not in routes


def test_operation_without_a_method_names_the_closest(contract):
    class Broken(Annotations):
        retrieve = None  # type: ignore[assignment]

        def get_recrds(self) -> None:
            """Misspelt."""

    with pytest.raises(BindingError, match=r"annotations_retrieve: Broken has no method retrieve|neither an operation"):
        bind(contract, {**RESOURCES, "annotations": Broken})


def test_stray_method_is_refused(contract):
    class Stray(Annotations):
        def retreive(self) -> None:
            """Misspelt."""

    with pytest.raises(BindingError, match=r"Stray\.retreive is neither .* did you mean retrieve"):
        bind(contract, {**RESOURCES, "annotations": Stray})


def test_family_without_a_resource_is_refused(contract):
    with pytest.raises(BindingError, match="annotations"):
        bind(contract, {name: found for name, found in RESOURCES.items() if name != "annotations"})


@pytest.mark.parametrize("profile", [Profile.DOCUMENTED, Profile.OBSERVED])
def test_bodies_of_every_family_can_be_judged(contract, profile):
    """They are made when a body is first read, so a start does not find out."""
    for resource in {route.resource for route in bind(contract, RESOURCES)}:
        component = resource.writes or resource.component
        build_schema(contract, component, resource.field_overrides, profile)
