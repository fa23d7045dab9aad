"""Fixtures for all Python tests. Every worker of pytest has one real nats-server; it is empty when a test begins."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest

import noetl_nats as nn
from nats_server import Server, running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    server = getattr(item, "funcargs", {}).get("server")
    if report.when == "call" and report.failed and isinstance(server, Server):
        report.sections.append(("nats-server log", server.log[-10_000:]))
    return report


@pytest.fixture(scope="session", autouse=True)
def _plain_environment() -> Iterator[None]:
    """Nothing of the person who runs the tests reaches them: no server, login or context of theirs."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("NATS_", "NOETL_")) and name != "NOETL_NATS_TEST_SERVER":
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def worker_server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def server(worker_server: Server) -> Server:
    """The worker's server, without any stream."""
    with nn.connect(worker_server.url) as nats:
        for name in json.loads(nats.request("$JS.API.STREAM.NAMES").data)["streams"] or []:
            nats.request(f"$JS.API.STREAM.DELETE.{name}")
    return worker_server
