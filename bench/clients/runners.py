"""How each client is run: a Python client in a worker process, the native programs, `nats bench`, whole processes."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

from native import run_native
from workloads import Params, Result, Workload

HERE = Path(__file__).parent
LIMIT = 30  # seconds; a worker that takes longer has failed
OnReady = Callable[[], None]


class Runner(Protocol):
    name: str
    version: str

    def can(self, workload: Workload) -> bool: ...
    def run(self, workload: Workload, params: Params, on_ready: OnReady) -> Result: ...
    def step(self, op: str) -> Sequence[str]: ...
    def stop(self) -> None: ...


class PythonClient:
    """A client in its own worker process, under an interpreter of its choice."""

    def __init__(self, name: str, module: str, python: str, url: str, pin: Sequence[str] = (), uvloop: bool = False):
        self.name, self.module, self.python, self.uvloop = name, module, python, uvloop
        self.version = ""
        self.why = ""  # it did not start
        self.missing: list[str] = []  # calls that it does not have yet
        self._url = url
        self._pin = list(pin)
        self._ops: list[str] = []
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> bool:
        options = ["--uvloop"] if self.uvloop else []
        command = [*self._pin, self.python, str(HERE / "worker.py"), self.module, self._url, *options]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        line = self._process.stdout.readline()
        if not line:
            self.why = (self._process.stderr.read().strip().splitlines() or ["no answer"])[-1]
            self.stop()
            return False
        hello = json.loads(line)
        self.version, self._ops, self.missing = hello["version"], hello["ops"], hello["missing"]
        return True

    def can(self, workload: Workload) -> bool:
        return workload.op in self._ops or workload.op == "proc"

    def run(self, workload: Workload, params: Params, on_ready: OnReady) -> Result:
        if workload.fresh or self._process is None:
            self.stop()
            if not self.start():
                return {"error": self.why}
        process = self._process
        assert process is not None
        late = threading.Timer(LIMIT, process.kill)
        late.start()
        try:
            return self._ask(process, {"op": workload.op, **params}, on_ready)
        finally:
            late.cancel()

    def _ask(self, process: subprocess.Popen[str], command: Params, on_ready: OnReady) -> Result:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(json.dumps(command) + "\n")
        process.stdin.flush()
        while True:
            line = process.stdout.readline()
            if not line:
                message = process.stderr.read()[-200:]
                code = process.wait()
                self.stop()
                return {"error": f"no answer in {LIMIT} s" if code == -9 else f"worker died ({code}): {message}"}
            answer: Result = json.loads(line)
            if "ready" not in answer:
                return answer
            on_ready()

    def step(self, op: str) -> list[str]:
        return [self.python, str(HERE / "oneshot.py"), self.module, op, self._url, "bench", "k.000001", "p.a"]

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.communicate()  # its input ends, and so does it


class NativeClient:
    """The raw client, or the C library used directly: one process for each measurement, which times itself."""

    ONE_BY_ONE = ("kv_get", "kv_put", "js_publish", "request")
    BULK = ("js_publish_many", "js_fetch", "kv_get_many", "kv_keys", "kv_history", "kv_watch")
    RAW_NAMES: ClassVar = {"js_publish_many": "js_publish", "kv_get_many": "kv_get"}
    RAW_WINDOW = 1024

    def __init__(self, name: str, program: Path, pin: Sequence[str], url: str, port: int | None = None) -> None:
        """With ``port`` it is the raw client."""
        self.name, self.version = name, ""
        self._program, self._pin = program, list(pin)
        self._raw = port is not None
        self._address: Params = {"url": url} if port is None else {"port": port}

    def can(self, workload: Workload) -> bool:
        if workload.mode:
            return False
        objects = ("object_put", "object_get") if self._raw else ()
        return workload.op in (*self.ONE_BY_ONE, *self.BULK, *objects, "proc")

    def run(self, workload: Workload, params: Params, on_ready: OnReady) -> Result:
        op, extra = workload.op, dict(params)
        threads = extra.pop("threads", None)
        if self._raw:
            bulk = op in self.RAW_NAMES
            op = self.RAW_NAMES.get(op, op)
            if bulk or threads:
                extra["window"] = params.get("tasks", self.RAW_WINDOW)
        elif threads:
            extra["threads"] = threads
        return run_native([*self._pin, str(self._program)], op, {**self._address, **extra}, on_ready)

    def step(self, op: str) -> list[str]:
        program = f"{self._program}_static" if self._raw else str(self._program)
        address = [f"{name}={value}" for name, value in self._address.items()]
        return [program, f"once_{op}", *address, "bucket=bench", "key=k.000001", "subject=p.a"]

    def stop(self) -> None:
        pass


class NatsBench:
    """`nats bench` in one of its modes: the rate is the one that it prints."""

    def __init__(self, name: str, command: Sequence[str], op: str, mode: str = "") -> None:
        self.name, self.version = name, ""
        self._command, self._op, self._mode = list(command), op, mode

    def can(self, workload: Workload) -> bool:
        return workload.op == self._op and workload.mode == self._mode and workload.group != "growth"

    def run(self, workload: Workload, params: Params, on_ready: OnReady) -> Result:
        command = [*self._command, f"--msgs={params['n']}", "--no-progress"]
        if self._op == "js_publish_many":
            command += [f"--size={params['size']}", "--stream=B", params["subject"]]
        else:
            command += [f"--batch={params['batch']}", f"--stream={params['stream']}", "--consumer=c"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        found = re.search(r"stats: ([\d,]+) msgs/sec", done.stdout)
        if not found:
            return {"error": (done.stdout + done.stderr).strip()[-200:]}
        return {"s": params["n"] / int(found[1].replace(",", "")), "cpu": 0.0, "n": params["n"], "bad": 0}

    def step(self, op: str) -> list[str]:
        raise NotImplementedError(op)

    def stop(self) -> None:
        pass


class Command:
    """A program that does one step and ends. Only for the workloads that time whole processes."""

    def __init__(self, name: str, step: Callable[[str], Sequence[str]]) -> None:
        self.name, self.version = name, ""
        self._step = step

    def can(self, workload: Workload) -> bool:
        return workload.op == "proc"

    def run(self, workload: Workload, params: Params, on_ready: OnReady) -> Result:
        raise NotImplementedError(workload.id)

    def step(self, op: str) -> list[str]:
        return list(self._step(op))

    def stop(self) -> None:
        pass


def python_clients(python: str, url: str, pin: Sequence[str], others: dict[str, str]) -> list[PythonClient]:
    """``others``: label to path of further interpreters, for nats-py and noetl_nats."""
    every = [
        PythonClient("nats-py", "nats_py", python, url, pin),
        PythonClient("nats-py+uvloop", "nats_py", python, url, pin, uvloop=True),
        PythonClient("natsio", "natsio_client", python, url, pin),
        PythonClient("natsrpy", "natsrpy_client", python, url, pin),
        PythonClient("nats-core", "nats_core_client", python, url, pin),
        PythonClient("noetl_nats", "noetl_nats_client", python, url, pin),
        PythonClient("noetl_nats.aio", "noetl_nats_aio", python, url, pin),
    ]
    for label, path in others.items():
        every.append(PythonClient(f"nats-py ({label})", "nats_py", path, url, pin))
        every.append(PythonClient(f"noetl_nats ({label})", "noetl_nats_client", path, url, pin))
    return every


def nats_cli(nats: str, url: str, pin: Sequence[str]) -> list[Runner]:
    base = [*pin, nats, "-s", url, "--no-context"]
    bench = [*base, "bench", "js"]
    fast = ["pub", "fast", "--batch=500", "--max-outstanding-acks=2"]

    def step(op: str) -> list[str]:
        return [*base, *NATS_STEPS[op]]

    return [
        NatsBench("nats bench async 1000", [*bench, "pub", "async", "--batch=1000"], "js_publish_many"),
        NatsBench("nats bench atomic 1000", [*bench, "pub", "atomic", "--batch=1000"], "js_publish_many", "atomic"),
        NatsBench("nats bench fast 500", [*bench, *fast], "js_publish_many", "fast"),
        NatsBench("nats bench fetch", [*bench, "fetch", "--acks=explicit"], "js_fetch"),
        Command("natscli", step),
        Command("natscli by shell", lambda op: ["/bin/sh", "-c", " ".join(step(op))]),
    ]


def noetl_cli(program: str, url: str, pin: Sequence[str]) -> Command:
    return Command("noetl-nats cli", lambda op: [*pin, program, "--server", url, *OUR_STEPS[op]])


def plain_commands(python: str, url: str) -> list[Runner]:
    nothing = [python, str(HERE / "oneshot.py"), "none"]
    return [
        Command("/bin/true", lambda _: ["/bin/true"]),
        Command("python, nothing", lambda op: [*nothing, op, url, "", "", ""]),
    ]


def noetl_run(python: str, url: str) -> Command:
    script = [python, str(HERE / "oneshot.py"), "noetl_nats_run"]
    return Command("noetl_nats.run", lambda op: [*script, op, url, "bench", "k.000001", "p.a"])


NATS_STEPS: dict[str, list[str]] = {
    "kv_get": ["kv", "get", "bench", "k.000001", "--raw"],
    "kv_put": ["kv", "put", "bench", "k.000001", "x" * 100],
    "publish": ["pub", "-J", "p.a", "x" * 100],
}
OUR_STEPS: dict[str, list[Any]] = {**NATS_STEPS, "publish": ["js", "publish", "p.a", "x" * 100]}
