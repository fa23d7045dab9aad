"""NATS steps of NoETL's Python worker (4.x): what the import hook puts in place of the worker's own ``execute_nats_task``.

A step runs on a thread of a bounded pool, from the look-up of its credential to its result, so that the worker's event loop
never waits. The core keeps connections and shares them. docs/worker.md says what differs from the worker's own tool.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import os
import re
import weakref
from concurrent.futures import ThreadPoolExecutor

from ._run import describe, run
from .errors import InvalidArgumentError, UnauthenticatedError, error_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

#: Steps that may wait for a server at the same time.
THREADS = 64
#: Steps that may compete with the event loop for the interpreter at the same time, and for how long (s) one counts as such:
#: most end within that, and one that does not waits for its server, without the interpreter. With 32 of 200 tasks at a time
#: the loop waited 5 ms again and again and up to 48 for few more steps a second; with 4 up to 6 (bench/worker_latency.py).
TURNS = 4
TURN = 0.01

# Keys of a tool mapping that belong to the worker, as in the local engine. They never reach the operation.
_ENGINE_KEYS = frozenset(
    ("kind", "operation", "input", "args", "retry", "timeout", "spec", "policy", "output", "show", "name")
)
_CREDENTIAL_KEYS = ("auth", "credentials", "credential")
# A step's input also holds variables for its templates. Only what the worker's own tool reads there is a parameter.
_INPUT_KEYS = frozenset(
    {
        "bucket",
        "key",
        "value",
        "ttl",
        "pattern",
        "data",
        "encoding",
        "description",
        "stream",
        "subject",
        "headers",
        "seq",
        "last",
        "nats_url",
        "nats_user",
        "nats_password",
        "nats_token",
        "tls_cert",
        "tls_key",
        "tls_ca",
    }
)
_LOGINS = (
    frozenset({"user", "password"}),
    frozenset({"token"}),
    frozenset({"creds", "creds_file"}),
    frozenset({"nkey_seed", "nkey_file", "jwt"}),
)
_LONE_EXPRESSION = re.compile(r"\s*\{\{((?:(?!\{\{|\}\}).)*)\}\}\s*", re.DOTALL)


async def execute_nats_task(
    task_config: Mapping[str, Any],
    context: Mapping[str, Any],
    jinja_env: Any,
    task_with: Mapping[str, Any] | None = None,
    log_event_callback: Callable[..., object] | None = None,
) -> dict[str, Any]:
    """Runs one NATS step and gives its result document; a failure raises the class of its code."""
    loop = asyncio.get_running_loop()
    step = functools.partial(contextvars.copy_context().run, execute, task_config, context, jinja_env, task_with)
    async with _turns(loop):
        done = loop.run_in_executor(_pool(), step)
        try:
            await asyncio.wait((done,), timeout=TURN)
        except asyncio.CancelledError:
            done.cancel()
            raise
    return await done


def _turns(loop: asyncio.AbstractEventLoop) -> asyncio.Semaphore:
    """Of this loop: a process may have one after the other."""
    if loop not in _TURNS_OF:
        _TURNS_OF[loop] = asyncio.Semaphore(TURNS)
    return _TURNS_OF[loop]


_TURNS_OF: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = weakref.WeakKeyDictionary()


@functools.lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="noetl-nats")


os.register_at_fork(after_in_child=_pool.cache_clear)  # a forked child has none of the threads


def execute(
    task_config: Mapping[str, Any],
    context: Mapping[str, Any],
    jinja_env: Any,
    task_with: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The same on the calling thread.

    ``task_with`` is the tool mapping with the step's input over it. ``task_config`` is the tool mapping, with that input
    under ``input`` and the step's name where the mapping has no ``name``.
    """
    merged = task_with or {}
    event = context.get("event")
    step = event.get("step") if isinstance(event, dict) else context.get("step")
    render = functools.partial(_rendered, jinja_env=jinja_env, context=context)
    name = render(task_config.get("operation") or merged.get("operation"))
    if not name:
        raise InvalidArgumentError("NATS task requires 'operation' field")
    operation = _operation(str(name))
    params = {key: render(value) for key, value in operation.params(task_config, merged, step).items()}
    auth = next(filter(None, (source.get(key) for source in (task_config, merged) for key in _CREDENTIAL_KEYS)), None)
    if auth is not None:
        params.update(operation.missing(_credential(auth, jinja_env, context), params))
    # The worker's own environment names the worker's server: never the one of a playbook that names none.
    if operation.connects and not operation.given("url", params) and not params.get("instance"):
        raise InvalidArgumentError(
            "NATS URL is not configured. Use `auth: <credential_key>` or provide `nats_url` in the task configuration."
        )
    if operation.has_dialect:
        params.setdefault("compat", "python")
    return _presentable(run(str(name), params), params)


class _Operation:
    """Which keys of a step are parameters."""

    def __init__(self, name: str) -> None:
        described = describe(name)
        fields: dict[str, dict[str, Any]] = described["input"]["properties"]
        self.connects: bool = described["connects"]
        self.has_dialect = "compat" in fields
        self._own = {key for key, field in fields.items() if not field.get("x-common")}
        self._names = {alias: key for key, field in fields.items() for alias in (key, *field.get("x-aliases", ()))}

    def given(self, name: str, params: Iterable[str]) -> bool:
        return any(self._names.get(key) == name for key in params)

    def params(self, task_config: Mapping[str, Any], merged: Mapping[str, Any], step: str | None) -> dict[str, Any]:
        """All of the tool mapping, known or not: the core refuses what it does not know. Of the input what is known."""
        # A tool mapping may say `nats_url: null`, and mean the credential's.
        out = {
            key: value
            for key, value in task_config.items()
            if not self._is_engines(key) and not self._is_unset(key, value)
        }
        for key, value in merged.items():
            if (
                value is not None
                and key in _INPUT_KEYS
                and key in self._names
                and not self.given(self._names[key], out)
            ):
                out[key] = value
        if "name" in self._own:
            name = _object_name(task_config, merged, step)
            out.update({"name": name} if name is not None else {})
        return out

    def missing(self, credential: Mapping[str, Any], params: Iterable[str]) -> dict[str, Any]:
        """What a credential adds: the step's own fields win, and so does the step's kind of login."""
        mine = [login for login in _LOGINS if any(self.given(name, params) for name in login)]
        out: dict[str, Any] = {}
        for key, value in credential.items():
            name = self._names.get(key, "")
            if value is None or not name or name in self._own or name == "auth" or self.given(name, params):
                continue
            if mine and not any(name in login for login in mine) and any(name in login for login in _LOGINS):
                continue
            out.setdefault(name, value)
        return out

    def _is_engines(self, key: str) -> bool:
        return key in _ENGINE_KEYS or key in _CREDENTIAL_KEYS

    def _is_unset(self, key: str, value: object) -> bool:
        return value is None and key in self._names and self._names[key] not in self._own


def _object_name(task_config: Mapping[str, Any], merged: Mapping[str, Any], step: str | None) -> Any:
    """Never the step's own name, which the worker puts into a mapping that has no ``name``.

    In a list of tools ``name`` is the label of the task; there the name of an object stands in the tool's input.
    """
    in_mapping = task_config.get("name") if "name" in merged else None
    in_input = (task_config.get("input") or {}).get("name")
    return in_input if in_mapping is None or (in_input is not None and in_mapping == step) else in_mapping


@functools.cache
def _operation(name: str) -> _Operation:
    return _Operation(name)


def _rendered(value: Any, *, jinja_env: Any, context: Mapping[str, Any]) -> Any:
    """A text that still has a template: NoETL's server leaves what only the worker knows.

    Data may look like a template too, so it is rendered in a sandbox, and what cannot be rendered stays as it is.
    """
    if not isinstance(value, str) or "{{" not in value:
        return value
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    sandbox = SandboxedEnvironment(undefined=StrictUndefined)
    sandbox.filters.update(jinja_env.filters)
    sandbox.globals.update(jinja_env.globals)
    try:
        lone = _LONE_EXPRESSION.fullmatch(value)
        if lone is None:
            return sandbox.from_string(value).render(context)
        found = sandbox.compile_expression(lone[1], undefined_to_none=False)(context)
    except Exception:
        return value
    return value if isinstance(found, StrictUndefined) else found


def _credential(auth: Any, jinja_env: Any, context: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of the credential that ``auth`` names or is. None there: an error, never a connection without a login."""
    inline = isinstance(auth, dict) and not {"source", "key", "credential"} & set(auth)
    if inline and _operation("ping").missing(auth, ()):
        return {key: _rendered(value, jinja_env=jinja_env, context=context) for key, value in auth.items()}
    from noetl.worker.auth_resolver import resolve_auth

    try:
        _, items = resolve_auth(auth, jinja_env, dict(context))
    except Exception as problem:
        raise UnauthenticatedError(f"auth: {problem}") from problem
    item = next(iter(items.values()), None)
    if item is None or item.is_scalar_value or not isinstance(item.payload, dict):
        raise UnauthenticatedError(
            "auth: it has no fields; a NATS credential has url, and user and password, or token, ..."
        )
    return dict(item.payload)


def _presentable(result: dict[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """The worker passes on ``data`` alone, so base64 that nobody asked for would look like text."""
    if "data" in result and result.get("encoding") == "base64" and params.get("encoding") != "base64":
        message = "data: the bytes are not UTF-8"
        hint = "give encoding: base64"
        raise error_of({"status": "error", "error": {"code": "data_loss", "message": message, "hint": hint}})
    return result
