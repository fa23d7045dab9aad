"""A method for every operation that has no native form in `_client.py`.

Written by tools/generate.py from the operations; `make generate` writes it again.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Literal

    from . import results

    Progress = Callable[[str], object]

#: Stands for a parameter that was not given, where None is a value.
UNSET: Any = object()


class Operations:
    """Operations over the connection of a `Client`. Each gives its result document; a failure raises the class of its code."""

    __slots__ = ()

    def _run(
        self,
        operation: str,
        params: dict[str, Any],
        timeout: float | None,
        progress: Progress | None,
        connects: bool = True,
        **nullable: Any,
    ) -> Any:
        raise NotImplementedError

    def ping(
        self, *, count: int | None = None, timeout: float | None = None, progress: Progress | None = None
    ) -> results.Ping:
        """Connect and measure the round trip.

        count: How many round trips to measure.
        """
        result: results.Ping = self._run("ping", {"count": count}, timeout, progress)
        return result

    def say(
        self, text: str, *, fail: bool | None = None, hint: str | None = None, progress: Progress | None = None
    ) -> results.Say:
        """Show a text to the person who runs the playbook, or fail with it.

        text: What to say; may have several lines.
        fail: End with this text as the error: failed_precondition.
        hint: What the person can do about it; shown with the error.
        """
        result: results.Say = self._run(
            "say", {"text": text, "fail": fail, "hint": hint}, None, progress, connects=False
        )
        return result
