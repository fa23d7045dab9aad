"""Runs NoETL playbooks with their NATS steps lowered: what the import hook calls instead of the engine's own functions."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import sysconfig
import tempfile
import threading

from . import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType
    from typing import Any


_first_look = threading.Lock()  # sysconfig fills its tables without one


def executable() -> str:
    """The native ``noetl-nats``: beside this interpreter's scripts, else on PATH."""
    with _first_look:
        return _executable()


def _executable() -> str:
    schemes = [sysconfig.get_default_scheme() if hasattr(sysconfig, "get_default_scheme") else None]
    with contextlib.suppress(KeyError, AttributeError):
        schemes.append(sysconfig.get_preferred_scheme("user"))
    folders = [sysconfig.get_path("scripts", scheme) if scheme else sysconfig.get_path("scripts") for scheme in schemes]
    for folder in [*folders, os.path.dirname(sys.executable)]:  # noqa: PTH120
        candidate = os.path.join(folder or "", "noetl-nats")  # noqa: PTH118
        if os.access(candidate, os.X_OK):
            return candidate
    found = shutil.which("noetl-nats")
    if found is None:
        raise RuntimeError("the program noetl-nats is not beside this Python: reinstall noetl-nats")
    return found


@contextlib.contextmanager
def _terminal() -> Iterator[int]:
    """A copy of standard error that child processes inherit: steps write there though the engine hides their output."""
    try:
        copy = os.dup(2)
    except OSError:
        yield -1
        return
    try:
        os.set_inheritable(copy, True)
        yield copy
    finally:
        os.close(copy)


def _program() -> str:
    """The path of the native program, or nothing: then playbooks that do not need it still run."""
    try:
        return executable()
    except RuntimeError:
        return ""


def _planned(make: Callable[[str], _core.Plan | None]) -> _core.Plan | None:
    """The plan of a run; None: it has no NATS steps. RuntimeError: it has, and the native program is missing."""
    program = _program()
    plan = make(program)
    if plan is None:
        return None
    if not program:
        plan.close()
        executable()  # raises
    _warn_of_an_untested_engine()
    return plan


_warned = False


def _warn_of_an_untested_engine() -> None:
    """Once in a process. The run goes on: what the engine would not do as before fails, it is never skipped."""
    global _warned
    version = str(getattr(sys.modules.get("noetl"), "__version__", ""))
    if _warned or version.startswith(_core.tested_engine):
        return
    _warned = True
    print(
        f"noetl-nats has been tested with noetl {_core.tested_engine}x, this is {version or 'another one'}\n"
        "hint: noetl-nats doctor says whether nats steps work with it; upgrade noetl-nats if they do not",
        file=sys.stderr,
    )


def cli(engine: Callable[[list[str]], int], argv: list[str]) -> int:
    """``noetl run ...``; the exit status."""
    with _terminal() as terminal:
        try:
            plan = _planned(lambda program: _core.plan_command_line(argv, program, terminal))
        except (ValueError, RuntimeError) as problem:
            print(f"Error: {problem}", file=sys.stderr)
            return 1
        if plan is None:
            return engine(argv)
        try:
            if not plan.capture:
                status = engine(plan.arguments)
                if status in (0, None) and plan.epilogue:
                    print(plan.epilogue, end="", flush=True)
                return status
            with _captured(plan.restored):
                return engine(plan.arguments)
        finally:
            plan.close()


@contextlib.contextmanager
def _captured(restored: Callable[[bytes], bytes]) -> Iterator[None]:
    """Holds standard output back, because it names the lowered file: one document at the end, so holding back is harmless."""
    if sys.stdout is None:  # closed by the caller
        yield
        return
    sys.stdout.flush()
    with tempfile.TemporaryFile() as file:
        saved = os.dup(1)
        os.dup2(file.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(saved, 1)
            os.close(saved)
            file.seek(0)
            text = restored(file.read())
            while text:
                text = text[os.write(1, text) :]


def run(
    engine: Callable[..., dict[str, Any]], noetl: ModuleType, playbook: Any, options: Mapping[str, Any]
) -> dict[str, Any]:
    """``noetl.run(playbook, ...)``."""
    path = os.fspath(playbook)
    variables = {str(key): str(noetl._stringify(value)) for key, value in (options.get("variables") or {}).items()}
    with _terminal() as terminal:
        try:
            quiet = bool(options.get("quiet", True))
            plan = _planned(lambda program: _core.plan_call(path, variables, quiet, program, terminal))
        except ValueError as problem:
            raise RuntimeError(str(problem)) from None
        if plan is None:
            return engine(playbook, **options)
        try:
            outcome = engine(plan.arguments[0], **options)
        except RuntimeError as problem:
            failed = plan.error()
            if failed is None:
                raise
            raise RuntimeError(f"step '{failed[0]}': {failed[1]}") from problem
        finally:
            plan.close()
    outcome["playbook_path"] = path
    return outcome
