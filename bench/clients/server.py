"""The nats-server of one run: the tests' own, with room for the workloads, and what it costs in CPU."""

from __future__ import annotations

import os
from pathlib import Path

from nats_server import Server
from raw_client import RawClient

CONFIG = "jetstream {max_mem: 6GB, max_file: 40GB}\nmax_payload: 8MB"


class BenchServer(Server):
    def __init__(self, cpu: int | None = None) -> None:
        before = os.sched_getaffinity(0)
        if cpu is not None:
            os.sched_setaffinity(0, {cpu})  # the server inherits it
        try:
            super().__init__(CONFIG)
        finally:
            os.sched_setaffinity(0, before)
        self.raw = RawClient(self.port)
        self.raw.must("INFO")

    @property
    def version(self) -> str:
        return str(self.raw.info["version"])

    def cpu(self) -> float:
        """CPU seconds that the server has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.raw.close()
        super().stop()
