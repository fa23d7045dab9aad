"""Arcs with `when` in exclusive mode: each condition takes its arc when it holds, and the next one when it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import noetl_nats as nn
from nats_server import running
from noetl_run import outcome_of

HOLDS = [
    "{{ get.value.n > 5 }}",
    "{{ get.value.n >= 7 and get.value.n <= 7.0 }}",
    "{{ get.value.n == 7 }}",
    "{{ get.value.n != 8 }}",
    "{{ get.value.n < workload.limit }}",
    "{{ get.value.on }}",
    "{{ get.value.on == true }}",
    "{{ not get.value.off }}",
    "{{ get.value.text == 'a == b' }}",
    "{{ 'blue' in get.value.list }}",
    "{{ get.status == 'success' and (get.value.n == 1 or get.value.n == 7) }}",
    "{{ get.value.text | upper == 'A == B' }}",
    "get.value.n > 5",
]

FAILS = [
    "{{ get.value.n > 8 }}",
    "{{ get.value.n >= 8 }}",
    "{{ get.value.n < 3 }}",
    "{{ get.value.n == 8 }}",
    "{{ get.value.n != 7 }}",
    "{{ get.value.n > workload.limit }}",
    "{{ get.value.n | int > 8 }}",
    "{{ get.value.n > 5 and get.value.n < 7 }}",
    "{{ get.value.off }}",
    "{{ get.value.nothing }}",
    "{{ get.value.missing }}",
    "{{ get.value.missing > 1 }}",
    "{{ not get.value.on }}",
    "{{ get.status != 'success' }}",
    "{{ get.status == 'not_found' }}",
    "{{ get.status == 'success' and get.value.n == 8 }}",
    "{{ 'green' in get.value.list }}",
    "{{ never.result == 'x' }} ",
    "get.value.n > 8",
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as server:
        where = {"url": server.url, "bucket": "conditions"}
        nn.run("kv_bucket_apply", where)
        value = {"n": 7, "on": True, "off": False, "nothing": None, "text": "a == b", "list": ["red", "blue"]}
        nn.run("kv_put", {**where, "key": "k", "value": value})
        yield server.url


def branch(url: str, condition: str, folder: Path) -> str:
    tool = {"kind": "nats", "url": url, "operation": "kv_get", "bucket": "conditions", "key": "k"}
    say = {"kind": "nats", "operation": "say", "text": "."}
    playbook = {
        "apiVersion": "noetl.io/v2",
        "kind": "Playbook",
        "metadata": {"name": "conditions"},
        "workload": {"limit": 10},
        "workflow": [
            {"step": "get", "tool": tool, "next": {"arcs": [{"step": "yes", "when": condition}, {"step": "no"}]}},
            {"step": "yes", "tool": say},
            {"step": "no", "tool": say},
            {"step": "never", "tool": say},
        ],
    }
    file = folder / "conditions.yaml"
    file.write_text(json.dumps(playbook))
    return outcome_of(file, cwd=folder).steps[-1]


@pytest.mark.parametrize("condition", HOLDS)
def test_holds(url: str, condition: str, tmp_path: Path) -> None:
    assert branch(url, condition, tmp_path) == "yes"


@pytest.mark.parametrize("condition", FAILS)
def test_does_not_hold(url: str, condition: str, tmp_path: Path) -> None:
    assert branch(url, condition, tmp_path) == "no"
