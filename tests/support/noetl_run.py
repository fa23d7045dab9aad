"""Runs playbooks with the real `noetl run`, in a clean environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent


def environment(**extra: str) -> dict[str, str]:
    """Ours without what configures NATS, NoETL or Rust; the programs of this Python come first."""
    mine = ("NATS_", "NOETL_", "RUST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    return kept | {"PATH": f"{BIN}:{os.environ['PATH']}"} | extra


def noetl_run(playbook: Path, *options: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / "noetl"), "run", str(playbook), *options],
        cwd=cwd,
        env=environment(**env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class Outcome:
    """What `noetl run --json` says; `outcome["step"]` is the result of a step, parsed where it is JSON."""

    def __init__(self, text: str) -> None:
        self.document: dict[str, Any] = json.loads(text)
        self.steps: list[str] = self.document["executed_steps"]

    def __getitem__(self, step: str) -> Any:
        text = self.document["step_results"][step]
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return text


def outcome_of(playbook: Path, *options: str, cwd: Path, **env: str) -> Outcome:
    """The outcome of a run that must succeed."""
    done = noetl_run(playbook, "--json", *options, cwd=cwd, **env)
    assert done.returncode == 0, done.stderr
    return Outcome(done.stdout)
