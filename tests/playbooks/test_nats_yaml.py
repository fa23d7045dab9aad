"""playbooks/automation/infrastructure/nats.yaml under the real `noetl run`, with a real nats-server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nats
import nats.errors
import nats.js.errors
import pytest

PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"
PLAYBOOK = "automation/infrastructure/nats.yaml"
NOETL = Path(sys.executable).parent / "noetl"
ACTIONS = [
    "deploy",
    "undeploy",
    "status",
    "health",
    "streams",
    "logs",
    "port-forward",
    "monitoring",
    "connect",
    "test",
    "restart",
    "help",
]


@dataclass
class Playbook:
    """Runs the playbook in a data directory of its own."""

    data: Path
    port: int = 0

    def run(
        self, action: str | None = None, *settings: str, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        command = [str(NOETL), "run", PLAYBOOK]
        for setting in ([f"action={action}"] if action is not None else []) + list(settings):
            command += ["--set", setting]
        mine = ("NATS_", "NOETL_", "RUST_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
        environment |= {"XDG_DATA_HOME": str(self.data), "PATH": f"{NOETL.parent}:{os.environ['PATH']}"} | (env or {})
        return subprocess.run(
            command, cwd=PLAYBOOKS, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    def ok(self, action: str, *settings: str) -> str:
        """What a person sees of a run that succeeds."""
        done = self.run(action, *settings)
        assert done.returncode == 0, done.stderr
        assert f"🔹 Step: {action}" in done.stderr
        return done.stderr

    def record(self, instance: str = "nats") -> dict[str, object]:
        found: dict[str, object] = json.loads((self.data / "noetl-nats" / instance / "instance.json").read_text())
        return found


@pytest.fixture
def playbook(tmp_path: Path) -> Iterator[Playbook]:
    book = Playbook(tmp_path / "data")
    yield book
    if (book.data / "noetl-nats").exists():
        for directory in (book.data / "noetl-nats").iterdir():
            if directory.is_dir():
                book.run("undeploy", f"instance={directory.name}", "purge=true")


@pytest.fixture
def deployed(playbook: Playbook) -> Playbook:
    playbook.ok("deploy", "port=auto", "http_port=auto")
    return playbook


def url(book: Playbook) -> str:
    urls = book.record()["urls"]
    assert isinstance(urls, list)
    return str(urls[0])


def test_help_is_the_default_and_names_every_action(playbook: Playbook) -> None:
    done = playbook.run()
    assert done.returncode == 0, done.stderr
    for action in ACTIONS:
        assert f"  {action} " in done.stderr
    assert playbook.ok("help").count("deploy") == done.stderr.count("deploy")


@pytest.mark.parametrize("action", ["delpoy", "", "x=='y'", "deploy'", "{{ workload.instance }}"])
def test_an_unknown_action_is_an_error_that_lists_the_actions(playbook: Playbook, action: str) -> None:
    done = playbook.run(action)
    assert done.returncode == 1
    assert f"unknown action '{action}'" in done.stderr
    assert " ".join(ACTIONS) in done.stderr
    assert not playbook.data.exists(), "nothing was deployed"


def test_without_the_plugin_it_fails_instead_of_doing_nothing(playbook: Playbook) -> None:
    done = playbook.run("deploy", env={"NOETL_NATS_HOOK": "0"})
    assert done.returncode == 1
    assert "requires tool 'nats'" in done.stderr
    assert not playbook.data.exists()


def test_the_whole_life(playbook: Playbook) -> None:
    seen = playbook.ok("deploy", "port=auto", "http_port=auto", "memory=64MiB", "storage=256MiB")
    assert "nats is running" in seen
    assert url(playbook) in seen

    assert "running" in playbook.ok("status")
    assert "connection" in playbook.ok("health")
    assert "everything works" in playbook.ok("test")
    assert "no streams" in playbook.ok("streams")
    assert "Server is ready" in playbook.ok("logs")
    assert "nats-server" in playbook.ok("monitoring")
    assert url(playbook) in playbook.ok("connect")
    assert url(playbook) in playbook.ok("port-forward")
    playbook.ok("restart")
    assert "connection" in playbook.ok("health")

    playbook.ok("undeploy", "purge=true")
    assert not (playbook.data / "noetl-nats" / "nats" / "data").exists()
    assert playbook.run("health").returncode == 1


def test_a_second_deploy_changes_nothing(deployed: Playbook) -> None:
    before = deployed.record()
    deployed.ok("deploy", "port=auto", "http_port=auto")
    assert deployed.record()["process"] == before["process"]


def test_data_survives_undeploy_unless_it_is_purged(deployed: Playbook) -> None:
    async def make() -> None:
        client = await nats.connect(url(deployed), user="noetl", password="noetl")
        stream = await client.jetstream().add_stream(name="ORDERS", subjects=["orders.>"])
        assert stream.config.name == "ORDERS"
        await client.jetstream().publish("orders.new", b"1")
        await client.close()

    asyncio.run(make())
    deployed.ok("undeploy")
    deployed.ok("deploy", "port=auto", "http_port=auto")
    assert "ORDERS" in deployed.ok("streams")
    assert "ORDERS" not in deployed.ok("streams", "stream=KV_*")


def test_a_foreign_client_has_jetstream_and_no_system_account(deployed: Playbook) -> None:
    async def look() -> None:
        client = await nats.connect(url(deployed), user="noetl", password="noetl")
        assert (await client.jetstream().account_info()).streams == 0
        with pytest.raises(nats.errors.NoRespondersError):
            await client.request("$SYS.REQ.SERVER.PING", b"", timeout=2)
        await client.close()

    asyncio.run(look())


def test_health_says_what_is_wrong_and_fails(deployed: Playbook) -> None:
    async def fill() -> None:
        client = await nats.connect(url(deployed), user="noetl", password="noetl")
        jetstream = client.jetstream()
        await jetstream.add_stream(name="AUDIT", subjects=["audit.>"], max_msgs=1, discard="new")
        await jetstream.publish("audit.x", b"1")
        with pytest.raises(nats.js.errors.APIError):
            await jetstream.publish("audit.x", b"2")
        await client.close()

    asyncio.run(fill())
    done = deployed.run("health")
    assert done.returncode == 1
    assert "critical" in done.stderr
    assert "AUDIT" in done.stderr
    assert "noetl-nats stream apply AUDIT" in done.stderr
    assert deployed.run("health", "fail_on=never").returncode == 0
    assert deployed.run("health", "checks=connection,jetstream").returncode == 0


def test_a_killed_server_is_seen_and_brought_back(deployed: Playbook) -> None:
    process = deployed.record()["process"]
    assert isinstance(process, dict)
    os.kill(int(process["pid"]), signal.SIGKILL)
    assert deployed.run("health").returncode == 1
    assert deployed.run("status").returncode == 0
    deployed.ok("deploy", "port=auto", "http_port=auto")
    assert deployed.run("health").returncode == 0


def test_instances_live_side_by_side(deployed: Playbook) -> None:
    deployed.ok("deploy", "instance=second", "port=auto", "http_port=auto")
    first, second = deployed.record()["urls"], deployed.record("second")["urls"]
    assert first != second
    assert str(second[0]) in deployed.ok("connect", "instance=second")  # type: ignore[index]


def test_an_instance_that_is_not_there(playbook: Playbook) -> None:
    for action in ("health", "streams", "test", "monitoring"):
        done = playbook.run(action, "instance=nope")
        assert done.returncode == 1
        assert "nope" in done.stderr
        assert "deploy" in done.stderr
