"""Fixtures for all Python tests. A real nats-server for each test that asks for one."""

from __future__ import annotations

import importlib.metadata
import os
import signal
from collections.abc import Iterator

import pytest

from nats_server import Server, running


def _has_worker() -> bool:
    try:
        return importlib.metadata.version("noetl").startswith("4.")
    except importlib.metadata.PackageNotFoundError:
        return False


# The Python worker is NoETL 4, from Python 3.12 on: tools/test_worker.sh runs its tests in an environment of their own.
collect_ignore = [] if _has_worker() else ["worker"]


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
def server() -> Iterator[Server]:
    """A fresh one for each test. To empty a shared one is not enough: a file stream that is purged, deleted and made again
    at once gets old messages back (seen on servers 2.12 to 2.15).
    """
    with running() as started:
        yield started


# A shell starts background jobs with Ctrl-C ignored, and programs hand that on: the tests that press it need the default.
signal.signal(signal.SIGINT, signal.default_int_handler)
