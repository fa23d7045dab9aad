"""js_consume with ack_mode on_success in steps: acknowledged when the result of the whole step is out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import noetl_nats as nn
from nats_server import Server, running
from test_batch import playbook, result, run


@pytest.fixture(name="server")
def _server() -> Any:
    with running() as server:
        nn.run("stream_apply", {"url": server.url, "stream": "S", "config": {"subjects": ["s.>"]}})
        nn.run("consumer_apply", {"url": server.url, "stream": "S", "consumer": "C"})
        nn.run("js_publish_many", {"url": server.url, "subject": "s.a", "messages": [1, 2]})
        yield server


TAKE = {"name": "take", "operation": "js_consume", "stream": "S", "consumer": "C", "ack_mode": "on_success"}


def pending(server: Server) -> int:
    count: int = nn.run("consumer_info", {"url": server.url, "stream": "S", "consumer": "C"})["num_ack_pending"]
    return count


def test_a_step_that_succeeds_acknowledges(server: Server, tmp_path: Path) -> None:
    operations = [
        TAKE,
        {"name": "left", "operation": "consumer_info", "stream": "S", "consumer": "C"},
    ]
    got = result(playbook(tmp_path, {"url": server.url, "operations": operations}))
    assert (got["take"]["count"], got["take"]["acked"]) == (2, False)
    assert got["left"]["num_ack_pending"] == 2, "not before the result is out"
    assert pending(server) == 0


def test_a_step_whose_later_task_fails_acknowledges_nothing(server: Server, tmp_path: Path) -> None:
    operations = [TAKE, {"operation": "kv_get", "bucket": "none", "key": "k"}]
    done = run(playbook(tmp_path, {"url": server.url, "operations": operations}))
    assert done.returncode == 1
    assert pending(server) == 2
