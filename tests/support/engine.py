"""Runs playbooks with the real engine in each of the forms that a user has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
NOETL = [str(BIN / "noetl"), "run"]
OURS = [str(BIN / "noetl-nats"), "run"]

#: A directory name that must reach neither a shell nor the engine's templates.
HARD_NAME = 'it\'s a "q" {{ workload.url }} $(touch PWNED) `touch PWNED`'

Outcome = dict[str, Any]
Runner = Callable[..., Outcome]
Done = subprocess.CompletedProcess[str]

_PYTHON = (
    "import json, sys, noetl\n"
    "playbook, variables = json.loads(sys.stdin.read())\n"
    "print(json.dumps(noetl.run(playbook, variables=variables)))\n"
)


def environment(**extra: str) -> dict[str, str]:
    mine = ("NATS_", "NOETL_", "RUST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    return kept | {"PATH": f"{BIN}:{os.environ['PATH']}"} | extra


def execute(words: list[str], cwd: Path, stdin: str | None = None, **env: str) -> Done:
    return subprocess.run(
        words,
        cwd=cwd,
        env=environment(**env),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def settings(variables: dict[str, str]) -> list[str]:
    return [word for name, value in variables.items() for word in ("--set", f"{name}={value}")]


class Form:
    """A way to run a playbook, and where from."""

    def __init__(self, program: list[str] | None, playbooks: Path, cwd: Path) -> None:
        self.program, self.playbooks, self.cwd = program, playbooks, cwd

    def execute(self, playbook: str, **variables: str) -> Done:
        """Without judging the outcome; the outcome as JSON on standard output."""
        path = str(self.playbooks / playbook)
        if self.program is None:  # a fresh interpreter, as a program of a user would be
            return execute([sys.executable, "-c", _PYTHON], self.cwd, json.dumps([path, variables]))
        return execute([*self.program, path, "--json", *settings(variables)], self.cwd)

    def __call__(self, playbook: str, **variables: str) -> Outcome:
        done = self.execute(playbook, **variables)
        assert done.returncode == 0, done.stderr
        outcome: Outcome = json.loads(done.stdout)
        assert outcome["playbook_path"] == str(self.playbooks / playbook)
        return outcome


#: The forms that give an outcome.
FORMS: dict[str, list[str] | None] = {"noetl run --json": NOETL, "noetl.run": None, "noetl-nats run --json": OURS}


def result_of(outcome: Outcome, step: str) -> Any:
    return json.loads(outcome["step_results"][step])


def tree(directory: Path) -> dict[str, bytes]:
    """Every file below, and what is in it."""
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def written(directory: Path, steps: list[dict[str, Any]], name: str = "playbook", **top: Any) -> Path:
    """A playbook file with these steps; JSON, so that no text in it depends on quoting."""
    document = {"apiVersion": "noetl.io/v2", "kind": "Playbook", "metadata": {"name": name}, **top, "workflow": steps}
    path = directory / f"{name}.yaml"
    path.write_text(json.dumps(document, ensure_ascii=False))
    return path


def to(*steps: str) -> dict[str, Any]:
    """The `next` of a step."""
    return {"arcs": [{"step": step} for step in steps]}
