"""Batch steps: several operations over one connection in one nats step."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import nats
import pytest

import noetl_nats as nn
from engine import NOETL, environment
from nats_server import Server, running


def playbook(folder: Path, tool: dict[str, Any], **workload: Any) -> Path:
    document = {
        "apiVersion": "noetl.io/v2",
        "kind": "Playbook",
        "metadata": {"name": "batch", "path": "batch"},
        "workload": workload,
        "workflow": [{"step": "start", "tool": {"kind": "nats", **tool}}],
    }
    path = folder / "batch.yaml"
    path.write_text(json.dumps(document))
    return path


def run(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*NOETL, str(path), "--json"], env=environment(), capture_output=True, text=True, timeout=60, check=False
    )


def result(path: Path) -> dict[str, Any]:
    done = run(path)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(json.loads(done.stdout)["step_results"]["start"])
    return document


@pytest.fixture(name="server")
def _server() -> Any:
    with running() as server:
        nn.run("kv_bucket_apply", {"url": server.url, "bucket": "b"})
        yield server


def put(key: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"operation": "kv_put", "bucket": "b", "key": key, "value": value, **more}


def test_results_have_names_and_later_operations_see_them(server: Server, tmp_path: Path) -> None:
    operations = [
        put("k", "{{ workload.n }}", name="first"),
        {"operation": "kv_get", "bucket": "b", "key": "k", "name": "back"},
        put("sum", "{{ back.value + _prev.revision }}"),
    ]
    got = result(playbook(tmp_path, {"url": server.url, "operations": operations}, n=41))
    assert (got["status"], got["count"], got["failed"]) == ("success", 3, 0)
    assert got["back"]["value"] == 41
    assert [each["status"] for each in got["results"]] == ["success"] * 3
    assert got["task_2"]["key"] == "sum"
    assert nn.run("kv_get", {"url": server.url, "bucket": "b", "key": "sum"})["value"] == 42


async def client_id(server: Server) -> int:
    client = await nats.connect(server.url)
    mine: int = client.client_id
    await client.close()
    return mine


def test_one_connection(server: Server, tmp_path: Path) -> None:
    operations = [put(f"k{n}", n) for n in range(3)]
    before = asyncio.run(client_id(server))
    result(playbook(tmp_path, {"url": server.url, "operations": operations}))
    assert asyncio.run(client_id(server)) - before == 2  # the batch's, and this one


def test_stop_leaves_the_rest_alone(server: Server, tmp_path: Path) -> None:
    operations = [put("a", 1), put("bad", 1, bucket="missing"), put("c", 1)]
    done = run(playbook(tmp_path, {"url": server.url, "operations": operations}))
    assert done.returncode == 1
    assert "operation 2 of 3 (task_1)" in done.stderr
    assert nn.run("kv_get", {"url": server.url, "bucket": "b", "key": "a"})["status"] == "success"
    assert nn.run("kv_get", {"url": server.url, "bucket": "b", "key": "c"})["status"] == "not_found"


def test_continue_goes_on_and_says_what_failed(server: Server, tmp_path: Path) -> None:
    operations = [put("bad", 1, bucket="missing", name="bad"), put("c", 1, name="good")]
    got = result(playbook(tmp_path, {"url": server.url, "operations": operations, "on_error": "continue"}))
    assert (got["status"], got["count"], got["failed"]) == ("partial", 2, 1)
    assert got["bad"]["error"]["code"] == "not_found"
    assert got["good"]["status"] == "success"


@pytest.mark.parametrize(
    ("tool", "says"),
    [
        ({"operations": []}, "operations: a list"),
        ({"operations": [put("k", 1, name="status")]}, "member of the step's result"),
        ({"operations": [put("k", 1, name="x"), put("k", 1, name="x")]}, "there twice"),
        ({"operations": [put("k", 1)], "on_error": "ignore"}, "on_error"),
        ({"operations": [put("k", 1)], "bucket": "b"}, "bucket: belongs to one operation"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(
    tmp_path: Path, tool: dict[str, Any], says: str, server: Server
) -> None:
    done = run(playbook(tmp_path, {"url": server.url, **tool}))
    assert done.returncode == 1
    assert says in done.stderr
    assert "Step: start" not in done.stderr


#: Acknowledges when the result of the whole step is out (ADR 0007).
TAKE = {"name": "take", "operation": "js_consume", "stream": "S", "consumer": "C", "ack_mode": "on_success"}
LOOK = {"name": "look", "operation": "consumer_info", "stream": "S", "consumer": "C"}


def pending(server: Server) -> int:
    count: int = nn.run("consumer_info", {"url": server.url, "stream": "S", "consumer": "C"})["num_ack_pending"]
    return count


@pytest.fixture
def two_messages(server: Server) -> None:
    nn.run("stream_apply", {"url": server.url, "stream": "S", "config": {"subjects": ["s.>"]}})
    nn.run("consumer_apply", {"url": server.url, "stream": "S", "consumer": "C"})
    nn.run("js_publish_many", {"url": server.url, "subject": "s.a", "messages": [1, 2]})


@pytest.mark.usefixtures("two_messages")
def test_what_a_step_took_is_acknowledged_when_all_of_it_is_done(server: Server, tmp_path: Path) -> None:
    got = result(playbook(tmp_path, {"url": server.url, "operations": [TAKE, LOOK]}))
    assert (got["take"]["count"], got["take"]["acked"], got["look"]["num_ack_pending"]) == (2, False, 2)
    assert pending(server) == 0


@pytest.mark.usefixtures("two_messages")
def test_what_a_step_took_is_not_acknowledged_when_a_later_operation_fails(server: Server, tmp_path: Path) -> None:
    failing = {"operation": "kv_get", "bucket": "none", "key": "k"}
    assert run(playbook(tmp_path, {"url": server.url, "operations": [TAKE, failing]})).returncode == 1
    assert pending(server) == 2
