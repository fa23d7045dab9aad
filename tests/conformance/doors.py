"""The doors through which a case goes: each runs one operation and gives a result document."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import noetl_nats as nn

Document = dict[str, Any]
Door = Callable[[str, Document], Document]

EXIT = {
    "invalid_argument": 2,
    "not_found": 3,
    "already_exists": 4,
    "conflict": 4,
    "failed_precondition": 5,
    "resource_exhausted": 5,
    "unimplemented": 5,
    "data_loss": 5,
    "unauthenticated": 6,
    "permission_denied": 6,
    "deadline_exceeded": 7,
    "unavailable": 8,
    "cancelled": 130,
    "internal": 1,
}


def exit_status(result: Document) -> int:
    if "error" in result:
        return EXIT[result["error"]["code"]]
    return 3 if result["status"] == "not_found" else 0


def python(operation: str, params: Document) -> Document:
    return nn.call(operation, params)


def command_line(operation: str, params: Document) -> Document:
    """One process; its one line of JSON, and the exit status that belongs to the document."""
    binary = shutil.which("noetl-nats")
    assert binary, "noetl-nats is not on PATH: run make build"
    done = subprocess.run(
        [binary, "call", operation, "--params", "-"],
        input=json.dumps(params),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 1, f"{len(lines)} lines, exit {done.returncode}: {done.stdout!r} {done.stderr!r}"
    result: Document = json.loads(lines[0])
    assert done.returncode == exit_status(result), result
    return result


def shown(entry: nn.KvEntry) -> Document:
    """An entry as the document of kv_get shows it."""
    document: Document = {"revision": entry.revision, "created": entry.created}
    try:
        text = entry.value.decode()
    except UnicodeDecodeError:
        return {**document, "value": base64.b64encode(entry.value).decode(), "encoding": "base64"}
    if text.isdigit() and len(text) > 19:  # more digits than a number of the document holds
        return {**document, "value": text}
    try:
        return {**document, "value": json.loads(text)}
    except json.JSONDecodeError:
        return {**document, "value": text}


def kv_get(nats: nn.Client, params: Document) -> Document:
    entry = nats.kv_get(**params)
    if entry is None:
        return {"status": "not_found", "value": None, **params}
    return {"status": "success", **params, **shown(entry)}


def revision_of(method: Callable[..., int], params: Document) -> Document:
    return {"status": "success", **params, "revision": method(**params)}


#: Operations whose method takes and gives native objects: the parameters that it knows, and the way to a document.
NATIVE: dict[str, tuple[set[str], Callable[[nn.Client, Document], Document]]] = {
    "kv_get": ({"bucket", "key", "revision"}, kv_get),
    "kv_put": ({"bucket", "key", "value"}, lambda nats, params: revision_of(nats.kv_put, params)),
    "kv_create": ({"bucket", "key", "value"}, lambda nats, params: revision_of(nats.kv_create, params)),
    "kv_update": ({"bucket", "key", "value", "revision"}, lambda nats, params: revision_of(nats.kv_update, params)),
    "kv_keys": (
        {"bucket"},
        lambda nats, params: {"status": "success", "keys": (keys := nats.kv_keys(**params)), "count": len(keys)},
    ),
    "js_publish": (
        {"subject", "data", "headers", "msg_id"},
        lambda nats, params: {
            "status": "success",
            "stream": (ack := nats.js_publish(**params)).stream,
            "seq": ack.seq,
            "duplicate": ack.duplicate,
        },
    ),
}


def client(operation: str, params: Document) -> Document:
    """The native method where there is one that knows the parameters; else the generated one's way, `nn.call`."""
    given = dict(params)
    url = given.pop("url", None)
    known, run = NATIVE.get(operation, (set(), None))
    if (
        run is None
        or not set(given) <= known
        or (operation == "js_publish" and "data" not in given)  # the method has a default
        or not all(isinstance(given.get(name), str) for name in ("bucket", "key") if name in given)
        or not all(isinstance(value, str) for value in (given.get("headers") or {}).values())
    ):
        return nn.call(operation, params)
    try:
        with nn.connect(url) as nats:
            return run(nats, given)
    except nn.NatsError as error:
        return error.result


DOORS: dict[str, Door] = {"cli": command_line, "python": python, "client": client}
