"""One operation at a time: parameters in, a result document out."""

from __future__ import annotations

import atexit
import os

from . import _core
from .errors import checked, error_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

# Calls of daemon threads must have ended before the interpreter goes, and a forked child has none of the parent's threads.
atexit.register(_core.shut)
os.register_at_fork(
    before=_core.before_fork, after_in_parent=_core.after_fork_in_parent, after_in_child=_core.after_fork_in_child
)


def run(
    operation: str,
    params: Mapping[str, Any] | None = None,
    *,
    progress: Callable[[str], object] | None = None,
) -> dict[str, Any]:
    """Runs an operation and gives its result document; a failure raises the class of its code.

    ``progress`` gets one line at a time from work that takes long. A result whose status is ``not_found`` is a result.
    """
    return checked(_core.run(operation, params or {}, progress))


def call(
    operation: str,
    params: Mapping[str, Any] | None = None,
    *,
    progress: Callable[[str], object] | None = None,
) -> dict[str, Any]:
    """As `run`, but a failure is a document too: ``{"status": "error", "error": {"code": ..., "message": ...}}``."""
    return _core.run(operation, params or {}, progress)


def operations() -> list[str]:
    """The names of all operations."""
    return _core.operations()


def describe(operation: str) -> dict[str, Any]:
    """Summary, JSON Schemas of parameters and result, errors and examples of an operation."""
    found = _core.describe(operation)
    if "error" in found:
        raise error_of(found)
    return found
