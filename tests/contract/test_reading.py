from __future__ import annotations

from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from mockserver.contract import METHODS, Contract, ContractError, Profile, view
from mockserver.contract.bundling import bundle_json, bundle_yaml


def test_contract_promises_93_operations(contract):
    assert len(contract.promised) == 93
    assert len({operation.id for operation in contract.operations}) == len(contract.operations)


@pytest.mark.parametrize("profile", list(Profile))
def test_each_view_is_valid_openapi(contract, profile):
    assert [error.message for error in OpenAPIV31SpecValidator(view(contract.whole, profile)).iter_errors()] == []


def test_bundle_is_valid_openapi_in_both_notations(contract):
    import json

    import yaml

    document = json.loads(bundle_json(contract))
    assert document == yaml.safe_load(bundle_yaml(contract))
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_operation_names_pages_scopes_and_errors(contract):
    for operation in contract.promised:
        assert operation.pages, operation.id
        assert "security" in operation.spec, operation.id
        assert {str(operation.stranger_status), "403", "404", "406", "429"} <= set(operation.spec["responses"]), (
            operation.id
        )


def test_every_error_response_has_the_one_envelope(contract):
    exceptions = {"LifecycleRefused", "ProductOnboardingRefused", "BareDashboardError"}
    for operation in contract.described:
        for status, response in operation.spec["responses"].items():
            schema = response.get("content", {}).get("application/json", {}).get("schema", {})
            if status >= "4" and "$ref" in schema:
                name = schema["$ref"].rsplit("/", 1)[-1]
                assert name in {"Error", "QueryStatusResponse", *exceptions} or status == "500", (operation.id, status)


def test_observed_response_takes_the_place_of_the_ordinary_one(contract):
    path = "/api/projects/{project_id}/persons/{id}"
    documented, observed = (view(contract.document, profile)["paths"][path]["delete"] for profile in Profile)
    assert {"204", "202"} & set(documented["responses"]) == {"204"}
    assert {"204", "202"} & set(observed["responses"]) == {"202"}


def test_patch_body_requires_nothing(contract):
    assert "required" in contract.components["Role"]
    assert "required" not in contract.components["PatchedRole"]
    assert all("default" not in prop for prop in contract.components["PatchedAnnotation"]["properties"].values())


def test_undocumented_operations_are_served_and_not_bundled(contract):
    assert "annotations_update" in {operation.id for operation in contract.operations}
    bundled = {item[m]["operationId"] for item in contract.document["paths"].values() for m in METHODS if m in item}
    assert "annotations_update" not in bundled


def test_operations_modelled_beyond_the_pages_are_described_and_not_promised(contract):
    beyond = [operation for operation in contract.described if not operation.documented]
    assert "feature_flags_create" in {operation.id for operation in beyond}
    bundled = contract.document["x-modelled-beyond-pages"]
    for operation in beyond:
        assert bundled[operation.path][operation.method]["tags"] == [operation.family]
        assert operation.method in contract.whole["paths"][operation.path]
        assert {str(operation.stranger_status), "403", "404", "406", "429"} <= set(operation.spec["responses"]), (
            operation.id
        )


def test_unreadable_contract_names_the_file(tmp_path: Path):
    with pytest.raises(ContractError, match=r"openapi\.yaml"):
        Contract.read(tmp_path)
    (tmp_path / "openapi.yaml").write_text("a: [")
    with pytest.raises(ContractError, match="not YAML"):
        Contract.read(tmp_path)


def test_shipped_contract_is_read_once_more_is_asked_than_a_start_does(contract, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    Contract.shipped()
    kept = Contract.shipped()
    assert kept.summary == contract.summary
    assert kept.summary.promises == len(contract.promised)
    assert "_joined" not in vars(kept)
    assert kept.document == contract.document
