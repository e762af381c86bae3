from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mockserver.caching import MOST_MADE, cached, find_made, keep_made
from mockserver.contract import Contract
from mockserver.contract.joining import join
from mockserver.contract.locations import CONTRACTS


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "source.yaml").write_text("a: 1")
    return tmp_path / "source.yaml"


@pytest.fixture
def made() -> Callable[[Path], tuple[Any, int]]:
    """What is given of a file, and how often it was made by then."""
    times = [0]

    def make() -> Any:
        times[0] += 1
        return {"made": [1, None, "ä"]}

    return lambda file: (cached("source", [file], make), times[0])


def kept(file: Path) -> Path:
    (found,) = (file.parent / "cache" / "posthog-mockserver").glob("source-*.json")
    return found


def test_same_content_is_made_once(file: Path, made: Any) -> None:
    assert made(file) == ({"made": [1, None, "ä"]}, 1)
    assert made(file) == ({"made": [1, None, "ä"]}, 1)


def test_another_content_is_made_anew(file: Path, made: Any) -> None:
    made(file)
    file.write_text("a: 2")
    assert made(file)[1] == 2


@pytest.mark.parametrize("damage", [lambda whole: whole[:-1], lambda whole: b"", lambda whole: whole[:40] + b"{}"])
def test_damaged_file_is_made_anew(file: Path, made: Any, damage: Callable[[bytes], bytes]) -> None:
    made(file)
    kept(file).write_bytes(damage(kept(file).read_bytes()))
    assert made(file) == ({"made": [1, None, "ä"]}, 2)
    assert made(file)[1] == 2


@pytest.mark.parametrize("which", ["file", "folder"])
def test_what_others_could_have_written_is_not_read(file: Path, made: Any, which: str) -> None:
    made(file)
    place = kept(file) if which == "file" else kept(file).parent
    place.chmod(0o777)
    assert made(file)[1] == 2


def test_nothing_is_kept_where_it_cannot_be(file: Path, made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(file))  # a file, in which there is no folder
    assert [made(file)[1], made(file)[1]] == [1, 2]


def test_what_json_cannot_tell_is_not_kept(file: Path) -> None:
    assert cached("source", [file], lambda: {1: "a"}) == {1: "a"}
    assert not list(file.parent.glob("cache/*/*.json"))


def test_contract_is_read_as_it_is_joined() -> None:
    document, undocumented, families = join(CONTRACTS)
    for _ in range(2):
        read = Contract.read()
        assert (read.document, read.undocumented, read.families) == (document, undocumented, families)


def test_what_code_made_is_kept_for_several_of_a_kind(file: Path) -> None:
    for number in range(MOST_MADE + 3):
        keep_made("made", str(number), number, [file])
    assert [find_made("made", str(number)) for number in (0, MOST_MADE + 2)] == [None, MOST_MADE + 2]
    assert len(list((file.parent / "cache" / "posthog-mockserver").glob("made-*"))) == MOST_MADE
    file.write_text("a: 23")
    assert find_made("made", str(MOST_MADE + 2)) is None
    file.unlink()
    assert find_made("made", str(MOST_MADE + 2)) is None
    keep_made("made", "gone", 1, [file])
    assert find_made("made", "gone") is None
