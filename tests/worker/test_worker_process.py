"""NATS steps in the process of the worker: its event loop, and the hook that brings them in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

import noetl_nats as nn
from nats_server import Server
from worker_steps import Document, dispatch, get, put, run

# The event loop ----------------------------------------------------------------------------------------------------------


def connections(server: Server) -> int:
    """Clients that the server has."""
    ports = json.loads(next(server.dir.glob("*.ports")).read_text())
    with urllib.request.urlopen(ports["monitoring"][0] + "/varz") as answer:
        found: int = json.load(answer)["connections"]
    return found


async def ticks_during(work: Any) -> tuple[Any, int]:
    """The outcome, and how often the loop came round to another task meanwhile."""
    count = 0

    async def ticking() -> None:
        nonlocal count
        while True:
            await asyncio.sleep(0.001)
            count += 1

    ticker = asyncio.create_task(ticking())
    outcome = await work
    ticker.cancel()
    return outcome, count


def test_200_tasks_at_once_over_few_connections(worker: Any, server: Server, bucket: Document) -> None:
    async def both(number: int) -> Any:
        await dispatch(worker, put(bucket, {"n": number}, key=f"k{number}"))
        return await dispatch(worker, get(bucket, key=f"k{number}"))

    async def all_tasks() -> list[Any]:
        return await asyncio.gather(*(both(number) for number in range(200)))

    found, ticks = asyncio.run(ticks_during(all_tasks()))
    assert [each["value"] for each in found] == [{"n": number} for number in range(200)]
    assert ticks > 10
    assert connections(server) <= 2


def test_the_loop_goes_on_while_steps_wait(worker: Any, server: Server) -> None:
    place = {"url": server.url, "stream": "S"}
    nn.run("stream_apply", {**place, "config": {"subjects": ["s.>"]}})
    nn.run("consumer_apply", {**place, "consumer": "c"})
    tool = {"operation": "js_consume", "nats_url": server.url, "stream": "S", "consumer": "c", "timeout_ms": 500}

    async def waiting() -> list[Any]:
        return await asyncio.gather(*(dispatch(worker, tool) for _ in range(20)))

    begin = time.monotonic()
    found, ticks = asyncio.run(ticks_during(waiting()))
    assert [each["count"] for each in found] == [0] * 20
    assert time.monotonic() - begin < 20 * 0.5
    assert ticks > 50


def test_a_cancelled_task_ends_at_once(worker: Any, bucket: Document) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as silent:
        tool = get({**bucket, "nats_url": f"nats://127.0.0.1:{silent.getsockname()[1]}"}, connect_timeout_ms=1500)
        begin = time.monotonic()

        async def cancelled() -> float:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(dispatch(worker, tool), 0.1)
            return time.monotonic() - begin

        assert asyncio.run(cancelled()) < 1.4


# The hook ----------------------------------------------------------------------------------------------------------------

TWO_STEPS = """
import asyncio, json, sys
from noetl.worker.nats_worker import Worker
tool = json.loads(sys.argv[1])
worker = Worker("w", nats_url="nats://127.0.0.1:1", server_url="http://127.0.0.1:1")
async def steps():
    return [await worker._execute_tool("nats", tool, {}, "s", {}) for _ in range(2)]
print("RESULT", json.dumps(asyncio.run(steps())[1]))
"""


def program(text: str, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", text, *words]
    return subprocess.run(command, env=os.environ | env, capture_output=True, text=True, check=True, timeout=60)


def result_of(done: subprocess.CompletedProcess[str]) -> Document:
    found: Document = json.loads(done.stdout.partition("RESULT ")[2].splitlines()[0])
    return found


@pytest.mark.parametrize(
    ("module", "hook", "loaded"), [("core.dsl.render", "1", 0), ("worker", "1", 1), ("worker", "0", 0)]
)
def test_it_is_loaded_when_the_worker_is(module: str, hook: str, loaded: int) -> None:
    """Not at the first step, where an event loop would wait for it."""
    check = f"import json, sys, noetl.{module}; print('RESULT', json.dumps({{'loaded': 'noetl_nats' in sys.modules}}))"
    assert result_of(program(check, NOETL_NATS_HOOK=hook)) == {"loaded": bool(loaded)}


def test_every_name_of_the_tool_is_ours() -> None:
    import noetl.tools
    from noetl.tools.nats import execute_nats_task, executor

    assert noetl.tools.execute_nats_task is executor.execute_nats_task is execute_nats_task
    assert sys.modules["noetl.tools.nats"].__noetl_nats__


def test_turned_off_the_worker_uses_its_own_tool(
    worker: Any, bucket: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(worker, get(bucket))["created"] is not None
    monkeypatch.setenv("NOETL_NATS_HOOK", "0")
    assert run(worker, get(bucket))["created"] is None
    assert result_of(program(TWO_STEPS, json.dumps(get(bucket)), NOETL_NATS_HOOK="0"))["created"] is None


def test_a_broken_install_says_so_once_and_the_own_tool_serves(bucket: Document, tmp_path: Path) -> None:
    package = Path(nn.__file__).parent
    shutil.copytree(package, tmp_path / "noetl_nats", ignore=shutil.ignore_patterns("_core*", "__pycache__"))
    done = program(TWO_STEPS, json.dumps(get(bucket)), PYTHONPATH=str(tmp_path))
    assert result_of(done)["value"] == "x"
    assert result_of(done)["created"] is None
    assert done.stderr.count("noetl-nats does not work") == 1
