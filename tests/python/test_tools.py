"""The checks themselves: what they must find, they find."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from subset import differences

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import check_layers  # noqa: E402
import generate_python  # noqa: E402

CMAKE = """
nn_layer(base PUBLIC noetl_nats::json)
nn_layer(wire USES base PRIVATE noetl_nats::cnats)
nn_layer(jetstream USES base wire)
nn_layer(ops USES jetstream)
"""


def test_the_tree_keeps_its_layers() -> None:
    assert not check_layers.find_wrong()


def test_links_are_followed_to_the_bottom() -> None:
    assert check_layers.layers(CMAKE) == {
        "base": set(),
        "wire": {"base"},
        "jetstream": {"base", "wire"},
        "ops": {"jetstream", "wire", "base"},
    }


@pytest.mark.parametrize(
    ("layer", "text", "why"),
    [
        ("jetstream", "#include <nats/nats.h>", "only wire may use this library"),
        ("base", '#include "wire/connection.hpp"', "base may include nothing of ours"),
        ("wire", '#include "noetl/nats/runtime.hpp"', "wire may include base"),
    ],
)
def test_a_wrong_include_is_found(tmp_path: Path, layer: str, text: str, why: str) -> None:
    file = tmp_path / "x.cpp"
    file.write_text(text)
    allowed = check_layers.layers(CMAKE)[layer]
    found = [*check_layers.foreign(layer, file), *check_layers.wrong_layers(layer, file, allowed)]
    assert [each.why for each in found] == [why]


def test_an_operation_that_includes_another_is_found(tmp_path: Path) -> None:
    file = tmp_path / "x.cpp"
    file.write_text('#include "ops/kv/get.hpp"')
    assert list(check_layers.between_operations(file))


def test_headers_of_the_system_are_not_ours(tmp_path: Path) -> None:
    file = tmp_path / "x.cpp"
    file.write_text("#include <sys/wait.h>\n#include <string>")
    assert not list(check_layers.wrong_layers("base", file, set()))


@pytest.mark.parametrize(
    ("want", "got", "count"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, 0),
        ({"a": 1}, {"a": 2}, 1),
        ({"a": {"b": 1, "c": 2}}, {"a": {}}, 2),
        ([1, 2], [1], 1),
        ({"a": "$int"}, {"a": True}, 1),
        ({"a": "$any"}, {"a": None}, 0),
        ({"a": "$any"}, {}, 1),
        ({"a": "$absent"}, {"a": None}, 1),
        ({"a": {"$matches": "^x+$"}}, {"a": "xx"}, 0),
        ({"a": {"$has": [{"n": 2}]}}, {"a": [{"n": 1}, {"n": 2, "m": 3}]}, 0),
        (True, 1, 1),
        ("$KV.x", "$KV.x", 0),
    ],
)
def test_subsets(want: object, got: object, count: int) -> None:
    assert len(differences(want, got)) == count


def test_types_of_schemas() -> None:
    assert generate_python.type_of({"type": ["string", "number"]}) == "str | float"
    assert generate_python.type_of({"type": "array", "items": {"type": "string"}}) == "Sequence[str]"
    assert generate_python.type_of({"enum": ["a", "b"]}) == 'Literal["a", "b"]'
    assert generate_python.type_of({}) == "Any"


def test_shell_scripts_say_what_is_missing(tmp_path: Path) -> None:
    """On a system without anything of ours, `check` names it and says how to get it."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "cat", "dirname", "cut", "sed", "sort", "tr", "grep", "head", "env", "id"):
        found = subprocess.run(["which", name], capture_output=True, text=True, check=True).stdout.strip()
        (tools / name).symlink_to(found)
    done = subprocess.run(
        [tools / "bash", ROOT / "tools/setup.sh", "check"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(tools), "PYTHON": "/nonexistent"},
    )
    assert done.returncode == 1
    assert "nats.c 3.4.1" in done.stderr
    assert "libnats-dev" in done.stderr
