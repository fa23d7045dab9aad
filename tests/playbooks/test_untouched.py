"""What has no nats step to run is the engine's: the same bytes with the hook as without it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from engine import BIN, Done, execute, to, written

NOETL = str(BIN / "noetl")
TIMES = re.compile(r'"(started_at|completed_at|duration_seconds)": [^,\n]+')


def compared(words: list[str], cwd: Path, *, any_reason: bool = False, **env: str) -> Done:
    """With and without the hook; the first of both. Why it fails may be told in other words with ``any_reason``."""
    both = [execute([NOETL, *words], cwd, **env, **hook) for hook in ({}, {"NOETL_NATS_HOOK": "0"})]
    seen = [(done.returncode, TIMES.sub(r'"\1": 0', done.stdout), TIMES.sub(r'"\1": 0', done.stderr)) for done in both]
    if any_reason and both[1].returncode != 0:
        seen = [(*each[:2], "") for each in seen]
    assert seen[0] == seen[1]
    return both[0]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose current context is a distributed one where nobody listens; another one is local."""
    (tmp_path / ".noetl").mkdir()
    (tmp_path / ".noetl" / "config.yaml").write_text(
        "current_context: far\ncontexts:\n"
        "  far: {server_url: 'http://127.0.0.1:1', runtime: distributed}\n"
        "  near: {server_url: 'http://127.0.0.1:1', runtime: local}\n"
    )
    return tmp_path


@pytest.fixture
def plain(tmp_path: Path) -> str:
    """It names nats, but no step is of that kind."""
    steps = [
        {"step": "a", "desc": "not kind: nats", "tool": {"kind": "shell", "cmds": ["echo nats {{ workload.x }}"]}, "next": to("b")},
        {"step": "b", "tool": {"kind": "playbook", "path": "child.yaml", "args": {"y": "1"}}, "next": to("c")},
        {"step": "c", "tool": {"kind": "no-such-kind"}},
    ]  # fmt: skip
    written(tmp_path, [{"step": "d", "tool": {"kind": "rhai", "code": "1 + 1"}}], "child")
    return str(written(tmp_path, steps, "plain", workload={"x": "nats"}))


@pytest.fixture
def native(tmp_path: Path) -> str:
    """Its nats step would fail at once: nobody listens."""
    tool = {"kind": "nats", "url": "nats://127.0.0.1:1", "operation": "ping"}
    return str(written(tmp_path, [{"step": "a", "tool": tool}], "native"))


OPTIONS = [
    [],
    ["--json"],
    ["-v"],
    ["-vj"],
    ["--dry-run"],
    ["--set", "x=1", "--set", "novalue"],
    ["--payload", '{"x": [1]}'],
    ["--payload", "[]"],
    ["-t", "c"],
    ["-t", "nope"],
    ["--no-such-option"],
    ["-r=local"],
    ["--runtime", "auto"],
    ["-r", "distributed", "--endpoint", "http://127.0.0.1:1"],
    ["-r"],
    ["another-word"],
]


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_no_nats_step(tmp_path: Path, plain: str, options: list[str]) -> None:
    compared(["run", plain, *options], tmp_path)


@pytest.mark.parametrize(
    "words", [["run", "plain"], ["exec", "plain"], ["run", "./plain.yaml"], ["run"], ["--version"], []]
)
def test_references(tmp_path: Path, plain: str, words: list[str]) -> None:
    assert plain == str(tmp_path / "plain.yaml")
    compared(words, tmp_path)


def test_a_file_that_is_no_playbook(tmp_path: Path) -> None:
    for name, text in (("b.yaml", "- nats\n"), ("c.yaml", ""), ("d.yaml", "\xff nats")):
        (tmp_path / name).write_bytes(text.encode("latin-1"))
        compared(["run", name], tmp_path, any_reason=True)


HEAD = "apiVersion: noetl.io/v2\nkind: Playbook\nmetadata: {name: odd}\n"
STEP = "workflow:\n  - {step: a, tool: {kind: shell, cmds: ['echo nats']}}\n"


@pytest.mark.parametrize(
    "text",
    [
        "%YAML 1.2\n---\n" + HEAD + STEP,
        HEAD + STEP + "---\nmore: 1\n",
        HEAD + STEP + "...\n",
        "\ufeff" + HEAD + STEP,
        (HEAD + STEP).replace("\n", "\r\n"),
        HEAD + "workload: &w {x: 1}\nother: *w\n" + STEP,
        HEAD + "workload: {<<: {x: 1}, y: 2}\n" + STEP,
        HEAD + "workload: {x: !!str 1, y: !tag z, z: !!binary aGk=}\n" + STEP,
        HEAD + "workload: {x: 1, x: 2}\n" + STEP,
        HEAD + "workload: {1: a, true: b, null: c, [k]: d, 1.5: e}\n" + STEP,
        HEAD + "workload:\n  ? complex\n  : value\n" + STEP,
        HEAD + "workload: {x: |-\n}\n" + STEP,
        HEAD + "workload:\n\tx: 1\n" + STEP,
        HEAD + "workload: {x: 'a\n\n  b', y: \"\\x41\\u00e9\\U0001F600\\L\"}\n" + STEP,
        HEAD + "workload: {big: 99999999999999999999, inf: .inf, nan: .nan, d: 2026-01-02}\n" + STEP,
        HEAD + "workload: {x: \x7f}\n" + STEP,
        HEAD + "workload: {x: \x01}\n" + STEP,
        HEAD + "workload:\n  x: >+\n    folded\n    text\n\n" + STEP,
        HEAD + "workflow: nats\n",
        HEAD + "workflow: [nats, {step: 1}, {tool: nats}]\n",
        HEAD + "workflow: []\n# nats\n",
        "nats\n",
    ],
)
def test_yaml_that_only_the_engine_may_know(tmp_path: Path, text: str) -> None:
    """Without a nats step it must not matter whether we can read it."""
    (tmp_path / "odd.yaml").write_bytes(text.encode())
    compared(["run", "odd.yaml", "--json"], tmp_path, any_reason=True)


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--help"],
        ["run", "{native}", "--help"],
        ["run", "{native}", "-h"],
        ["run", "{native}", "-r", "distributed", "--endpoint", "http://127.0.0.1:1"],
        ["run", "{native}", "-r=distributed", "--endpoint=http://127.0.0.1:1"],
        ["--context", "far", "run", "{native}", "--endpoint", "http://127.0.0.1:1"],
        ["run", "{native}", "--endpoint", "http://127.0.0.1:1"],
        ["run", "catalog://native"],
        ["run", "pbk_native"],
        ["run", "a-word-of-more-than-twenty-characters"],
        ["run", "no/such/file"],
        ["catalog", "--help"],
    ],
    ids=" ".join,
)
def test_nats_steps_that_are_not_run_here(home: Path, native: str, words: list[str]) -> None:
    """Distributed runs, the catalog, help."""
    written(home, json.loads(Path(native).read_text())["workflow"], "a-word-of-more-than-twenty-characters")
    done = compared([word.format(native=native) for word in words], home, HOME=str(home))
    assert "✗ nats" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [["run", "{native}", "-r", "local"], ["--context", "near", "run", "{native}"], ["exec", "{native}", "-rlocal"]],
    ids=" ".join,
)
def test_a_local_run_is_ours_whatever_the_context(home: Path, native: str, words: list[str]) -> None:
    done = execute([NOETL, *(word.format(native=native) for word in words)], home, HOME=str(home))
    assert done.returncode == 1
    assert "✗ nats: a: " in done.stderr


@pytest.mark.parametrize("options", [["--no-such-option"], ["another-word"], ["-x"]], ids=" ".join)
def test_an_unknown_option_never_runs_nats_steps_as_if_they_were_none(
    tmp_path: Path, native: str, options: list[str]
) -> None:
    done = execute([NOETL, "run", native, *options], tmp_path)
    assert done.returncode != 0
    assert "Tool not supported" not in done.stderr


def test_dry_run_says_what_the_nats_steps_would_do(tmp_path: Path, native: str) -> None:
    done = execute([NOETL, "run", native, "--dry-run"], tmp_path)
    engine = execute([NOETL, "run", native, "--dry-run"], tmp_path, NOETL_NATS_HOOK="0")
    assert done.returncode == 0
    assert done.stdout.startswith(engine.stdout)
    assert "ping" in done.stdout + done.stderr


def test_without_the_hook_the_engine_is_as_it_was(tmp_path: Path, native: str) -> None:
    done = execute([NOETL, "run", native], tmp_path, NOETL_NATS_HOOK="0")
    assert done.returncode == 0
    assert "Tool not supported in local execution mode" in done.stderr


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("noetl.run('no-such.yaml')", "ValueError: playbook not found: no-such.yaml"),
        ("noetl.run('plain.yaml', runtime='distributed')", "ValueError"),
        ("noetl.run('plain.yaml', nonsense=1)", "TypeError"),
        ("print(noetl.run('plain.yaml', variables={'x': [1, None]})['step_results'])", ""),
        ("print(noetl.run('plain.yaml', None, {'x': 1}))", ""),
        ("print(noetl.run(playbook='plain.yaml')['playbook_path'])", ""),
        ("import inspect; print(inspect.signature(noetl.run), noetl.run.__name__, noetl.run.__module__)", ""),
        ("print(noetl.cli(['--version']))", ""),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("plain")
def test_noetl_from_python(tmp_path: Path, call: str, says: str) -> None:
    program = [sys.executable, "-c", f"import noetl; {call}"]
    both = [execute(program, tmp_path, **hook) for hook in ({}, {"NOETL_NATS_HOOK": "0"})]
    last = [done.stderr.strip().splitlines()[-1:] for done in both]
    assert (both[0].returncode, last[0]) == (both[1].returncode, last[1])
    assert says in both[0].stderr
    assert re.sub(r"'(started_at|completed_at|duration_seconds)': [^,}]+", "", both[0].stdout) == re.sub(
        r"'(started_at|completed_at|duration_seconds)': [^,}]+", "", both[1].stdout
    )


@pytest.mark.parametrize("temporary", ["/nonexistent", "/proc"])
@pytest.mark.parametrize("playbook", ["plain", "child"])
def test_no_directory_for_temporary_files(tmp_path: Path, plain: str, playbook: str, temporary: str) -> None:
    """Only a run with nats steps needs one."""
    compared(["run", str(Path(plain).with_name(f"{playbook}.yaml"))], tmp_path, TMPDIR=temporary)
