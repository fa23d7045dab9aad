"""The import hook and layouts of NoETL: made-up ones here, the real ones in tests/playbooks (5.x) and tests/worker (4.x)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import noetl_nats as nn

NATS_STEP = "workflow:\n- step: start\n  tool: {kind: nats, operation: ping, url: nats://127.0.0.1:1}\n"
OTHER_STEP = "workflow:\n- step: start\n  tool: {kind: shell, cmds: 'true'}\n"


class Layout:
    """A package noetl with the given version and files, before any other on the path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "nats.yaml").write_text(NATS_STEP)
        (folder / "other.yaml").write_text(OTHER_STEP)

    def write(self, version: str, **files: str) -> None:
        about = self.folder / f"noetl-{version}.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: noetl\nVersion: {version}\n")
        for name, text in files.items():
            path = self.folder / "noetl" / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for folder in [path for path in (self.folder / "noetl").rglob("*") if path.is_dir()] + [self.folder / "noetl"]:
            (folder / "init.py").rename(folder / "__init__.py")

    def program(self, text: str, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", text, *words],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(self.folder)} | env,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


WORKER = {
    "init": "'''NoETL package root.'''",
    "main": "def main(): ...",
    "tools__init": "",
    "tools__nats__init": "from .executor import execute_nats_task",
    "tools__nats__executor": "async def execute_nats_task(task_config, context, jinja_env, task_with=None): return 'own'",
}
ASK = """
import asyncio, sys
import noetl
assert "noetl_nats" not in sys.modules
from noetl.tools.nats.executor import execute_nats_task as one
from noetl.tools.nats import execute_nats_task as two
assert one is two
for each in (one, two):
    print(asyncio.run(each({"operation": "say", "text": "ours"}, {}, None, {"operation": "say", "text": "ours"})))
"""


def test_the_workers_tool_is_ours(layout: Layout) -> None:
    layout.write("4.26.0", **WORKER)
    done = layout.program(ASK)
    assert done.stdout.count("'text': 'ours'") == 2, done.stderr
    assert not done.stderr


def test_turned_off_the_workers_tool_is_its_own(layout: Layout) -> None:
    layout.write("4.26.0", **WORKER)
    assert layout.program(ASK, NOETL_NATS_HOOK="0").stdout == "own\nown\n"


def test_broken_it_says_so_once_and_the_worker_uses_its_own_tool(layout: Layout) -> None:
    layout.write("4.26.0", **WORKER)
    (layout.folder / "noetl_nats").mkdir()
    (layout.folder / "noetl_nats/__init__.py").write_text("from . import _core")
    done = layout.program(ASK)
    assert done.stdout == "own\nown\n"
    assert done.stderr.count("noetl-nats does not work: ImportError") == 1


def test_a_tool_of_another_make_stays(layout: Layout) -> None:
    layout.write("4.99.0", **WORKER | {"tools__nats__executor": "def execute_nats_task(task): return 'own'"})
    done = layout.program("from noetl.tools.nats import execute_nats_task; print(execute_nats_task({}))")
    assert done.stdout == "own\n"
    assert done.stderr == "the worker keeps its own nats tool: the one of noetl 4.99.0 is not known\n"


@pytest.mark.parametrize("version", ["0.1.21", "3.0.0"])
def test_old_ones_are_left_alone(layout: Layout, version: str) -> None:
    layout.write(version, init="value = 1")
    done = layout.program("import noetl; print(noetl.value)")
    assert (done.stdout, done.stderr) == ("1\n", "")


UNKNOWN = "def main(args=None): return 0\ndef run(playbook, *, fast=False): return 'ran'\n"


@pytest.mark.parametrize(
    ("call", "refused"),
    [
        ("noetl.run('other.yaml', fast=True)", False),
        ("noetl.run('nats.yaml')", True),
        ("noetl.run(playbook='nats')", True),
        ("noetl.main(['run', 'other.yaml'])", False),
        ("noetl.main(['run', 'nats.yaml'])", True),
        ("noetl.main()", True),
    ],
)
def test_an_unknown_engine_refuses_nats_steps(layout: Layout, call: str, refused: bool) -> None:
    layout.write("6.0.0", init=UNKNOWN)
    done = layout.program(f"import noetl; print({call})", "run", "nats.yaml")
    assert done.returncode == int(refused)
    assert done.stderr.count("noetl-nats does not know noetl 6.0.0: it refuses") == 1
    assert ("nats.yaml has nats steps" in done.stderr) == refused
    assert layout.program(f"import noetl; print({call})", "run", "nats.yaml", NOETL_NATS_HOOK="0").stderr == ""


def test_an_engine_without_any_known_entry_refuses_on_its_command_line(layout: Layout) -> None:
    layout.write("6.0.0", init="", app="def start(): print('ran')")
    script = layout.folder / "noetl-script"
    script.write_text("from noetl.app import start; start()")
    for name, ran in (("other.yaml", "ran\n"), ("nats.yaml", "")):
        done = layout.program("import runpy, sys; sys.argv[0] = 'noetl'; runpy.run_path('noetl-script')", "run", name)
        assert done.stdout == ran
        assert ("nats.yaml has nats steps" in done.stderr) != bool(ran)


def test_a_fault_of_the_hook_leaves_noetl_importable(layout: Layout) -> None:
    layout.write(
        "6.0.0", init="class Odd(type):\n  def __call__(c): pass\ndef __getattr__(name): raise RuntimeError(name)"
    )
    done = layout.program("import noetl; print('here')")
    assert done.stdout == "here\n"
    assert done.stderr.startswith("noetl stays as it is, the import hook failed: RuntimeError: ")


def test_the_hook_is_where_python_looks_for_it() -> None:
    root = Path(nn.__file__).parents[1]
    assert (root / "noetl_nats.pth").exists()
    assert (root / "_noetl_nats_hook.py").exists()


def test_an_untested_version_of_the_engine_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "say.yaml").write_text(
        "metadata: {name: s, path: s}\nkind: Playbook\napiVersion: noetl.io/v2\n"
        "workflow:\n- step: start\n  tool: {kind: nats, operation: say, text: hello}\n"
    )
    program = "import noetl; noetl.__version__ = '9.0.0'; [noetl.run('say.yaml') for _ in range(2)]; print(noetl.cli(['run', 'say.yaml']))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("tested with noetl 5.3.x, this is 9.0.0") == 1
    assert done.stderr.count("hello") == 1  # the two calls were quiet
