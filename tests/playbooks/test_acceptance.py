"""The acceptance playbooks (accept/*.yaml) under the real engine, in all forms: what their headers promise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import noetl_nats as nn
from nats_server import Server, running

ACCEPT = Path(__file__).parent / "accept"
BIN = Path(sys.executable).parent
HOSTILE = 'it\'s "q" $(touch PWNED) `touch PWNED` \\ {{ workload.url }} }} {% x %}\nEOF\n!#|== != in é'
Outcome = dict[str, Any]


def environment(**extra: str) -> dict[str, str]:
    mine = ("NATS_", "NOETL_", "RUST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    return kept | {"PATH": f"{BIN}:{os.environ['PATH']}"} | extra


def command(
    program: list[str], playbook: str, cwd: Path, *options: str, **env: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*program, str(ACCEPT / playbook), *options],
        cwd=cwd,
        env=environment(**env),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as server:
        prepare(server)
        yield server.url


def prepare(server: Server) -> None:
    nn.run("kv_bucket_apply", {"url": server.url, "bucket": "accept"})
    nn.run("stream_apply", {"url": server.url, "stream": "ACCEPT", "config": {"subjects": ["accept.>"]}})


NOETL = [str(BIN / "noetl"), "run"]
OURS = [str(BIN / "noetl-nats"), "run"]
Runner = Callable[..., Outcome]


def by_command(program: list[str]) -> Callable[[Path], Runner]:
    def at(cwd: Path) -> Runner:
        def run(playbook: str, **variables: str) -> Outcome:
            settings = [word for name, value in variables.items() for word in ("--set", f"{name}={value}")]
            done = command(program, playbook, cwd, "--json", *settings)
            assert done.returncode == 0, done.stderr
            outcome: Outcome = json.loads(done.stdout)
            assert outcome["playbook_path"] == str(ACCEPT / playbook)
            return outcome

        return run

    return at


def by_python(cwd: Path) -> Runner:
    """A fresh interpreter, as a program of a user would be."""

    def run(playbook: str, **variables: str) -> Outcome:
        program = (
            "import json, sys, noetl\n"
            "playbook, variables = json.loads(sys.stdin.read())\n"
            "print(json.dumps(noetl.run(playbook, variables=variables)))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program],
            input=json.dumps([str(ACCEPT / playbook), variables]),
            cwd=cwd,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        outcome: Outcome = json.loads(done.stdout)
        assert outcome["playbook_path"] == str(ACCEPT / playbook)
        return outcome

    return run


@pytest.fixture(params=["noetl run", "noetl.run", "noetl-nats run"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Runner:
    """From another working directory, in each form."""
    forms = {"noetl run": by_command(NOETL), "noetl.run": by_python, "noetl-nats run": by_command(OURS)}
    return forms[request.param](tmp_path)


def result_of(outcome: Outcome, step: str) -> Any:
    return json.loads(outcome["step_results"][step])


def test_put_get(run: Runner, url: str) -> None:
    outcome = run("01-put-get.yaml", url=url)
    put = result_of(outcome, "put")
    assert outcome["executed_steps"] == ["put", "get", "show"]
    assert "\n" not in outcome["step_results"]["put"]
    assert (put["status"], put["bucket"], put["key"]) == ("success", "accept", "user.1")
    assert outcome["final_result"] == f"ada {put['revision']}"


def test_types(run: Runner, url: str) -> None:
    assert result_of(run("03-types.yaml", url=url), "get")["value"] == {
        "n": 7,
        "f": 1.5,
        "flag": True,
        "nul": None,
        "obj": {"x": [1, "two"]},
        "mixed": ["n=7", 7, False],
        "deep": "two",
        "text": "007 ",
    }


def test_hostile_value(run: Runner, url: str, tmp_path: Path) -> None:
    outcome = run("04-injection.yaml", url=url, v=HOSTILE)
    value = result_of(outcome, "get")["value"]
    assert value == {"text": HOSTILE, "wrapped": f"<{HOSTILE}>"}
    assert outcome["final_result"] == "same"
    assert not (tmp_path / "PWNED").exists()


def test_shell_result_by_field(run: Runner, url: str) -> None:
    who = 'O\'Brien "x"'
    value = result_of(run("05-shell-to-nats.yaml", url=url), "get")["value"]
    assert value == {"whole": {"id": 42, "who": who}, "who": who, "n": 43}


def test_a_missing_key_is_a_result(run: Runner, url: str) -> None:
    assert run("06-route-not-found.yaml", url=url)["final_result"] == "created"


@pytest.mark.parametrize(("limit", "branch"), [("5", "high"), ("6.5", "high"), ("7", "low"), ("50", "low")])
def test_expressions_route(run: Runner, url: str, limit: str, branch: str) -> None:
    assert run("07-route-expression.yaml", url=url, limit=limit)["final_result"] == branch


def test_inclusive(run: Runner, url: str) -> None:
    outcome = run("08-route-inclusive.yaml", url=url)
    assert outcome["executed_steps"] == ["put", "a", "c"]
    assert outcome["final_result"] == f"c {result_of(outcome, 'put')['revision']}"


def test_loop(run: Runner, url: str) -> None:
    outcome = run("09-loop.yaml", url=url)
    each = result_of(outcome, "each")
    assert (each["count"], len(each["results"])) == (2, 2)
    assert outcome["final_result"] == "2 loop.b"
    where = {"url": url, "bucket": "accept"}
    assert nn.run("kv_get", {**where, "key": "loop.a"})["value"] == {"v": 1, "i": 0}
    assert nn.run("kv_get", {**where, "key": "loop.b"})["value"] == {"v": [2], "i": 1}


@pytest.mark.parametrize("program", [NOETL, OURS], ids=["noetl run", "noetl-nats run"])
class TestWhatAPersonSees:
    def test_progress_on_the_terminal(self, program: list[str], url: str, tmp_path: Path) -> None:
        done = command(program, "01-put-get.yaml", tmp_path, "--set", f"url={url}")
        assert done.returncode == 0, done.stderr
        assert "✓ kv_put accept/user.1 success" in done.stderr
        assert done.stdout == ""

    def test_a_bucket_that_is_not_there(self, program: list[str], url: str, tmp_path: Path) -> None:
        done = command(program, "12-error-bucket.yaml", tmp_path, "--set", f"url={url}")
        assert done.returncode == 1
        assert "✗ nats: put:" in done.stderr
        assert "no-such-bucket" in done.stderr
        assert done.stderr.strip().splitlines()[-1] == "Error: Command failed with exit code: Some(1)"
        assert not (tmp_path / "AFTER").exists()

    def test_nobody_listens(self, program: list[str], tmp_path: Path) -> None:
        done = command(program, "13-error-connect.yaml", tmp_path)
        assert done.returncode == 1
        assert "127.0.0.1:1" in done.stderr
        assert "s3cret" not in done.stderr + done.stdout

    def test_nothing_is_left_behind(self, program: list[str], url: str, tmp_path: Path) -> None:
        temporary = tmp_path / "tmp"
        temporary.mkdir()
        done = command(program, "01-put-get.yaml", tmp_path, "--set", f"url={url}", TMPDIR=str(temporary))
        assert done.returncode == 0, done.stderr
        assert list(temporary.iterdir()) == []


def test_requires_nats(url: str, tmp_path: Path) -> None:
    setting = ("--set", f"url={url}")
    assert command(NOETL, "02-requires-nats.yaml", tmp_path, *setting).returncode == 0
    off = command(NOETL, "02-requires-nats.yaml", tmp_path, *setting, NOETL_NATS_HOOK="0")
    assert off.returncode == 1
    assert "Playbook 'requires-nats' requires tool 'nats' which is not supported by local runtime." in off.stderr


def test_noetl_run_says_which_step_failed_and_why(url: str) -> None:
    program = f"import noetl; noetl.run({str(ACCEPT / '12-error-bucket.yaml')!r}, variables={{'url': {url!r}}})"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "RuntimeError: step 'put': " in done.stderr
    assert "no-such-bucket" in done.stderr


def test_routing_gives_the_same_answer_every_time(url: str, tmp_path: Path) -> None:
    run = by_command(NOETL)(tmp_path)
    assert {run("06-route-not-found.yaml", url=url)["final_result"] for _ in range(30)} == {"created"}


def test_what_the_engine_cannot_do_is_refused_before_anything_runs(url: str, tmp_path: Path) -> None:
    playbook = tmp_path / "bad.yaml"
    playbook.write_text(
        "apiVersion: noetl.io/v2\nkind: Playbook\nmetadata: {name: bad}\nworkflow:\n"
        "  - step: put\n"
        f"    tool: {{kind: nats, url: '{url}', operation: kv_put, bucket: accept, key: refused, value: 1}}\n"
        "    next: {arcs: [{step: show}]}\n"
        "  - step: show\n"
        "    tool: {kind: shell, cmds: ['echo {{ put.revision + 1 }}']}\n"
    )
    done = subprocess.run(
        [*NOETL, str(playbook)],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert f"{playbook}:9: step 'show'" in done.stderr
    assert "{{ put.revision + 1 }}" in done.stderr
    assert nn.run("kv_get", {"url": url, "bucket": "accept", "key": "refused"})["status"] == "not_found"


def test_a_playbook_without_nats_steps_is_left_alone(tmp_path: Path) -> None:
    playbook = tmp_path / "plain.yaml"
    playbook.write_text(
        "apiVersion: noetl.io/v2\nkind: Playbook\nmetadata: {name: plain}\nworkflow:\n"
        "  - {step: a, tool: {kind: shell, cmds: ['echo hi']}}\n"
    )
    runs = [
        subprocess.run(
            [*NOETL, str(playbook), "--json"],
            env=environment(**env),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        for env in ({}, {"NOETL_NATS_HOOK": "0"})
    ]
    outcomes = [{**json.loads(done.stdout), "started_at": 0, "completed_at": 0, "duration_seconds": 0} for done in runs]
    assert outcomes[0] == outcomes[1]
    assert runs[0].stderr == runs[1].stderr
