"""The native programs of the benchmark: built here, run one process for each measurement."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).parent / "native"
LIMIT = 60  # seconds for one measurement
PROGRAMS: dict[str, tuple[str, list[str]]] = {
    "wire": ("wire.cpp", ["-DWITH_SHA", "-lcrypto"]),
    "wire_static": ("wire.cpp", ["-static", "-s"]),  # for the cost of a process
    "c_client": ("c_client.cpp", ["-lnats"]),
}


def build(folder: Path) -> dict[str, Path]:
    """Compiles what is older than its sources. A library that is missing only leaves out its program."""
    folder.mkdir(parents=True, exist_ok=True)
    newest = max(source.stat().st_mtime for source in SOURCES.iterdir())
    built = {}
    for name, (source, options) in PROGRAMS.items():
        path = folder / name
        if not path.exists() or path.stat().st_mtime < newest:
            compiler = os.environ.get("CXX", "c++")
            command = [compiler, "-O2", "-std=c++20", str(SOURCES / source), *options, "-o", str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"left out: {name}: {(done.stderr.strip().splitlines() or ['no compiler'])[-1]}")
                continue
        built[name] = path
    return built


def run_native(
    program: Sequence[str], op: str, params: dict[str, Any], on_ready: Callable[[], None] | None = None
) -> dict[str, Any]:
    """The last line of JSON that the program prints; "error" when it failed."""
    command = ["timeout", str(LIMIT), *program, op, *(f"{name}={value}" for name, value in params.items())]
    answer: dict[str, Any] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            if line.startswith("{"):
                answer = json.loads(line)
                if "ready" in answer and on_ready:
                    on_ready()
        message = process.stderr.read().strip()
    if process.returncode:
        return {"error": message[-300:] or f"exit {process.returncode}"}
    return answer
