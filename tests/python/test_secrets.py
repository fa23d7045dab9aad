"""A password never appears in what we print, raise or return."""

from __future__ import annotations

import json
import subprocess
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

import noetl_nats as nn
from nats_server import Server, running

PLANTED = "planted-s3cret-7f1c"
LOGIN = f'authorization {{ user: "u", password: "right-{PLANTED}" }}'


@pytest.fixture(scope="module")
def guarded() -> Iterator[Server]:
    with running(LOGIN) as server:
        yield server


def logins(server: Server) -> list[dict[str, Any]]:
    host = server.url.removeprefix("nats://") if hasattr(str, "removeprefix") else server.url[7:]
    return [
        {"url": server.url, "user": "u", "password": PLANTED},
        {"url": f"nats://u:{PLANTED}@{host}"},
        {"url": server.url, "token": PLANTED},
        {"url": server.url, "user": "u", "password": f"env:NOT_SET_{PLANTED[-4:]}"},
    ]


def test_no_door_prints_it(guarded: Server) -> None:
    for login in logins(guarded):
        shown = [json.dumps(nn.call("ping", login))]
        for attempt in (lambda given=login: nn.run("ping", given), lambda given=login: nn.connect(**given)):
            with pytest.raises(nn.NatsError) as raised:
                attempt()
            shown += ["".join(traceback.format_exception(raised.value)), repr(raised.value), str(raised.value.result)]
        done = subprocess.run(
            ["noetl-nats", "call", "ping", "--params", "-"],
            input=json.dumps(login),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode in (2, 6)
        shown += [done.stdout, done.stderr]
        assert not any(PLANTED in text for text in shown), shown


def test_wrong_password_is_unauthenticated(guarded: Server) -> None:
    result = nn.call("ping", {"url": guarded.url, "user": "u", "password": PLANTED})
    assert result["error"]["code"] == "unauthenticated"


def test_the_right_password_is_not_shown_either(guarded: Server) -> None:
    login: dict[str, Any] = {"url": guarded.url, "user": "u", "password": f"right-{PLANTED}"}
    with nn.connect(**login) as nats:
        shown = [repr(nats), str(nats.ping()), str(nats.server_info())]
    shown.append(json.dumps(nn.run("server_info", login)))
    assert not any(PLANTED in text for text in shown), shown


def test_a_secret_from_the_environment_or_a_file(
    guarded: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("THE_PASSWORD", f"right-{PLANTED}")
    (tmp_path / "password").write_text(f"right-{PLANTED}\n")
    for reference in ("env:THE_PASSWORD", f"file:{tmp_path / 'password'}"):
        assert nn.run("ping", {"url": guarded.url, "user": "u", "password": reference})["status"] == "success"
