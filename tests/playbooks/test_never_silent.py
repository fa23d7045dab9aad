"""Nothing passes in silence: no nats step is skipped with exit 0, no reference stays as literal braces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import noetl_nats as nn
from engine import BIN, NOETL, OURS, Done, execute, to, written
from nats_server import running

PROGRAMS = pytest.mark.parametrize("program", [NOETL, OURS], ids=["noetl run", "noetl-nats run"])


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as server:
        nn.run("kv_bucket_apply", {"url": server.url, "bucket": "B"})
        nn.run("kv_put", {"url": server.url, "bucket": "B", "key": "k", "value": {"n": 7}})
        yield server.url


def get(url: str, name: str = "get", following: list[str] | None = None, **more: Any) -> dict[str, Any]:
    tool = {"kind": "nats", "url": url, "operation": "kv_get", "bucket": "B", "key": "k"}
    return {"step": name, "tool": tool, **more} | ({"next": to(*following)} if following else {})


def shell(name: str, command: str, *following: str) -> dict[str, Any]:
    return {"step": name, "tool": {"kind": "shell", "cmds": [command]}} | (
        {"next": to(*following)} if following else {}
    )


def run(directory: Path, steps: list[dict[str, Any]], *options: str) -> Done:
    return execute([*NOETL, str(written(directory, steps)), "--json", *options], directory)


def shown(done: Done) -> str:
    """The last result; a refusal shows nothing."""
    return "" if done.returncode != 0 else str(json.loads(done.stdout)["final_result"])


@pytest.mark.parametrize("command", ["run", "exec", "run-legacy"])
def test_every_command_that_runs_a_playbook(tmp_path: Path, url: str, command: str) -> None:
    done = execute([str(BIN / "noetl"), command, str(written(tmp_path, [get(url)]))], tmp_path)
    assert "Tool not supported" not in done.stderr
    assert done.returncode != 0 or "✓ kv_get B/k" in done.stderr


def test_a_subscription_that_dispatches_to_nats_steps(tmp_path: Path, url: str) -> None:
    """The engine would run the playbook, skip the step and acknowledge the message."""
    nn.run("stream_apply", {"url": url, "stream": "ORDERS", "config": {"subjects": ["orders.>"]}})
    nn.run("consumer_apply", {"url": url, "stream": "ORDERS", "consumer": "c"})
    nn.run("js_publish", {"url": url, "subject": "orders.1", "data": {"id": 1}})
    written(tmp_path, [get(url)], "dispatched")
    (tmp_path / "subscription.yaml").write_text(
        "apiVersion: noetl.io/v2\nkind: Subscription\nmetadata: {name: s, path: s}\n"
        f"spec: {{source: nats, url: '{url}', stream: ORDERS, consumer: c, dispatch: {{playbook: dispatched.yaml}}}}\n"
    )
    done = execute(["timeout", "20", str(BIN / "noetl"), "subscribe", "subscription.yaml", "--once"], tmp_path)
    assert "Tool not supported" not in done.stdout + done.stderr
    pending = nn.run("consumer_info", {"url": url, "stream": "ORDERS", "consumer": "c"})
    left = pending["num_pending"] + pending["num_ack_pending"]
    assert "✓ kv_get B/k" in done.stderr or left == 1, "the message is gone and the step has not run"


@pytest.mark.parametrize("reference", ["{{ skipped.value.n }}", "{{ skipped.value }}", "{{ skipped.status | upper }}"])
@pytest.mark.parametrize("spelling", ["{}", "<{}>"])
def test_a_reference_to_a_step_that_has_not_run(tmp_path: Path, url: str, reference: str, spelling: str) -> None:
    """Empty, as everywhere in a nats step; or an error. Not braces in a command."""
    steps = [shell("show", f"echo '{spelling.format(reference)}'"), get(url, "skipped")]
    assert "{{" not in shown(run(tmp_path, steps))


def test_a_reference_of_a_step_to_itself(tmp_path: Path, url: str) -> None:
    """The engine sets the vars of a step in no fixed order."""
    steps = [get(url, following=["show"], vars={"n": "{{ get.value.n }}"}), shell("show", "echo '{{ vars.n }}'")]
    assert {shown(run(tmp_path, steps)) for _ in range(30)} == {"7"}


@pytest.mark.parametrize("part", ["case", "when"])
def test_a_condition_of_a_step_on_itself(tmp_path: Path, url: str, part: str) -> None:
    case = [{"when": "{{ get.value.n == 7 }}", "then": {"next": [{"step": "show"}]}}]
    more: dict[str, Any] = {"case": case} if part == "case" else {"when": "{{ get.status != 'success' }}"}
    following = ["show"] if part == "when" else None
    assert (
        shown(run(tmp_path, [get(url, following=following, **more), shell("show", "echo '{{ get.value.n }}'")])) == "7"
    )


@pytest.mark.parametrize(
    "loop", ["{{ workload.items }}", ["a"], {"iterator": "i"}, {"in": [1]}, {"collection": [1], "element": "i"}, {"over": [1]}]
)  # fmt: skip
def test_a_loop_that_is_not_understood(tmp_path: Path, url: str, loop: object) -> None:
    """It repeats the step, or is refused; it never runs it once as if there were no loop."""
    path = written(tmp_path, [get(url, loop=loop)], workload={"items": [1, 2]})
    done = execute([*NOETL, str(path), "--json"], tmp_path)
    assert done.returncode == 1 or "count" in json.loads(shown(done))


@pytest.mark.parametrize(
    "text",
    [
        "{{ get.value.a-b }}",
        "{{ get.value['n'] }}",
        "{{ get.value | tojson }}",
        "{{ get.value.n + 1 }}",
        "{{ get.x[0][1] }}",
    ],
)
@pytest.mark.parametrize("where", ["shell", "vars", "input", "rhai"])
def test_what_the_engine_cannot_render_is_refused(tmp_path: Path, url: str, text: str, where: str) -> None:
    if where == "shell" and text == "{{ get.x[0][1] }}":
        text = "{{ get.x[0]['n'] }}"  # a second index works there
    steps: dict[str, dict[str, Any]] = {
        "shell": shell("show", f"echo {text}"),
        "vars": {**shell("show", "echo x"), "vars": {"a": text}},
        "input": {**shell("show", "echo x"), "input": {"a": text}},
        "rhai": {"step": "show", "tool": {"kind": "rhai", "code": f'"{text}"'}},
    }
    done = run(tmp_path, [get(url, following=["show"]), steps[where]])
    assert done.returncode == 1
    assert "step 'show'" in done.stderr
    assert text in done.stderr
    assert "kv_get" not in done.stderr


@PROGRAMS
def test_an_outcome_that_cannot_be_written(tmp_path: Path, url: str, program: list[str]) -> None:
    words = ["sh", "-c", 'exec "$@" >/dev/full', "sh", *program, str(written(tmp_path, [get(url)])), "--json"]
    assert execute(words, tmp_path).returncode != 0


@PROGRAMS
def test_a_closed_standard_output(tmp_path: Path, url: str, program: list[str]) -> None:
    words = ["sh", "-c", 'exec "$@" >&-', "sh", *program, str(written(tmp_path, [get(url)])), "--json"]
    assert "AttributeError" not in execute(words, tmp_path).stderr
