from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.serving.app import create_app
from tests.inferred.asking import Asking

DOCUMENTS = Path(__file__).parent / "documents"


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def garden() -> Asking:
    document = str(DOCUMENTS / "garden.yaml")
    return Asking(create_app(scenario="empty", freeze_time="2026-01-15T12:00:00Z", strict=True, openapi=[document]))
