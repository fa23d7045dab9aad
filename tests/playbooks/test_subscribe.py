"""`noetl subscribe` and `noetl run --dry-run` with nats steps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import noetl_nats as nn
from engine import BIN, NOETL, execute, written
from nats_server import running

PROGRAMS = pytest.mark.parametrize("program", [NOETL, [str(BIN / "noetl-nats"), "run"]], ids=["noetl", "noetl-nats"])


def test_every_message_runs_the_nats_steps(tmp_path: Path) -> None:
    with running() as server:
        nn.run("kv_bucket_apply", {"url": server.url, "bucket": "b"})
        nn.run("stream_apply", {"url": server.url, "stream": "ORDERS", "config": {"subjects": ["orders.>"]}})
        nn.run(
            "consumer_apply",
            {"url": server.url, "stream": "ORDERS", "consumer": "c", "config": {"ack_policy": "explicit"}},
        )
        for n in (1, 2):
            nn.run("js_publish", {"url": server.url, "subject": "orders.new", "data": {"id": f"o{n}", "total": n}})
        tool = {
            "kind": "nats",
            "url": server.url,
            "operation": "kv_put",
            "bucket": "b",
            "key": "{{ workload.id }}",
            "value": {"total": "{{ workload.total }}", "subject": "{{ message.metadata.subject }}"},
        }
        written(tmp_path, [{"step": "start", "tool": tool}], "order")
        source = {
            "source": "nats",
            "url": server.url,
            "stream": "ORDERS",
            "consumer": "c",
            "runtime": {"batch": 1, "timeout_ms": 500},
        }
        spec = {
            "apiVersion": "noetl.io/v2",
            "kind": "Subscription",
            "metadata": {"name": "orders", "path": "orders"},
            "spec": {**source, "dispatch": {"playbook": "order.yaml", "payload_from": "message.json"}},
        }
        (tmp_path / "orders.yaml").write_text(json.dumps(spec))
        words = [str(BIN / "noetl"), "subscribe", "orders.yaml", "--max-messages", "2", "--events", "events.jsonl"]
        done = execute(words, tmp_path)
        assert done.returncode == 0, done.stderr
        for n in (1, 2):
            got = nn.run("kv_get", {"url": server.url, "bucket": "b", "key": f"o{n}"})
            assert got["value"] == {"total": n, "subject": "orders.new"}, (got, done.stderr)


@PROGRAMS
def test_dry_run_says_what_would_happen(tmp_path: Path, program: list[str]) -> None:
    tool = {
        "kind": "nats",
        "url": "nats://u:hunter2@h",
        "operation": "kv_put",
        "bucket": "b",
        "key": "{{ workload.k }}",
        "value": 1,
    }
    later = {"kind": "nats", "operation": "kv_get", "bucket": "b", "key": "{{ start.key }}", "password": "hunter2"}
    playbook = written(tmp_path, [{"step": "start", "tool": tool}, {"step": "b", "tool": later}], workload={"k": "x"})
    done = execute([*program, str(playbook), "--dry-run", "--set", "k=mine"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "start: kv_put url=nats://***@h bucket=b key=mine value=1" in done.stdout
    assert "b: kv_get bucket=b key={{ start.key }} password=***" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr


@PROGRAMS
def test_dry_run_refuses_what_a_run_would_refuse(tmp_path: Path, program: list[str]) -> None:
    shell = {"kind": "shell", "cmds": "echo {{ start.revision + 1 }}"}
    get = {"kind": "nats", "url": "nats://h", "operation": "kv_get", "bucket": "b", "key": "k"}
    playbook = written(tmp_path, [{"step": "start", "tool": get}, {"step": "b", "tool": shell}])
    done = execute([*program, str(playbook), "--dry-run"], tmp_path)
    assert done.returncode == 1
    assert "cannot evaluate" in done.stderr
