"""A plugin that does not work: noetl goes on, says so once, and never skips a nats step."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

import pytest

import noetl_nats as nn
from engine import BIN, Done, execute, to, written

NOETL = str(BIN / "noetl")
SITE = Path(sysconfig.get_path("purelib"))
SAYS = "noetl-nats does not work: "

DAMAGE = {
    "missing library": ("_core", None),
    "library of another build": ("_core", "raise ImportError('wrong ELF class')"),
    "missing module": ("_noetl", None),
    "syntax error": ("_noetl", "def ("),
    "exception": ("_noetl", "raise RuntimeError('out of order')"),
}


@pytest.fixture(params=DAMAGE)
def shadow(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the package in front of the installed one, damaged."""
    module, content = DAMAGE[request.param]
    package = tmp_path / "shadow" / "noetl_nats"
    shutil.copytree(Path(nn.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    for path in package.glob(f"{module}.*"):
        path.unlink()
    if content is not None:
        (package / f"{module}.py").write_text(content)
    return package.parent


@pytest.fixture
def native(tmp_path: Path) -> Path:
    before = {"step": "before", "tool": {"kind": "shell", "cmds": ["touch BEFORE"]}, "next": to("ask")}
    tool = {"kind": "nats", "url": "nats://127.0.0.1:1", "operation": "ping"}
    return written(tmp_path, [before, {"step": "ask", "tool": tool}], "native")


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """It names nats, so the plugin would look at it."""
    return written(tmp_path, [{"step": "a", "tool": {"kind": "shell", "cmds": ["echo nats"]}}], "plain")


def run(shadow: Path, *words: object) -> Done:
    return execute([NOETL, "run", *map(str, words)], shadow.parent, PYTHONPATH=str(shadow))


def test_a_playbook_that_does_not_need_it(shadow: Path, plain: Path) -> None:
    done = run(shadow, plain, "--json")
    assert done.returncode == 0, done.stderr
    assert '"final_result": "nats"' in done.stdout
    assert done.stderr.count(SAYS) == 1


def test_a_playbook_that_does_not_mention_it_hears_nothing(shadow: Path, tmp_path: Path) -> None:
    path = written(tmp_path, [{"step": "a", "tool": {"kind": "shell", "cmds": ["echo hi"]}}], "other")
    done = run(shadow, path)
    assert done.returncode == 0, done.stderr
    assert SAYS not in done.stderr


def test_nats_steps_are_refused(shadow: Path, native: Path, tmp_path: Path) -> None:
    done = run(shadow, native)
    assert done.returncode == 1
    assert done.stderr.count(SAYS) == 1
    assert str(native) in done.stderr
    assert not (tmp_path / "BEFORE").exists()


@pytest.mark.parametrize(
    "text",
    [
        "workflow:\n  - step: a\n    tool:\n      kind: nats\n      operation: ping\n",
        "workflow:\n  - step: a\n    tool: {kind: 'nats', operation: ping}\n",
        "workflow:\n  - step: a\n    tool: {kind:   \"nats\" , operation: ping}\n",
        "workflow:\n  - step: a\n    tool: {\"kind\" : nats, operation: ping}\n",
        "workflow:\n  - step: a\n    tool:\n      kind:\n        nats\n      operation: ping\n",
        "workflow:\n  - step: a\n    tool:\n      ? kind\n      : nats\n      operation: ping\n",
        "workflow:\n  - step: a\n    tool: {kind: !!str nats, operation: ping}\n",
        "workflow:\n  - step: a\n    tool: {kind: &k nats, operation: ping}\n",
        "workload: {k: &k nats}\nworkflow:\n  - step: a\n    tool: {kind: *k, operation: ping}\n",
        "workflow:\n  - step: a\n    tool: {kind: >-\n      nats\n      , operation: ping}\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("works", [True, False], ids=["works", "broken"])
def test_every_spelling_of_a_nats_step_is_seen(tmp_path: Path, text: str, works: bool) -> None:
    """Exit 0 would mean that the engine has skipped the step."""
    path = tmp_path / "spelt.yaml"
    path.write_text("apiVersion: noetl.io/v2\nkind: Playbook\nmetadata: {name: spelt}\n" + text)
    package = tmp_path / "shadow" / "noetl_nats"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('gone')")
    env = {} if works else {"PYTHONPATH": str(package.parent)}
    done = execute(
        [NOETL, "run", str(path), "--set", "url=nats://127.0.0.1:1"], tmp_path, NATS_URL="nats://127.0.0.1:1", **env
    )
    assert done.returncode == 1, done.stderr


def test_nats_steps_in_a_sub_playbook_are_refused(shadow: Path, native: Path, tmp_path: Path) -> None:
    step = {"step": "call", "tool": {"kind": "playbook", "path": native.name}}
    done = run(shadow, written(tmp_path, [step], "parent"))
    assert done.returncode == 1
    assert SAYS in done.stderr
    assert not (tmp_path / "BEFORE").exists()


def test_from_python(shadow: Path, native: Path, plain: Path) -> None:
    program = (
        f"import noetl\nprint(noetl.run({str(plain)!r})['final_result'])\n"
        f"try:\n    noetl.run({str(native)!r})\nexcept RuntimeError as problem:\n    print(type(problem).__name__)\n"
    )
    done = execute([sys.executable, "-c", program], shadow.parent, PYTHONPATH=str(shadow))
    assert (done.returncode, done.stdout) == (0, "nats\nRuntimeError\n"), done.stderr


@pytest.mark.parametrize(
    "damage", ["raise RuntimeError('x')", "def (", "import no_such_module", "def spec(finder):\n    raise KeyError\n"]
)
def test_a_hook_module_that_fails(tmp_path: Path, plain: Path, damage: str) -> None:
    """The last line of defence is the .pth line: an import of noetl never fails because of it."""
    shadow = tmp_path / "hook"
    shadow.mkdir()
    (shadow / "_noetl_nats_hook.py").write_text(damage)
    done = run(shadow, plain)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_the_program_is_missing(tmp_path: Path, native: Path, plain: Path) -> None:
    """The wheel's program was removed, or is not executable."""
    program = (
        "import sys, noetl, noetl_nats._noetl as route\n"
        "def gone(): raise RuntimeError('the program noetl-nats is not beside this Python: reinstall noetl-nats')\n"
        "route.executable = gone\nsys.exit(noetl.cli(['run', sys.argv[1]]))\n"
    )
    done = execute([sys.executable, "-c", program, str(native)], tmp_path)
    assert done.returncode == 1
    assert "reinstall noetl-nats" in done.stderr
    assert not (tmp_path / "BEFORE").exists()
    assert execute([sys.executable, "-c", program, str(plain)], tmp_path).returncode == 0


def test_noetl_is_wrapped_once() -> None:
    """In a virtual environment Python reads .pth files twice."""
    program = "import noetl; print(any(getattr(c.cell_contents, '__module__', '') == noetl.cli.__module__ for c in noetl.cli.__closure__))"
    done = execute([sys.executable, "-c", program], Path.cwd())
    assert done.stdout == "False\n", done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_playbook(tmp_path: Path, native: Path) -> None:
    native.chmod(0)
    assert execute([NOETL, "run", str(native)], tmp_path).returncode == 1
