"""Steps of the worker, and what they need: used by the tests here."""

from __future__ import annotations

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import noetl_nats as nn

Document = dict[str, Any]


class Credentials:
    """The part of NoETL's server that gives the worker a credential and takes its events."""

    def __init__(self) -> None:
        self.known: dict[str, Document] = {}
        self.events: list[Document] = []
        this = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.rsplit("/", 1)[1].partition("?")[0]
                found = this.known.get(name)
                self.answer(200 if found is not None else 404, {"name": name, "type": "nats", "data": found})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                this.events += body.get("events", [body])
                self.answer(200, {"status": "ok"})

            def answer(self, status: int, document: Document) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


async def dispatch(
    worker: Any, tool: Document, given_input: Document | None = None, context: Document | None = None
) -> Any:
    """What the worker does with a command of a step with one tool."""
    config = {key: value for key, value in tool.items() if key != "kind"}
    return await worker._execute_tool("nats", config, given_input or {}, "the_step", context or {})


async def dispatch_list(worker: Any, tool: Document, context: Document) -> Any:
    """What the worker does with a list of tools, or with one that has policy rules: it renders templates itself."""
    done = await worker._execute_tool("task_sequence", {"tasks": [{"kind": "nats", **tool}]}, {}, "the_step", context)
    if done["status"] == "failed":
        raise RuntimeError(done["error"]["message"])
    return done["_prev"]


def run(worker: Any, tool: Document, given_input: Document | None = None, context: Document | None = None) -> Any:
    return asyncio.run(dispatch(worker, tool, given_input, context))


def get(bucket: Document, **more: Any) -> Document:
    return {"operation": "kv_get", **bucket, "key": "k", **more}


def put(bucket: Document, value: Any, **more: Any) -> Document:
    return {"operation": "kv_put", **bucket, "key": "k", "value": value, **more}


def stored(bucket: Document) -> Any:
    return nn.run("kv_get", {**bucket, "key": "k", "encoding": "text"})["value"]
