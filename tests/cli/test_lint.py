"""noetl-nats lint, schema playbook and doctor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

BIN = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parents[2]
CLI = str(BIN / "noetl-nats")

GOOD = """\
apiVersion: noetl.io/v2
kind: Playbook
metadata: {name: good, path: good}
executor: {requires: {tools: [nats]}}
workload: {bucket: b}
workflow:
- step: start
  tool: {kind: nats, operation: kv_get, bucket: "{{ workload.bucket }}", key: k}
  next:
    arcs:
    - {step: done, when: "{{ start.revision > 3 and start.status == 'success' }}"}
- step: done
  tool: {kind: shell, cmds: "true"}
"""


def noetl_nats(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"} | env
    return subprocess.run([CLI, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False)


def lint(folder: Path, text: str, *options: str) -> tuple[int, list[dict[str, Any]]]:
    path = folder / "playbook.yaml"
    path.write_text(text)
    done = noetl_nats("lint", str(path), *options)
    return done.returncode, json.loads(done.stdout)["findings"]


def test_nothing_to_say(tmp_path: Path) -> None:
    assert lint(tmp_path, GOOD) == (0, [])


@pytest.mark.parametrize(
    ("old", "new", "rule", "line", "says"),
    [
        ("kv_get", "kv_got", "unknown-operation", 8, "did you mean kv_get"),
        ("key: k}", "kye: k}", "unknown-field", 8, "did you mean key"),
        (", key: k}", "}", "missing-field", 8, "key"),
        ("key: k}", "key: k, revision: many}", "invalid-field", 8, "revision"),
        ("key: k}", "key: k, timeout_ms: 0}", "invalid-field", 8, "timeout_ms"),
        ("key: k}", 'key: "{{ workload.bucket | nofilter }}"}', "not-expressible", 8, "nofilter"),
        ("step: done, when", "step: dnoe, when", "unknown-step", 11, "did you mean done"),
        ('cmds: "true"}', 'cmds: "echo {{ start.revision + 1 }}"}', "not-expressible", 13, "cannot evaluate"),
        ("executor: {requires: {tools: [nats]}}\n", "executor: {}\n", "requires-nats", 4, "requires.tools"),
        ("key: k}", "key: k, password: hunter2}", "secret-in-clear", 8, "password"),
        ("key: k}", "key: k, url: 'nats://u:hunter2@h'}", "secret-in-clear", 8, "url"),
        ("\"{{ start.revision > 3 and start.status == 'success' }}\"", "false", "constant-condition", 11, "always"),
        ("start.revision > 3 and start.status == 'success'", "workload.bucket > 3", "always-true", 11, "always true"),
        ("start.revision > 3 and start.status == 'success'", "done.x == 3", "never-true", 11, "never matches"),
        ("start.revision > 3 and start.status == 'success'", "workload.no == 'x'", "no-default", 11, "no default"),
        ("workflow:", "workflow: [", "yaml", 7, ""),
    ],
)
def test_findings(tmp_path: Path, old: str, new: str, rule: str, line: int, says: str) -> None:
    assert old in GOOD
    _, found = lint(tmp_path, GOOD.replace(old, new))
    wanted = [each for each in found if each["rule"] == rule]
    assert wanted, found
    assert wanted[0]["line"] == line, wanted
    assert says in wanted[0]["message"]
    assert "hunter2" not in json.dumps(found)


def test_exit_codes_and_text(tmp_path: Path) -> None:
    assert lint(tmp_path, GOOD.replace("kv_get", "kv_got"))[0] == 1
    warning = GOOD.replace("executor: {requires: {tools: [nats]}}\n", "")
    assert lint(tmp_path, warning)[0] == 0
    assert lint(tmp_path, warning, "--strict")[0] == 1
    assert noetl_nats("lint").returncode == 2
    text = noetl_nats("lint", "--text", str(tmp_path / "playbook.yaml")).stdout
    assert text.startswith(f"{tmp_path}/playbook.yaml:1:1: warning: executor.requires.tools"), text


def test_entries_of_pipelines_and_batches(tmp_path: Path) -> None:
    text = GOOD.replace(
        'tool: {kind: nats, operation: kv_get, bucket: "{{ workload.bucket }}", key: k}',
        "tool: {kind: nats, operations: [{operation: kv_get, bucket: b, key: k, name: a}, {operation: kv_gte}]}",
    )
    _, found = lint(tmp_path, text)
    assert [each["rule"] for each in found] == ["unknown-operation"], found


def shipped() -> list[Path]:
    return sorted((ROOT / "playbooks").rglob("*.yaml"))


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.name)
def test_what_we_ship_has_no_errors(path: Path) -> None:
    done = noetl_nats("lint", str(path))
    assert done.returncode == 0, done.stdout


SCHEMA = json.loads(noetl_nats("schema", "playbook").stdout)


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.name)
def test_schema_takes_what_we_ship(path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize(
    ("old", "new"),
    [("kv_get", "kv_got"), ("key: k}", "kye: k}"), (", key: k}", "}"), ("key: k}", "key: k, timeout_ms: [1]}")],
)
def test_schema_refuses(old: str, new: str) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.validate(yaml.safe_load(GOOD))
    assert not validator.is_valid(yaml.safe_load(GOOD.replace(old, new)))


def test_doctor(tmp_path: Path) -> None:
    done = noetl_nats("doctor", HOME=str(tmp_path), NOETL_CREDENTIALS_DIR=str(tmp_path / "none"))
    assert done.returncode == 0, done.stdout + done.stderr
    checks = {each["name"]: each for each in json.loads(done.stdout)["checks"]}
    for name in ("required tools", "templates and outcome", "nats steps", "import hook", "nats-server"):
        assert checks[name]["outcome"] == "ok", checks


def test_doctor_sees_an_engine_that_behaves_differently(tmp_path: Path) -> None:
    engine = tmp_path / "noetl"
    engine.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "noetl 9.0.0"\nexit 0\n')
    engine.chmod(0o755)
    done = noetl_nats("doctor", NOETL_BIN=str(engine), HOME=str(tmp_path))
    assert done.returncode == 1
    checks = {each["name"]: each for each in json.loads(done.stdout)["checks"]}
    assert checks["noetl"]["outcome"] == "warning"
    assert checks["required tools"]["outcome"] == "failed"
    assert "upgrade noetl-nats" in checks["required tools"]["hint"]


CHILD = """\
apiVersion: noetl.io/v2
kind: Playbook
metadata: {name: child}
executor: {requires: {tools: [nats]}}
workflow:
- step: get
  tool: {kind: nats, operation: kv_got, bucket: b, key: k}
- step: again
  tool: {kind: playbook, path: ../playbook.yaml}
"""
CALLS = """\
- step: done
  tool: {kind: playbook, path: lib/child.yaml}
- step: twice
  tool: {kind: playbook, path: ./lib/../lib/child.yaml}
- step: dynamic
  tool: {kind: playbook, path: "{{ workload.bucket }}.yaml"}
"""


def test_sub_playbooks_are_looked_into_once(tmp_path: Path) -> None:
    child = tmp_path / "lib" / "child.yaml"
    child.parent.mkdir()
    child.write_text(CHILD)
    parent = GOOD.replace('- step: done\n  tool: {kind: shell, cmds: "true"}\n', CALLS)
    status, found = lint(tmp_path, parent)
    assert status == 1
    assert [(each["file"], each["line"], each["rule"]) for each in found] == [(str(child), 7, "unknown-operation")]


def test_a_sub_playbook_that_is_not_there(tmp_path: Path) -> None:
    status, found = lint(tmp_path, GOOD.replace('{kind: shell, cmds: "true"}', "{kind: playbook, path: lib/no.yaml}"))
    assert (status, found[0]["rule"], found[0]["line"]) == (1, "no-such-playbook", 13)
    assert str(tmp_path / "lib/no.yaml") in found[0]["message"]
