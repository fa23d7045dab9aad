"""Runs side by side, runs that are cut short, and what they leave behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import noetl_nats as nn
from engine import NOETL, OURS, environment, execute, settings, to, written
from nats_server import Server, eventually, running

PREFIX = "noetl-nats-run-"
PROGRAMS = pytest.mark.parametrize("program", [NOETL, OURS], ids=["noetl run", "noetl-nats run"])


@pytest.fixture(scope="module")
def shared() -> Iterator[Server]:
    with running() as server:
        nn.run("kv_bucket_apply", {"url": server.url, "bucket": "B"})
        nn.run("stream_apply", {"url": server.url, "stream": "W", "config": {"subjects": ["w.>"]}})
        nn.run("consumer_apply", {"url": server.url, "stream": "W", "consumer": "c"})
        yield server


def value(server: Server, key: str) -> object:
    return nn.run("kv_get", {"url": server.url, "bucket": "B", "key": key})["value"]


def copies(directory: Path, server: Server) -> Path:
    """Puts `who`, reads it back, puts what was read; a shell step in between."""
    where = {"kind": "nats", "url": server.url, "bucket": "B"}
    steps = [
        {
            "step": "put",
            "tool": {**where, "operation": "kv_put", "key": "a.{{ workload.who }}", "value": "{{ workload.who }}"},
        },
        {"step": "get", "tool": {**where, "operation": "kv_get", "key": "a.{{ workload.who }}"}},
        {"step": "show", "tool": {"kind": "shell", "cmds": ["echo '{{ get.value }}'"]}},
        {
            "step": "copy",
            "tool": {**where, "operation": "kv_put", "key": "b.{{ workload.who }}", "value": "{{ show.result }}"},
        },
    ]
    for step, following in zip(steps, steps[1:]):
        step["next"] = to(str(following["step"]))
    return written(directory, steps)


THREADS = """
import json, noetl, sys, threading
path, failed = sys.argv[1], []
def work(name):
    for i in range(5):
        who = f"{name}{i}"
        outcome = noetl.run(path, variables={"who": who})
        if outcome["step_results"]["show"] != who or outcome["playbook_path"] != path:
            failed.append((who, outcome))
threads = [threading.Thread(target=work, args=(f"thread{n}x",)) for n in range(4)]
[each.start() for each in threads]
[each.join() for each in threads]
print(json.dumps(failed))
"""


def test_four_threads_with_variables_of_their_own(tmp_path: Path, shared: Server) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    words = [sys.executable, "-c", THREADS, str(copies(tmp_path, shared))]
    done = execute(words, tmp_path, TMPDIR=str(temporary))
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")
    for n in range(4):
        assert value(shared, f"b.thread{n}x4") == f"thread{n}x4"
    assert list(temporary.iterdir()) == []


def start(words: list[str], cwd: Path, **env: str) -> subprocess.Popen[str]:
    """A process group of its own, as a shell gives each command."""
    return subprocess.Popen(
        words,
        cwd=cwd,
        env=environment(**env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_processes_in_one_directory(tmp_path: Path, shared: Server) -> None:
    path = str(copies(tmp_path, shared))
    programs = [NOETL, OURS, NOETL, OURS]
    started = [start([*each, path, "--json", *settings({"who": f"p{i}"})], tmp_path) for i, each in enumerate(programs)]
    for i, process in enumerate(started):
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert json.loads(out)["step_results"]["show"] == f"p{i}"
        assert value(shared, f"b.p{i}") == f"p{i}"


def waiting(directory: Path, server: Server) -> Path:
    """Fetches from a consumer where nothing is, for a minute; then leaves a file."""
    tool = {"kind": "nats", "url": server.url, "operation": "js_consume", "stream": "W", "consumer": "c"}
    steps = [
        {"step": "wait", "tool": {**tool, "batch": 5, "duration_ms": 60_000, "ack": False}, "next": to("after")},
        {"step": "after", "tool": {"kind": "shell", "cmds": ["touch AFTER"]}},
    ]
    return written(directory, steps, "waiting")


def is_waiting(server: Server) -> bool:
    info = nn.run("consumer_info", {"url": server.url, "stream": "W", "consumer": "c"})
    return bool(info.get("num_waiting", info.get("info", {}).get("num_waiting", 0)))


def run_directories(temporary: Path) -> list[str]:
    return sorted(path.name for path in temporary.iterdir() if path.name.startswith(PREFIX))


def steps_of(temporary: Path) -> list[int]:
    """Processes that work on a run directory below."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if b"__step" in words and str(temporary).encode() in words:
            found.append(int(entry.name))
    return found


FIRST = """
import noetl, sys, threading
sys.setswitchinterval(1e-6)
start = threading.Barrier(6)
def work():
    start.wait()
    noetl.run(sys.argv[1], variables={"who": "first"})
threads = [threading.Thread(target=work) for _ in range(6)]
[each.start() for each in threads]
[each.join() for each in threads]
"""


def test_the_first_runs_of_a_process_are_made_by_threads(tmp_path: Path, shared: Server) -> None:
    path = str(copies(tmp_path, shared))
    for _ in range(6):
        done = execute([sys.executable, "-c", FIRST, path], tmp_path)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    directory = tmp_path / "tmp"
    directory.mkdir()
    return directory


@PROGRAMS
def test_control_c_in_a_step(tmp_path: Path, temporary: Path, shared: Server, program: list[str]) -> None:
    process = start([*program, str(waiting(tmp_path, shared))], tmp_path, TMPDIR=str(temporary))
    eventually(lambda: steps_of(temporary) and is_waiting(shared), what="the step waits")
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == (-signal.SIGINT if program is NOETL else 128 + signal.SIGINT), err
    eventually(lambda: not steps_of(temporary), what="the step has ended")
    assert run_directories(temporary) == []
    assert not (tmp_path / "AFTER").exists()


def test_control_c_in_noetl_run_of_python(tmp_path: Path, temporary: Path, shared: Server) -> None:
    program = f"import noetl; noetl.run({str(waiting(tmp_path, shared))!r})"
    process = start([sys.executable, "-c", program], tmp_path, TMPDIR=str(temporary))
    eventually(lambda: steps_of(temporary) and is_waiting(shared), what="the step waits")
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode != 0
    eventually(lambda: not steps_of(temporary), what="the step has ended")
    assert run_directories(temporary) == []


@PROGRAMS
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_the_next_start_sweeps(
    tmp_path: Path, temporary: Path, shared: Server, program: list[str], number: signal.Signals
) -> None:
    path = waiting(tmp_path, shared)
    process = start([*program, str(path)], tmp_path, TMPDIR=str(temporary))
    eventually(lambda: steps_of(temporary) and is_waiting(shared), what="the step waits")
    process.send_signal(number)
    process.wait(timeout=20)
    assert process.returncode != 0
    for pid in steps_of(temporary):  # nobody told the step
        os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=20)
    done = execute([*program, str(copies(tmp_path, shared)), *settings({"who": "x"})], tmp_path, TMPDIR=str(temporary))
    assert done.returncode == 0, done.stderr
    assert run_directories(temporary) == []
    assert not (tmp_path / "AFTER").exists()


@PROGRAMS
def test_a_sweep_leaves_what_lives_and_what_is_not_ours(
    tmp_path: Path, temporary: Path, shared: Server, program: list[str]
) -> None:
    alive, dead = temporary / f"{PREFIX}{os.getpid()}-abcdef", temporary / f"{PREFIX}4194300-abcdef"
    other = temporary / f"{PREFIX}4194301-file"
    alive.mkdir()
    dead.mkdir()
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").touch()
    (dead / "link").symlink_to(tmp_path / "precious")
    link = temporary / f"{PREFIX}4194302-abcdef"
    link.symlink_to(tmp_path / "precious")
    other.touch()
    done = execute([*program, str(copies(tmp_path, shared)), *settings({"who": "y"})], tmp_path, TMPDIR=str(temporary))
    assert done.returncode == 0, done.stderr
    assert alive.exists()
    assert not dead.exists()
    assert other.exists()
    assert (tmp_path / "precious" / "file").exists()


@PROGRAMS
def test_the_run_directory_is_private(tmp_path: Path, temporary: Path, shared: Server, program: list[str]) -> None:
    process = start([*program, str(waiting(tmp_path, shared))], tmp_path, TMPDIR=str(temporary))
    eventually(lambda: steps_of(temporary), what="the step runs")
    (directory,) = temporary.iterdir()
    modes = [oct(path.stat().st_mode & 0o777) for path in (directory, *directory.iterdir())]
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=20)
    assert modes[0] == "0o700"
    assert set(modes[1:]) == {"0o600"}
