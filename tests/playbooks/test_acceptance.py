"""The acceptance playbooks (accept/*.yaml) under the real engine, in all forms: what their headers promise."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import noetl_nats as nn
from engine import FORMS, HARD_NAME, NOETL, OURS, Done, Form, execute, result_of, tree
from nats_server import Server, running

ACCEPT = Path(__file__).parent / "accept"
HOSTILE = 'it\'s "q" $(touch PWNED) `touch PWNED` \\ {{ workload.url }} }} {% x %}\nEOF\n!#|== != in é'


def command(program: list[str], playbook: str, cwd: Path, *options: str, **env: str) -> Done:
    return execute([*program, str(ACCEPT / playbook), *options], cwd, **env)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as server:
        prepare(server)
        yield server.url


def prepare(server: Server) -> None:
    nn.run("kv_bucket_apply", {"url": server.url, "bucket": "accept"})
    nn.run("stream_apply", {"url": server.url, "stream": "ACCEPT", "config": {"subjects": ["accept.>"]}})


@pytest.fixture(params=["another cwd", "read-only", "hard path"])
def playbooks(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Where the playbooks lie. What runs writes nothing there, but for the folder that a playbook names itself."""
    place = tmp_path / (HARD_NAME if request.param == "hard path" else "playbooks")
    shutil.copytree(ACCEPT, place)
    (place / "children" / "out").mkdir()
    before = tree(place)
    folders = [place, place / "children", place / "children" / "deep"] if request.param == "read-only" else []
    for folder in folders:
        folder.chmod(0o555)
    yield place
    for folder in folders:
        folder.chmod(0o755)
    assert {name: text for name, text in tree(place).items() if not name.startswith("children/out/")} == before


@pytest.fixture
def cwd(tmp_path: Path) -> Iterator[Path]:
    """Nothing may appear there: no hostile text becomes a command."""
    directory = tmp_path / "cwd"
    directory.mkdir()
    yield directory
    assert list(directory.iterdir()) == []


@pytest.fixture(params=FORMS)
def run(request: pytest.FixtureRequest, playbooks: Path, cwd: Path) -> Form:
    """Each form that gives an outcome, from each place."""
    return Form(FORMS[request.param], playbooks, cwd)


def test_put_get(run: Form, url: str) -> None:
    outcome = run("01-put-get.yaml", url=url)
    put = result_of(outcome, "put")
    assert outcome["executed_steps"] == ["put", "get", "show"]
    assert "\n" not in outcome["step_results"]["put"]
    assert (put["status"], put["bucket"], put["key"]) == ("success", "accept", "user.1")
    assert outcome["final_result"] == f"ada {put['revision']}"


def test_types(run: Form, url: str) -> None:
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


def test_hostile_value(run: Form, url: str) -> None:
    outcome = run("04-injection.yaml", url=url, v=HOSTILE)
    value = result_of(outcome, "get")["value"]
    assert value == {"text": HOSTILE, "wrapped": f"<{HOSTILE}>"}
    assert outcome["final_result"] == "same"


def test_shell_result_by_field(run: Form, url: str) -> None:
    who = 'O\'Brien "x"'
    value = result_of(run("05-shell-to-nats.yaml", url=url), "get")["value"]
    assert value == {"whole": {"id": 42, "who": who}, "who": who, "n": 43}


def test_a_missing_key_is_a_result(run: Form, url: str) -> None:
    assert run("06-route-not-found.yaml", url=url)["final_result"] == "created"


@pytest.mark.parametrize(("limit", "branch"), [("5", "high"), ("6.5", "high"), ("7", "low"), ("50", "low")])
def test_expressions_route(run: Form, url: str, limit: str, branch: str) -> None:
    assert run("07-route-expression.yaml", url=url, limit=limit)["final_result"] == branch


def test_inclusive(run: Form, url: str) -> None:
    outcome = run("08-route-inclusive.yaml", url=url)
    assert outcome["executed_steps"] == ["put", "a", "c"]
    assert outcome["final_result"] == f"c {result_of(outcome, 'put')['revision']}"


def test_loop(run: Form, url: str) -> None:
    outcome = run("09-loop.yaml", url=url)
    each = result_of(outcome, "each")
    assert (each["count"], len(each["results"])) == (2, 2)
    assert outcome["final_result"] == "2 loop.b"
    where = {"url": url, "bucket": "accept"}
    assert nn.run("kv_get", {**where, "key": "loop.a"})["value"] == {"v": 1, "i": 0}
    assert nn.run("kv_get", {**where, "key": "loop.b"})["value"] == {"v": [2], "i": 1}


def kv(url: str, key: str) -> Any:
    return nn.run("kv_get", {"url": url, "bucket": "accept", "key": key})


def test_sub_playbook(run: Form, url: str) -> None:
    outcome = run("10-sub-playbook.yaml", url=url)
    revision = result_of(outcome, "top")["revision"]
    assert outcome["executed_steps"] == ["top", "fin"]
    assert kv(url, f"sub.rev{revision}")["value"] == {"parent": revision}
    assert kv(url, f"leaf.rev{revision}")["value"] == "x"
    assert (run.playbooks / "children/out/sub.json").exists()


def test_sub_playbook_known_at_run_time_only(run: Form, url: str) -> None:
    nn.run("kv_purge", {"url": url, "bucket": "accept", "key": "leaf.dyn"})
    outcome = run("11-sub-dynamic-path.yaml", url=url)
    assert result_of(outcome, "fin")["value"] == "x"
    assert kv(url, "sub.dyn")["status"] == "success"


def test_vars_of_the_engine(run: Form, url: str) -> None:
    assert run("14-vars-result.yaml", url=url)["final_result"] == "ada@x.org none 1"


def test_pipeline(run: Form, url: str) -> None:
    assert run("15-pipeline.yaml", url=url)["final_result"] == "5"


def test_mixed_pipeline_is_refused(run: Form) -> None:
    done = run.execute("16-pipeline-mixed.yaml")
    assert done.returncode == 1
    assert str(run.playbooks / "16-pipeline-mixed.yaml") in done.stderr
    assert "step 'pipe': a pipeline that mixes nats with shell cannot run locally" in done.stderr


def test_large_value(run: Form, url: str) -> None:
    run("17-large-value.yaml", url=url)
    assert kv(url, "big")["value"] == kv(url, "big2")["value"] == "abé" * 60000


def test_engine_only(run: Form) -> None:
    wanted = "W=deploy bare=deploy n=3 {{workload.n}} {{ workload.nope }}"
    assert run("18-engine-only.yaml", action="deploy")["final_result"] == wanted


BANNERS = {
    "01-put-get": ["put", "get", "show"],
    "10-sub-playbook": ["top", "call", "cput", "sink", "leaf", "l", "fin"],
    "14-vars-result": ["put", "get", "show"],
    "15-pipeline": ["pipe", "show"],
    "17-large-value": ["seed", "get", "copy"],
}


@pytest.mark.parametrize("program", [NOETL, OURS], ids=["noetl run", "noetl-nats run"])
@pytest.mark.parametrize("playbook", BANNERS)
def test_steps_are_announced(program: list[str], playbook: str, playbooks: Path, cwd: Path, url: str) -> None:
    """Without --json: every step by its name, in the order of the playbook, nothing on standard output."""
    done = execute([*program, str(playbooks / f"{playbook}.yaml"), "--set", f"url={url}"], cwd)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    shown = [line.removeprefix("🔹 Step: ") for line in done.stderr.splitlines() if line.startswith("🔹 Step: ")]
    assert shown == BANNERS[playbook]
    assert "noetl-nats-run-" not in done.stderr


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
    done = execute([sys.executable, "-c", program], ACCEPT)
    assert done.returncode == 1
    assert "RuntimeError: step 'put': " in done.stderr
    assert "no-such-bucket" in done.stderr


def test_routing_gives_the_same_answer_every_time(url: str, tmp_path: Path) -> None:
    run = Form(NOETL, ACCEPT, tmp_path)
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
    done = execute([*NOETL, str(playbook)], tmp_path)
    assert done.returncode == 1
    assert f"{playbook}:9: step 'show'" in done.stderr
    assert "{{ put.revision + 1 }}" in done.stderr
    assert nn.run("kv_get", {"url": url, "bucket": "accept", "key": "refused"})["status"] == "not_found"
