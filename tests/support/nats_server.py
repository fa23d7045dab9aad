"""A real nats-server for tests: its own folder, a random port, its log shown when a test fails."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

JETSTREAM = "jetstream {max_mem: 256MB, max_file: 2GB}"


def binary() -> str:
    """$NOETL_NATS_TEST_SERVER, else .venv/bin/nats-server of this checkout, else PATH. Missing: the test fails."""
    given = os.environ.get("NOETL_NATS_TEST_SERVER")
    if given:
        return given
    local = Path(__file__).resolve().parents[2] / ".venv/bin/nats-server"
    found = str(local) if local.exists() else shutil.which("nats-server")
    assert found, "nats-server is missing: run make setup, or set NOETL_NATS_TEST_SERVER"
    return found


def eventually(condition: Callable[[], object], *, within: float = 10.0, what: str = "the condition") -> None:
    """Waits until ``condition()`` is true; fails with ``what`` when it does not become so in time."""
    until = time.monotonic() + within
    while not condition():
        assert time.monotonic() < until, f"not within {within} s: {what}"
        time.sleep(0.01)


class Server:
    """Started by the constructor; takes clients when that returns."""

    def __init__(self, config: str = JETSTREAM) -> None:
        self.dir = Path(tempfile.mkdtemp(prefix="noetl-nats-test-"))
        self.config = config
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        path = self.dir / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Starts; again on the same port with the same data after `kill`."""
        for old in self.dir.glob("*.ports"):
            old.unlink()
        store = json.dumps(str(self.dir / "js"))
        config = self.config.replace("jetstream {", f"jetstream {{store_dir: {store}, ")
        path = self.dir / "server.conf"
        path.write_text(
            f'listen: "127.0.0.1:{self.port or -1}"\nserver_name: test\nhttp: "127.0.0.1:-1"\n'
            f"ports_file_dir: {json.dumps(str(self.dir))}\nlogfile: {json.dumps(str(self.dir / 'log'))}\n{config}\n"
        )
        self._process = subprocess.Popen([binary(), "-c", str(path)])
        eventually(self._ready, what=f"nats-server is up\n{self.log}")

    def kill(self) -> None:
        """kill -9."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        self._signal(signal.SIGKILL)
        shutil.rmtree(self.dir, ignore_errors=True)

    def _signal(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None

    def _ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"nats-server ended:\n{self.log}"
        for path in self.dir.glob("*.ports"):
            with contextlib.suppress(json.JSONDecodeError):  # half written
                ports = json.loads(path.read_text())
                self.port = int(ports["nats"][0].rsplit(":", 1)[1])
                return True
        return False


@contextlib.contextmanager
def running(config: str = JETSTREAM) -> Iterator[Server]:
    server = Server(config)
    try:
        yield server
    finally:
        server.stop()
