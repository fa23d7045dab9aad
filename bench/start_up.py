"""What a start costs: the command line, the module, the hook, and a nats step in `noetl run`. Medians of one interleaved run.

.venv/bin/python bench/start_up.py [--rounds 30] [--save bench/results/start-up.json]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))
from nats_server import Server  # noqa: E402

BIN = ROOT / ".venv/bin"
STEPS = 20
BATCH = 101
HOOK = (
    "import site,time,sysconfig;p=sysconfig.get_paths()['purelib'];a=time.perf_counter();"
    "site.addpackage(p,'noetl_nats.pth',set());print((time.perf_counter()-a)*1e3)"
)


def playbook(path: Path, kind: str, count: int, url: str) -> None:
    steps = [
        {
            "nats": f"kind: nats, url: '{url}', operation: kv_get, bucket: b, key: k",
            "shell": "kind: shell, cmds: 'true'",
        }[kind]
        for _ in range(count)
    ]
    lines = ["apiVersion: noetl.io/v2", "kind: Playbook", "metadata: {name: cost, path: cost}", "workflow:"]
    for n, tool in enumerate(["kind: shell, cmds: 'true'", *steps]):
        name = "start" if n == 0 else f"s{n}"
        lines += [f"- step: {name}", f"  tool: {{{tool}}}"]
        if n < count:
            lines += [f"  next: {{arcs: [{{step: s{n + 1}}}]}}"]
    path.write_text("\n".join(lines) + "\n")


def batch(path: Path, count: int, url: str) -> None:
    """A playbook with one nats step that runs `count` operations."""
    operations = [{"operation": "kv_get", "bucket": "b", "key": "k"} for _ in range(count)]
    tool = {"kind": "nats", "url": url, "operations": operations}
    document = {"apiVersion": "noetl.io/v2", "kind": "Playbook", "metadata": {"name": "b", "path": "b"}}
    path.write_text(json.dumps({**document, "workflow": [{"step": "start", "tool": tool}]}))


def seconds(command: list[str], environment: dict[str, str]) -> float:
    begin = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=30)
    arguments.add_argument("--save", type=Path)
    given = arguments.parse_args()
    server = Server()
    python, cli, noetl = str(BIN / "python"), str(BIN / "noetl-nats"), str(BIN / "noetl")
    on = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    off = {**on, "NOETL_NATS_HOOK": "0"}
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for kind in ("nats", "shell"):
            files[kind] = Path(folder) / f"{kind}.yaml"
            playbook(files[kind], kind, STEPS, server.url)
        playbook(one := Path(folder) / "one.yaml", "shell", 1, server.url)
        playbook(one_nats := Path(folder) / "one_nats.yaml", "nats", 1, server.url)
        for count in (1, BATCH):
            batch(Path(folder) / f"batch{count}.yaml", count, server.url)
        subprocess.run([cli, "-s", server.url, "kv-bucket", "apply", "b"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([cli, "-s", server.url, "kv", "put", "b", "k", "v"], check=True, stdout=subprocess.DEVNULL)
        cases = {
            "noetl-nats version": ([cli, "version"], on),
            "noetl-nats kv get": ([cli, "-s", server.url, "kv", "get", "b", "k"], on),
            "python": ([python, "-c", "pass"], on),
            "python, import noetl_nats": ([python, "-c", "import noetl_nats"], on),
            "noetl run, no nats steps, hook on": ([noetl, "run", str(one)], on),
            "noetl run, no nats steps, hook off": ([noetl, "run", str(one)], off),
            "noetl run, 1 nats step": ([noetl, "run", str(one_nats)], on),
            f"noetl run, {STEPS} nats steps": ([noetl, "run", str(files["nats"])], on),
            "noetl run, batch of 1": ([noetl, "run", f"{folder}/batch1.yaml"], on),
            f"noetl run, batch of {BATCH}": ([noetl, "run", f"{folder}/batch{BATCH}.yaml"], on),
            f"noetl run, {STEPS} shell steps": ([noetl, "run", str(files["shell"])], on),
        }
        for _ in range(given.rounds):
            for name, (command, environment) in cases.items():
                times.setdefault(name, []).append(seconds(command, environment) * 1e3)
            hook = subprocess.run([python, "-S", "-c", HOOK], env=on, check=True, capture_output=True, text=True)
            times.setdefault("the .pth line", []).append(float(hook.stdout))
    server.stop()
    medians = {name: statistics.median(values) for name, values in times.items()}
    medians["import over bare python"] = medians["python, import noetl_nats"] - medians["python"]
    shell = medians["noetl run, no nats steps, hook on"]
    medians["one nats step"] = (medians[f"noetl run, {STEPS} nats steps"] - medians["noetl run, 1 nats step"]) / (
        STEPS - 1
    )
    medians["one shell step (true)"] = (medians[f"noetl run, {STEPS} shell steps"] - shell) / (STEPS - 1)
    medians["one batch operation"] = (medians[f"noetl run, batch of {BATCH}"] - medians["noetl run, batch of 1"]) / (
        BATCH - 1
    )
    for name, value in medians.items():
        print(f"{value:9.2f} ms  {name}")
    if given.save:
        given.save.write_text(json.dumps({"rounds": given.rounds, "milliseconds": medians}, indent=1) + "\n")


if __name__ == "__main__":
    main()
