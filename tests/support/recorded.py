"""Recorded cases of NoETL's own nats tool, replayed through what runs nats steps.

The cases and their judge lie in tests/recorded.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import importlib.util
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import nats

from nats_server import binary

FOLDER = Path(__file__).resolve().parents[1] / "recorded"
CASES = FOLDER / "nats-tool-cases.jsonl"
Case = dict[str, Any]
Document = dict[str, Any]
Dispatch = Callable[[Case, Document, Document], Any]


def load() -> list[Case]:
    return list(map(json.loads, CASES.read_text().splitlines()))


def judge() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_tool_cases", FOLDER / "check_tool_cases.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Replay:
    """Runs cases: a server for each profile, emptied before each case."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._judge = judge()
        self._servers: dict[str, Any] = {}
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        for server in self._servers.values():
            server.stop()
        self._loop.close()

    def problems(self, case: Case, want: Document) -> list[str]:
        """What is not as ``want`` says."""
        return self._loop.run_until_complete(self._run(case, want))

    async def _run(self, case: Case, want: Document) -> list[str]:
        profile = case["profile"]
        if profile not in self._servers:
            self._servers[profile] = self._judge.Server(binary(), profile)
        url = self._servers[profile].url
        async with _admin(url, **self._judge.ADMIN.get(profile, {})) as admin, _listeners() as places:
            steps = copy.deepcopy(case["setup"])
            if profile != "nojs":
                await self._judge.wipe(admin)
            await self._judge.setup(admin, steps)
            env = {"$URL": url, "$HOST": url.removeprefix("nats://"), **places}
            given = self._judge.expand({key: case.get(key) for key in ("config", "variables", "secrets")}, env)
            begin = time.monotonic()
            result = await asyncio.wait_for(self._dispatch(case, given["config"], given), 30)
            took = (time.monotonic() - begin) * 1000
            for _ in range(6):  # acknowledgements take effect a moment after the answer
                probes = case.get("probe") if profile != "nojs" else None
                state = await self._judge.probe(admin, probes) if probes else None
                found: list[str] = self._judge.judge(want, result, state, took, case.get("unordered", ()), True)
                if not any("state" in each for each in found):
                    break
                await asyncio.sleep(0.2)
            return found


@contextlib.asynccontextmanager
async def _admin(url: str, **login: str) -> AsyncIterator[Any]:
    async def quiet(*_: object) -> None:
        pass

    client = await nats.connect(url, error_cb=quiet, **login)
    try:
        yield client
    finally:
        await client.close()


@contextlib.asynccontextmanager
async def _listeners() -> AsyncIterator[dict[str, str]]:
    """What a server address may lead to: one that never says a word, one that speaks HTTP."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with (
        await asyncio.start_server(silent, "127.0.0.1") as one,
        await asyncio.start_server(http, "127.0.0.1") as two,
    ):
        yield {
            name: f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            for name, server in (("$BLACKHOLE", one), ("$HTTP", two))
        }
