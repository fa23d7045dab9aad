"""Conditions on results: every form, always the same answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import noetl
import pytest

import noetl_nats as nn
from engine import NOETL, execute, to, written
from nats_server import running

Steps = list[dict[str, Any]]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Its bucket B holds n = 7, text = deploy."""
    with running() as server:
        nn.run("kv_bucket_apply", {"url": server.url, "bucket": "B"})
        nn.run("kv_put", {"url": server.url, "bucket": "B", "key": "n", "value": 7})
        nn.run("kv_put", {"url": server.url, "bucket": "B", "key": "text", "value": "deploy"})
        yield server.url


def shell(name: str, command: str = "", *following: str) -> dict[str, Any]:
    tool = {"kind": "shell", "cmds": [command or f"echo {name}"]}
    return {"step": name, "tool": tool} | ({"next": to(*following)} if following else {})


def get(
    url: str, arcs: list[dict[str, Any]], *, key: str = "n", mode: str = "exclusive", **more: Any
) -> dict[str, Any]:
    tool = {"kind": "nats", "url": url, "operation": "kv_get", "bucket": "B", "key": key}
    return {"step": "get", "tool": tool, "next": {"spec": {"mode": mode}, "arcs": arcs}, **more}


def visited(directory: Path, steps: Steps, **options: Any) -> list[str]:
    found: list[str] = noetl.run(written(directory, steps), **options)["executed_steps"]
    return found


TRUE = [
    "{{ get.value == 7 }}",
    "{{ get.value == '7' }}",
    "{{get.value == 7}}",
    "{{ get.value }} == '7'",
    "{{ get.value != 8 }}",
    "{{ get.value > 6.5 and get.value < 30 }}",
    "{{ get.value >= 7 and get.value <= 7 }}",
    "{{ get.value > 30 or get.status == 'success' }}",
    "{{ not (get.value > 30) }}",
    "{{ get.status }}",
    "{{ 'succ' in get.status }}",
    "{{ 'fail' not in get.status }}",
    "{{ get.status | upper == 'SUCCESS' }}",
    "{{ get.value > workload.limit }}",
    "{{ get.result.value == 7 }}",
    "{{ get.value == 7 and workload.limit == 5 }}",
]
FALSE = [
    "{{ get.value == 8 }}",
    "{{ get.value != 7 }}",
    "{{ get.value > 30 }}",
    "{{ get.value < 7 }}",
    "{{ get.value == 7 and get.status == 'not_found' }}",
    "{{ get.status == 'not_found' or get.value > 30 }}",
    "{{ not get.status }}",
    "{{ get.nope }}",
    "{{ get.nope == 'x' }}",
    "{{ get.value.deeper == 'x' }}",
    "{{ 'fail' in get.status }}",
    "{{ get.value < workload.limit }}",
    "{{ get.value > workload.nope }}",
]
FORMS = [(when, True) for when in TRUE] + [(when, False) for when in FALSE]


@pytest.mark.parametrize("otherwise", [True, False], ids=["else", "no else"])
@pytest.mark.parametrize(("when", "answer"), FORMS)
def test_exclusive(tmp_path: Path, url: str, when: str, answer: bool, otherwise: bool) -> None:
    """Without an else, no match ends the branch."""
    arcs = [{"step": "yes", "when": when}] + ([{"step": "no"}] if otherwise else [])
    steps = [get(url, arcs), shell("yes"), shell("no")]
    branch = "yes" if answer else "no"
    wanted = ["get", branch] if answer or otherwise else ["get"]
    assert visited(tmp_path, steps, variables={"workload.limit": "5"}) == wanted


@pytest.mark.parametrize(
    ("when", "answer"),
    [("{{ get.value == 7 }}", True), ("{{ get.value > 30 }}", False), ("{{ get.status == 'success' }}", True)],
)
@pytest.mark.parametrize("form", ["exclusive", "inclusive", "step"])
def test_thirty_times(tmp_path: Path, url: str, when: str, answer: bool, form: str) -> None:
    if ">" in when and form != "exclusive":
        when = "{{ get.value == 30 }}"
    arcs = [{"step": "yes", "when": when}]
    steps = [get(url, arcs, mode="inclusive" if form == "inclusive" else "exclusive"), shell("yes")]
    if form == "step":
        steps = [get(url, [{"step": "yes"}]), {**shell("yes"), "when": when}]
    wanted = ["get", "yes"] if answer else ["get"]
    assert [visited(tmp_path, steps) for _ in range(30)] == [wanted] * 30


def test_inclusive_takes_every_match_in_order(tmp_path: Path, url: str) -> None:
    arcs = [
        {"step": "a", "when": "{{ get.value == 7 }}"},
        {"step": "b", "when": "{{ get.value == 8 }}"},
        {"step": "c", "when": "{{ get.status == 'success' }}"},
        {"step": "d", "when": "{{ get.value != 7 }}"},
        {"step": "e"},
    ]
    assert visited(tmp_path, [get(url, arcs, mode="inclusive"), *map(shell, "abcde")]) == ["get", "a", "c", "e"]


def test_inclusive_without_a_match_ends_the_branch(tmp_path: Path, url: str) -> None:
    arcs = [{"step": "a", "when": "{{ get.value == 8 }}"}]
    assert visited(tmp_path, [get(url, arcs, mode="inclusive"), shell("a")]) == ["get"]


def test_the_first_match_of_exclusive_arcs_wins(tmp_path: Path, url: str) -> None:
    arcs = [
        {"step": "a", "when": "{{ get.value == 8 }}"},
        {"step": "b", "when": "{{ get.value > 6 }}"},
        {"step": "c", "when": "{{ get.value == 7 }}"},
        {"step": "d"},
    ]
    assert visited(tmp_path, [get(url, arcs), *map(shell, "abcd")]) == ["get", "b"]


@pytest.mark.parametrize("when", ["{{ get.value == 7 }}", "{{ get.value > 6 }}"])
def test_args_of_the_arc_that_is_taken(tmp_path: Path, url: str, when: str) -> None:
    arcs = [
        {"step": "a", "when": "{{ get.value == 8 }}", "args": {"who": "a"}},
        {"step": "b", "when": when, "args": {"who": "bee"}},
    ]
    steps = [get(url, arcs), shell("a", "echo '{{ args.who }}'"), shell("b", "echo '{{ args.who }}'")]
    assert noetl.run(written(tmp_path, steps))["final_result"] == "bee"


def test_args_of_an_arc_reach_a_nats_step(tmp_path: Path, url: str) -> None:
    arcs = [{"step": "b", "when": "{{ get.value == 7 }}", "args": {"key": "text"}}]
    second = {
        "step": "b",
        "tool": {"kind": "nats", "url": url, "operation": "kv_get", "bucket": "B", "key": "{{ args.key }}"},
    }
    outcome = noetl.run(written(tmp_path, [get(url, arcs), second]))
    assert '"value":"deploy"' in outcome["final_result"]


def test_args_that_name_a_result_are_refused(tmp_path: Path, url: str) -> None:
    """The engine does not render them: the literal text would arrive."""
    arcs = [{"step": "b", "args": {"who": "{{ get.value }}"}}]
    path = written(tmp_path, [get(url, arcs), shell("b", "echo {{ args.who }}")])
    with pytest.raises(RuntimeError, match=r"step 'get': .*args of an arc"):
        noetl.run(path)


@pytest.mark.parametrize("condition", ["{{ skipped.status == 'success' }}", "{{ skipped.value > 3 }}", "{{ skipped }}"])
@pytest.mark.parametrize("mode", ["exclusive", "inclusive"])
def test_a_condition_on_a_step_that_did_not_run(tmp_path: Path, url: str, condition: str, mode: str) -> None:
    skipped = {**get(url, [{"step": "get"}]), "step": "skipped"}
    arcs: list[dict[str, Any]] = [{"step": "yes", "when": condition}]
    steps = [get(url, arcs, mode=mode), skipped, shell("yes")]
    if mode == "inclusive" and ">" in condition:  # the engine evaluates inclusive arcs itself
        with pytest.raises(RuntimeError, match="cannot evaluate the condition"):
            visited(tmp_path, steps)
    else:
        assert visited(tmp_path, steps) == ["get"]


def test_a_case_of_the_playbook(tmp_path: Path, url: str) -> None:
    case = [
        {"when": "{{ get.value == 8 }}", "then": {"next": [{"step": "a"}]}},
        {"when": "{{ get.value == 7 }}", "then": {"next": [{"step": "b"}]}},
    ]
    assert visited(tmp_path, [get(url, [{"step": "c"}], case=case), *map(shell, "abc")]) == ["get", "b"]


@pytest.mark.parametrize("where", ["inclusive arc", "step", "case"])
def test_what_only_exclusive_arcs_can_do_is_refused(tmp_path: Path, url: str, where: str) -> None:
    when = "{{ get.value > 3 }}"
    steps = [get(url, [{"step": "a", "when": when}], mode="inclusive"), shell("a")]
    if where == "step":
        steps = [get(url, [{"step": "a"}]), {**shell("a"), "when": when}]
    if where == "case":
        steps = [get(url, [], case=[{"when": when, "then": {"next": [{"step": "a"}]}}]), shell("a")]
    done = execute([*NOETL, str(written(tmp_path, steps))], tmp_path)
    assert done.returncode == 1
    assert when in done.stderr
    assert f"{tmp_path}/playbook.yaml" in done.stderr
    assert "Step: get" not in done.stderr
