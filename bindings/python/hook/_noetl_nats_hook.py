"""Makes ``kind: nats`` steps work in plain ``noetl run`` and ``noetl.run()``.

Loaded by noetl_nats.pth when something imports ``noetl``. It wraps ``noetl.cli``, ``noetl.main`` and ``noetl.run``; a call
that concerns no NATS step costs one look at the playbook's bytes. ``NOETL_NATS_HOOK=0`` turns it off.

A broken noetl-nats must not break ``noetl``: other playbooks run, those with NATS steps are refused (the engine would skip
the steps and report success).
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys

_REFERENCE_ENDINGS = ("", ".yaml", ".yml")
_NATS_STEP = re.compile(rb"""["']?kind["']?\s*:\s*["']?nats\b""")


def spec(finder):
    """The spec of noetl, with a loader that patches the module once it has run."""
    sys.meta_path.remove(finder)
    found = importlib.util.find_spec("noetl")
    if found is not None and found.loader is not None:
        execute = found.loader.exec_module

        def exec_module(module):
            execute(module)
            patch(module)

        found.loader.exec_module = exec_module
    return found


def patch(noetl):
    """Wraps the entry points. They stay wrapped: other threads may be running playbooks."""
    engine_cli, engine_run = noetl.cli, noetl.run

    def cli(args=None):
        argv = sys.argv[1:] if args is None else [str(arg) for arg in args]
        if not (_enabled() and ("run" in argv or "exec" in argv) and any(map(_may_have_steps, argv))):
            return engine_cli(args)
        route = _route(argv)
        if route is None:
            return engine_cli(args)
        return route if isinstance(route, int) else route.cli(engine_cli, argv)

    def run(playbook, **options):
        if not (_enabled() and options.get("runtime", "local") == "local" and _may_have_steps(os.fspath(playbook))):
            return engine_run(playbook, **options)
        route = _route([os.fspath(playbook)])
        if route is None:
            return engine_run(playbook, **options)
        if isinstance(route, int):
            raise RuntimeError(f"{playbook} has nats steps and noetl-nats does not work; see the message above")
        return route.run(engine_run, noetl, playbook, options)

    cli.__doc__, run.__doc__ = engine_cli.__doc__, engine_run.__doc__
    noetl.cli, noetl.run, noetl.main = cli, run, lambda: cli()
    noetl.__noetl_nats__ = True


def _enabled():
    return os.environ.get("NOETL_NATS_HOOK") != "0"


def _candidates(word):
    if word.startswith("-"):
        return []
    names = [word + ending for ending in _REFERENCE_ENDINGS] + [
        f"automation/{word}{ending}" for ending in (".yaml", ".yml")
    ]
    if "/" not in word:
        names.append("noetl.yaml")
    return names


def _bytes_of(name):
    try:
        with open(name, "rb") as file:  # noqa: PTH123 - pathlib costs more than this whole check
            return file.read()
    except (OSError, ValueError):
        return b""


def _may_have_steps(word):
    """Whether a file that the word may mean names nats, or a playbook that may."""
    return any(
        b"nats" in text or b"playbook" in text.replace(b"Playbook", b"") for text in map(_bytes_of, _candidates(word))
    )


def _route(words):
    """The module that runs playbooks; None: not needed, 1: broken, and a playbook needs it."""
    try:
        from noetl_nats import _noetl
    except Exception as problem:
        needed = [name for word in words for name in _candidates(word) if _NATS_STEP.search(_bytes_of(name))]
        what = f"noetl-nats does not work: {type(problem).__name__}: {problem}"
        if not needed:
            print(f"{what}\nhint: playbooks without nats steps run all the same; reinstall noetl-nats", file=sys.stderr)
            return None
        hint = "hint: reinstall noetl-nats; NOETL_NATS_HOOK=0 runs noetl without it"
        print(f"Error: {needed[0]} has nats steps and {what}\n{hint}", file=sys.stderr)
        return 1
    return _noetl
