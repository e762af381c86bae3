"""Scenarios: files that say what a world holds when it is created.

Records stand under the names of their tables, as the control plane's `load` takes them; `generate` describes
populations that are made up. Times may be relative to the world's: `-3d2h`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import yaml

from mockserver.contract import Contract, Profile
from mockserver.seeding.finding import ScenarioError, find
from mockserver.seeding.generation.declarations import Declaration
from mockserver.seeding.generation.filling import fill as fill_in
from mockserver.seeding.generation.populations import Population
from mockserver.seeding.kinds import LoadError
from mockserver.seeding.loading import Loader, Progress
from mockserver.world import entropy
from mockserver.world.worlds import World

BESIDE_TABLES = ("description", "generate")


class _Reader(yaml.CSafeLoader):
    """Reads YAML as JSON has it: times stay text, and no key is given twice."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value == "<<":
                continue
            if not isinstance(key, yaml.ScalarNode) or key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"{key.value!r} is given twice", problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def fill(contract: Contract, world: World, scenario: str, *, progress: Progress | None = None) -> None:
    """Fill a world from a scenario; `progress` is told how far it is. Raises: ScenarioError."""
    path = find(scenario)
    content, root = read(path)
    try:
        with world.store.transaction() as transaction:
            now_ms = int(entropy.now(transaction).timestamp() * 1000)
            populations = [
                Population(Declaration(spec, "generate", number), world.seed, number, now_ms)
                for number, spec in enumerate(_listed(content.get("generate")))
            ]

            def settle() -> None:
                for population in populations:
                    fill_in(population, transaction, progress)

            tables = {name: records for name, records in content.items() if name not in BESIDE_TABLES}
            Loader(contract, world, transaction).load(tables, once_persons_are=settle)
    except LoadError as error:
        place = "/".join(str(part) for part in error.place)
        line = _line(root, error.place)
        raise ScenarioError(f"{path}:{line}: {place}: {error.message}") from None


def read(path: Path) -> tuple[dict[str, Any], yaml.Node | None]:
    """Return what a scenario file says, and the nodes it says it with. Raises: ScenarioError."""
    try:
        reader = _Reader(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ScenarioError(f"{path}: cannot be read: {error}") from None
    try:
        root = reader.get_single_node()
        content = reader.construct_document(root) if root is not None else {}
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ScenarioError(f"{path}:{line}: not a scenario: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ScenarioError(f"{path}: not a scenario: {error}") from None
    finally:
        reader.dispose()
    if not isinstance(content, dict):
        raise ScenarioError(f"{path}:1: expected tables by their names, got {type(content).__name__}")
    for name, value in content.items():
        try:
            orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
        except orjson.JSONEncodeError as error:
            raise ScenarioError(f"{path}:{_line(root, (name,))}: {name}: cannot be written as JSON: {error}") from None
    return content, root


def _listed(spec: Any) -> Sequence[Any]:
    """Return the populations of `generate`, which may be one or a list."""
    if spec is None:
        return []
    return spec if isinstance(spec, list) else [spec]


def _line(root: yaml.Node | None, place: Sequence[str | int]) -> int:
    """Return the line at which a place of the content begins, or the nearest one around it."""
    node = root
    line = node.start_mark.line + 1 if node is not None else 1
    for part in place:
        step = STEPS.get(type(node))
        found = step(node, part) if step is not None else None
        if found is None:
            if part == 0 and place[0] == "generate" and isinstance(node, yaml.MappingNode):
                continue  # a single population is not in a list
            break
        node, line = found
    return line


def _in_mapping(node: Any, part: str | int) -> tuple[yaml.Node, int] | None:
    for key, value in node.value:
        if key.value == str(part):
            return value, key.start_mark.line + 1
    return None


def _in_sequence(node: Any, part: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part].start_mark.line + 1
    return None


STEPS: dict[type, Callable[[Any, str | int], tuple[yaml.Node, int] | None]] = {
    yaml.MappingNode: _in_mapping,
    yaml.SequenceNode: _in_sequence,
}


def build_world(
    contract: Contract, *, scenario: str = "demo", id: str = "default", seed: int = 0,
    profile: Profile = Profile.DOCUMENTED, freeze_time: str | None = None, progress: Progress | None = None,
) -> World:  # fmt: skip
    """Return a world filled from a scenario, its clock stopped at `freeze_time` if given.

    Raises: ScenarioError for a scenario that is not there or holds a mistake.
    """
    world = World.new(id, seed=seed, profile=profile, scenario=scenario)
    if freeze_time is not None:
        with world.store.transaction() as transaction:
            entropy.freeze(transaction, entropy.read_clock(freeze_time))
    fill(contract, world, scenario, progress=progress)
    return world.settle()
