"""Makes ``kind: nats`` steps work: in plain ``noetl run`` and ``noetl.run()`` (NoETL 5), and in the Python worker (NoETL 4).

Loaded by noetl_nats.pth when something imports ``noetl``. In NoETL 5 it wraps ``noetl.cli``, ``noetl.main`` and ``noetl.run``;
a call that concerns no NATS step costs one look at the playbook's bytes. In NoETL 4 it waits for ``noetl.tools.nats`` and
puts our executor in place of the worker's own. ``NOETL_NATS_HOOK=0`` turns it off.

A broken noetl-nats must not break ``noetl``, and neither must a NoETL that we do not know: other playbooks run, those with
NATS steps are refused (the engine would skip the steps and report success). The worker then serves them with its own tool.
"""

from __future__ import annotations

# These two are loaded already; anything else would cost every run of noetl milliseconds.
import os
import sys

_REFERENCE_ENDINGS = ("", ".yaml", ".yml")
_COMMANDS = {"run", "exec", "run-legacy", "subscribe"}


def spec(finder):
    """The spec of noetl, with a loader that patches the module once it has run."""
    sys.meta_path.remove(finder)
    return _then(_find("noetl"), patch)


def _find(name, path=None):
    """As importlib.util.find_spec, without that module."""
    found = (each.find_spec(name, path) for each in sys.meta_path if hasattr(each, "find_spec"))
    return next((each for each in found if each is not None), None)


def _then(found, change):
    """The spec, so that ``change`` sees the module once it has run."""
    if found is not None and found.loader is not None:
        execute = found.loader.exec_module

        def exec_module(module):
            execute(module)
            change(module)

        found.loader.exec_module = exec_module
    return found


def patch(noetl):
    """Whatever this NoETL is, it stays importable."""
    if "__noetl_nats__" in vars(noetl):
        return  # Python runs the .pth files of a virtual environment twice
    noetl.__noetl_nats__ = True
    try:
        if callable(getattr(noetl, "cli", None)) and callable(getattr(noetl, "run", None)):
            _patch_engine(noetl)
        elif hasattr(noetl, "__path__") and _find("noetl.tools", noetl.__path__) is not None:
            sys.meta_path.insert(0, WorkerTool)
        elif _enabled() and not _version().startswith(("0.", "1.", "2.", "3.", "4.")):
            _patch_unknown(noetl)
    except Exception as problem:
        _say(f"noetl stays as it is, the import hook failed: {type(problem).__name__}: {problem}")


def _patch_engine(noetl):
    """Wraps the entry points. They stay wrapped: other threads may be running playbooks."""
    engine_cli, engine_run = noetl.cli, noetl.run

    def cli(args=None):
        argv = sys.argv[1:] if args is None else [str(arg) for arg in args]
        if not (_enabled() and _COMMANDS.intersection(argv) and any(map(_may_have_steps, argv))):
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


def _has_steps(name, seen=None):
    """Whether a playbook, or one that it calls, has a NATS step: for the case that nobody is there who can read YAML."""
    import re

    seen = set() if seen is None else seen
    text = _bytes_of(name)
    if name in seen or not text:
        return False
    seen.add(name)
    if re.search(rb"""kind["']?\s*:\s*(?:[!&>|]\S*\s+)*["']?nats\b|[&!]\S+\s+["']?nats\b""", text):
        return True
    folder = os.path.dirname(name)  # noqa: PTH120
    called = re.findall(rb"""(?:path|playbook)["']?\s*:\s*["']?([^"'\s,{}]+)""", text)
    return any(_has_steps(os.path.join(folder, os.fsdecode(each)), seen) for each in called)  # noqa: PTH118


def _route(words):
    """The module that runs playbooks; None: not needed, 1: broken, and a playbook needs it."""
    try:
        from noetl_nats import _noetl
    except Exception as problem:
        needed = [name for word in words for name in _candidates(word) if _has_steps(name)]
        what = f"noetl-nats does not work: {type(problem).__name__}: {problem}"
        if not needed:
            print(f"{what}\nhint: playbooks without nats steps run all the same; reinstall noetl-nats", file=sys.stderr)
            return None
        hint = "hint: reinstall noetl-nats; NOETL_NATS_HOOK=0 runs noetl without it"
        print(f"Error: {needed[0]} has nats steps and {what}\n{hint}", file=sys.stderr)
        return 1
    return _noetl


class WorkerTool:
    """Finds the worker and the module of its nats tool. Any other import costs one look-up."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        change = _IN_THE_WORKER.get(name)
        if change is None:
            return None
        try:
            found = (each.find_spec(name, path, target) for each in sys.meta_path if each is not WorkerTool)
            return _then(next(filter(None, found), None), change)
        except Exception as problem:
            _say(f"the worker keeps its own nats tool: {type(problem).__name__}: {problem}")
            return None


def _load(worker):
    """At the start, when no event loop waits for it."""
    if _enabled():
        _worker()


def _patch_worker(tool):
    """The worker asks the module for its executor at every step."""
    import functools  # these cost milliseconds, which no other run of noetl should pay
    import inspect

    own = getattr(tool, "execute_nats_task", None)
    if not inspect.iscoroutinefunction(own):
        _say(f"the worker keeps its own nats tool: the one of noetl {_version()} is not known")
        return

    @functools.wraps(own)
    async def execute_nats_task(*args, **options):
        ours = _worker() if _enabled() else None
        return await (ours.execute_nats_task if ours else own)(*args, **options)

    tool.execute_nats_task = execute_nats_task
    if getattr(getattr(tool, "executor", None), "execute_nats_task", None) is own:
        tool.executor.execute_nats_task = execute_nats_task
    tool.__noetl_nats__ = True


_OURS = []  # the module that serves the worker's steps, once it has been loaded


def _worker():
    """The module that serves the worker's steps; None, said once: broken."""
    if not _OURS:
        try:
            from noetl_nats import _worker as ours
        except Exception as problem:
            ours = None
            what = f"noetl-nats does not work: {type(problem).__name__}: {problem}"
            _say(f"{what}\nhint: the worker serves nats steps with its own tool; reinstall noetl-nats")
        _OURS.append(ours)
    return _OURS[0]


_IN_THE_WORKER = {"noetl.worker.nats_worker": _load, "noetl.tools.nats": _patch_worker}


def _patch_unknown(noetl):
    """An engine that we do not know would skip NATS steps: its entry points refuse playbooks that have some."""
    import functools

    why = f"noetl-nats does not know noetl {_version()}"
    _say(
        f"{why}: it refuses playbooks with nats steps\nhint: upgrade noetl-nats; NOETL_NATS_HOOK=0 runs noetl without it"
    )

    def refuse(words, problem):
        for name in (name for word in words for name in _candidates(word)):
            if _enabled() and _has_steps(name):
                raise problem(f"Error: {name} has nats steps and {why}")

    def guarded(entry, problem):
        @functools.wraps(entry)
        def call(*args, **options):
            given = [*args, *options.values()] if args or options else sys.argv[1:]
            words = (word for each in given for word in (each if isinstance(each, (list, tuple)) else [each]))
            refuse([os.fspath(word) for word in words if isinstance(word, (str, os.PathLike))], problem)
            return entry(*args, **options)

        return call

    found = {name: getattr(noetl, name) for name in ("cli", "main", "run") if callable(getattr(noetl, name, None))}
    for name, entry in found.items():
        setattr(noetl, name, guarded(entry, RuntimeError if name == "run" else SystemExit))
    if not {"cli", "main"} & set(found) and os.path.basename(sys.argv[0]).startswith("noetl"):  # noqa: PTH119
        refuse(sys.argv[1:], SystemExit)


def _version():
    import importlib.metadata

    try:
        return importlib.metadata.version("noetl")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _say(text):
    print(text, file=sys.stderr)
