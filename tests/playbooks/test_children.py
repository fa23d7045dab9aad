"""Sub-playbooks with nats steps: what they see of their caller, and what one call leaves to the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import noetl
import pytest

import noetl_nats as nn
from engine import NOETL, OURS, execute, settings, to, written
from nats_server import running

Steps = list[dict[str, Any]]
TREE = {"n": 5, "l": [1, "x"], "o": {"a": {"b": 1}}, "t": True, "z": None, "s": "text"}


class Here:
    def __init__(self, url: str, directory: Path) -> None:
        self.url, self.directory = url, directory
        nn.run("kv_bucket_apply", {"url": url, "bucket": "B"})

    def nats(self, name: str, operation: str, key: str, *following: str, **more: Any) -> dict[str, Any]:
        tool = {"kind": "nats", "url": self.url, "bucket": "B", "operation": operation, "key": key, **more}
        return {"step": name, "tool": tool} | ({"next": to(*following)} if following else {})

    def value(self, key: str) -> Any:
        return nn.run("kv_get", {"url": self.url, "bucket": "B", "key": key}).get("value")

    def run(self, steps: Steps, variables: dict[str, Any] | None = None, **top: Any) -> dict[str, Any]:
        outcome: dict[str, Any] = noetl.run(written(self.directory, steps, "parent", **top), variables=variables)
        return outcome


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as server:
        yield server.url


@pytest.fixture
def here(url: str, tmp_path: Path) -> Here:
    return Here(url, tmp_path)


def call(name: str, path: str, *following: str, **more: Any) -> dict[str, Any]:
    return {"step": name, "tool": {"kind": "playbook", "path": path, **more}} | (
        {"next": to(*following)} if following else {}
    )


def shell(name: str, command: str, *following: str) -> dict[str, Any]:
    return {"step": name, "tool": {"kind": "shell", "cmds": [command]}} | (
        {"next": to(*following)} if following else {}
    )


def test_values_of_the_caller_keep_their_types(here: Here) -> None:
    value = {name: f"{{{{ workload.{name} }}}}" for name in TREE} | {"deep": "{{ workload.o.a.b }}"}
    written(here.directory, [here.nats("put", "kv_put", "seen", value=value)], "child")
    here.run([call("c", "child.yaml")], workload=TREE)
    assert here.value("seen") == {**TREE, "deep": 1}


def test_input_of_nested_values(here: Here) -> None:
    """What a call passes on is text for the engine; JSON arrives as its value."""
    written(here.directory, [here.nats("put", "kv_put", "seen", value={"v": "{{ workload.v }}"})], "child")
    nn.run("kv_put", {"url": here.url, "bucket": "B", "key": "src", "value": TREE})
    here.run([here.nats("get", "kv_get", "src", "c"), call("c", "child.yaml", input={"v": "{{ get.value }}"})])
    assert here.value("seen") == {"v": TREE}


def test_results_of_the_caller(here: Here) -> None:
    nn.run("kv_put", {"url": here.url, "bucket": "B", "key": "src", "value": {"n": 7}})
    value = {"whole": "{{ get.value }}", "field": "{{ get.value.n }}", "result": "{{ get.result.value.n }}"}
    written(here.directory, [here.nats("put", "kv_put", "seen", value=value)], "child")
    here.run([here.nats("get", "kv_get", "src", "c"), call("c", "child.yaml")])
    assert here.value("seen") == {"whole": {"n": 7}, "field": 7, "result": 7}


def test_a_field_of_the_callers_result_in_a_shell_of_the_child(here: Here) -> None:
    """Rendered or refused; never the literal braces."""
    nn.run("kv_put", {"url": here.url, "bucket": "B", "key": "src", "value": {"n": 7}})
    out = here.directory / "out"
    written(here.directory, [shell("s", f"echo '{{{{ get.value.n }}}}' > '{out}'")], "child")
    parent = [here.nats("get", "kv_get", "src", "c"), call("c", "child.yaml")]
    done = execute([*NOETL, str(written(here.directory, parent, "parent"))], here.directory)
    refused = done.returncode == 1 and "{{ get.value.n }}" in done.stderr
    assert refused or out.read_text() == "7\n"


def test_a_large_result_of_the_caller(here: Here) -> None:
    nn.run("kv_put", {"url": here.url, "bucket": "B", "key": "big", "value": "x" * 240_000})
    written(here.directory, [here.nats("put", "kv_put", "big2", value="{{ get.value }}")], "child")
    here.run([here.nats("get", "kv_get", "big", "c"), call("c", "child.yaml")])
    assert here.value("big2") == "x" * 240_000


def test_the_same_step_name_in_both(here: Here) -> None:
    nn.run("kv_put", {"url": here.url, "bucket": "B", "key": "src", "value": 1})
    child = [here.nats("get", "kv_get", "nope", "put"), here.nats("put", "kv_put", "inner", value="{{ get.status }}")]
    written(here.directory, child, "child")
    outcome = here.run(
        [
            here.nats("get", "kv_get", "src", "c"),
            call("c", "child.yaml", "put"),
            here.nats("put", "kv_put", "outer", "show", value="{{ get.status }}"),
            shell("show", "echo {{ get.status }}"),
        ]
    )
    assert (here.value("inner"), here.value("outer"), outcome["final_result"]) == ("not_found", "success", "success")


def test_a_second_call_does_not_see_results_of_the_first(here: Here) -> None:
    child = [
        {**shell("which", "echo {{ workload.run }}"), "next": {"arcs": [
            {"step": "get", "when": "{{ which.result == 'first' }}"}, {"step": "put"}]}},
        here.nats("get", "kv_get", "nope", "put"),
        here.nats("put", "kv_put", "seen.{{ workload.run }}", value={"status": "{{ get.status }}"}),
    ]  # fmt: skip
    written(here.directory, child, "child")
    here.run([call("a", "child.yaml", "b", input={"run": "first"}), call("b", "child.yaml", input={"run": "second"})])
    assert here.value("seen.first") == {"status": "not_found"}
    assert here.value("seen.second") == {"status": None}


def test_recursion(here: Here) -> None:
    steps = [
        here.nats("put", "kv_put", "rec.{{ workload.n }}", "less", value="{{ workload.n }}"),
        {**shell("less", "echo $(( {{ workload.n }} - 1 ))"), "next": {"arcs": [
            {"step": "again", "when": "{{ less.result != '0' }}"}]}},
        call("again", "parent.yaml", input={"n": "{{ less.result }}"}),
    ]  # fmt: skip
    here.run(steps, workload={"n": 4})
    assert [here.value(f"rec.{i}") for i in range(6)] == [None, 1, 2, 3, 4, None]


def test_a_result_is_the_same_after_a_call_of_the_playbook_itself(here: Here) -> None:
    steps = [
        here.nats("get", "kv_get", "own.{{ workload.n }}", "less"),
        {**shell("less", "echo $(( {{ workload.n }} - 1 ))"), "next": {"arcs": [
            {"step": "again", "when": "{{ less.result != '0' }}"}, {"step": "put"}]}},
        call("again", "parent.yaml", "put", input={"n": "{{ less.result }}"}),
        here.nats("put", "kv_put", "after.{{ workload.n }}", value="{{ get.key }}"),
    ]  # fmt: skip
    here.run(steps, workload={"n": 3})
    assert [here.value(f"after.{i}") for i in (1, 2, 3)] == ["own.1", "own.2", "own.3"]


@pytest.mark.parametrize(
    "path", ["{{ workload.which }}.yaml", "{{workload.which}}.yaml", "./{{ workload.which }}.yaml", "{{ which }}.yaml"]
)
@pytest.mark.parametrize(
    "variables",
    [{"which": "child"}, {"workload.which": "child", "which": "child"}, {"which": "nope", "workload.which": "child"}],
    ids=["bare", "both", "last wins"],
)  # fmt: skip
@pytest.mark.parametrize("program", [NOETL, OURS], ids=["noetl run", "noetl-nats run"])
def test_a_path_from_variables(here: Here, path: str, variables: dict[str, str], program: list[str]) -> None:
    """The child that the engine would call: the last --set wins; a reference without blanks is none for the engine."""
    written(here.directory, [here.nats("put", "kv_put", "called", value="{{ workload.v }}")], "child")
    nn.run("kv_put", {"url": here.url, "bucket": "B", "key": "called", "value": "before"})
    parent = written(here.directory, [call("c", path, input={"v": "now"})], "parent", workload={"which": "default"})
    done = execute([*program, str(parent), *settings(variables)], here.directory)
    known = "{{ " in path and (path != "{{ which }}.yaml" or variables["which"] == "child")
    assert (done.returncode == 0) == known, done.stderr
    assert here.value("called") == ("now" if known else "before")


def test_the_last_set_wins_in_a_path(here: Here) -> None:
    """--set which=… sets workload.which too."""
    written(here.directory, [here.nats("put", "kv_put", "called", value="{{ workload.v }}")], "child")
    parent = written(here.directory, [call("c", "{{ workload.which }}.yaml", input={"v": "last"})], "parent")
    words = [*NOETL, str(parent), "--set", "workload.which=nope", "--set", "which=child"]
    done = execute(words, here.directory)
    assert done.returncode == 0, done.stderr
    assert here.value("called") == "last"


@pytest.mark.parametrize("directory", ["absolute", "relative", "with blanks"])
def test_the_directory_for_temporary_files(here: Here, directory: str) -> None:
    name = "t m'p" if directory == "with blanks" else "tmp"
    (here.directory / name).mkdir()
    written(here.directory, [here.nats("put", "kv_put", "called", value=directory)], "child")
    parent = written(
        here.directory, [here.nats("first", "kv_put", "x", "c", value=1), call("c", "child.yaml")], "parent"
    )
    temporary = name if directory == "relative" else str(here.directory / name)
    done = execute([*NOETL, str(parent)], here.directory, TMPDIR=temporary)
    assert done.returncode == 0, done.stderr
    assert here.value("called") == directory


@pytest.mark.xfail(strict=True, reason="the engine writes the path of the lowered file itself")
def test_a_failure_names_the_file_that_the_user_has(here: Here) -> None:
    parent = written(
        here.directory, [here.nats("a", "kv_get", "x")], "parent", executor={"requires": {"tools": ["nats", "python"]}}
    )
    done = execute([*NOETL, str(parent)], here.directory)
    assert done.returncode == 1
    assert "noetl-nats-run-" not in done.stderr
    assert str(parent) in done.stderr
