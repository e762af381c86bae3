"""The contract as one document, for tools: what pages promise, and nothing of how the families are kept."""

from __future__ import annotations

from functools import lru_cache

import orjson
import yaml

from mockserver.contract import Contract


@lru_cache(maxsize=2)
def bundle_json(contract: Contract) -> bytes:
    """Return the bundled contract as JSON."""
    return orjson.dumps(contract.document, option=orjson.OPT_INDENT_2)


@lru_cache(maxsize=2)
def bundle_yaml(contract: Contract) -> str:
    """Return the bundled contract as YAML."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(contract.document, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120)
    return text
