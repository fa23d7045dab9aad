"""How the command line reaches a server, and what it says when it does not: one process for each call."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from nats_server import JETSTREAM, Server, running

PASSWORD = "s3cret-planted"


def call(operation: str, params: dict[str, Any], env: dict[str, str] | None = None) -> tuple[int, dict[str, Any], str]:
    """Exit status, the one line of JSON, and everything printed."""
    binary = shutil.which("noetl-nats")
    assert binary, "noetl-nats is not on PATH: run make build"
    done = subprocess.run(
        [binary, "call", operation, "--params", "-"],
        input=json.dumps(params),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **(env or {})},
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 1, done.stdout + done.stderr
    return done.returncode, json.loads(lines[0]), done.stdout + done.stderr


def works(params: dict[str, Any], env: dict[str, str] | None = None) -> dict[str, Any]:
    status, document, _ = call("ping", params, env)
    assert status == 0, document
    return document


def refused(
    operation: str, params: dict[str, Any], code: str, status: int, env: dict[str, str] | None = None
) -> dict[str, Any]:
    returned, document, printed = call(operation, params, env)
    assert document["error"]["code"] == code, document
    assert returned == status
    assert PASSWORD not in printed
    error: dict[str, Any] = document["error"]
    return error


@pytest.fixture(scope="module")
def locked() -> Iterator[Server]:
    with running(f"{JETSTREAM}\nauthorization {{ user: u, password: p4ss }}") as server:
        yield server


def test_nobody_listens() -> None:
    url = f"nats://u:{PASSWORD}@127.0.0.1:1"
    error = refused("kv_get", {"url": url, "bucket": "b", "key": "k"}, "unavailable", 8)
    assert error["hint"]
    assert "127.0.0.1:1" in error["message"]


def test_all_problems_of_a_call_without_connecting() -> None:
    error = refused("kv_get", {"url": "nats://127.0.0.1:1", "bucket": "b", "kye": "k"}, "invalid_argument", 2)
    assert [each["path"] for each in error["details"]["problems"]] == ["kye", "key"]
    assert "did you mean key" in error["message"]


@pytest.mark.parametrize("subject", ["a b", "a\r\nPUB x 0", "a..b", "a.*", ""])
def test_a_subject_that_is_protocol(subject: str) -> None:
    refused("js_publish", {"url": "nats://127.0.0.1:1", "subject": subject, "data": "x"}, "invalid_argument", 2)


def test_wrong_and_missing_login(locked: Server) -> None:
    where = {"url": locked.url}
    refused("ping", {**where, "user": "u", "password": PASSWORD}, "unauthenticated", 6)
    refused("ping", {"url": locked.url.replace("nats://", f"nats://u:{PASSWORD}@")}, "unauthenticated", 6)
    refused("ping", where, "unauthenticated", 6)
    refused("ping", {**where, "token": PASSWORD}, "unauthenticated", 6)
    works({"url": locked.url.replace("nats://", "nats://u:p4ss@")})


def test_half_a_login_never_connects(locked: Server) -> None:
    refused("ping", {"url": locked.url, "user": "u"}, "invalid_argument", 2)
    refused("ping", {"url": locked.url, "password": PASSWORD}, "invalid_argument", 2)


def test_secrets_by_reference(locked: Server, tmp_path: Path) -> None:
    login = {"url": locked.url, "user": "u"}
    works({**login, "password": "env:PW"}, {"PW": "p4ss"})
    (tmp_path / "pw").write_text("p4ss\n")
    works({**login, "password": f"file:{tmp_path}/pw"})
    assert "NOT_SET" in refused("ping", {**login, "password": "env:NOT_SET"}, "invalid_argument", 2)["message"]
    refused("ping", {**login, "password": f"file:{tmp_path}/absent"}, "invalid_argument", 2)


def test_environment_and_context(locked: Server, tmp_path: Path) -> None:
    works({}, {"NATS_URL": locked.url, "NATS_USER": "u", "NATS_PASSWORD": "p4ss"})
    context = tmp_path / "nats/context/dev.json"
    context.parent.mkdir(parents=True)
    context.write_text(json.dumps({"url": locked.url, "user": "u", "password": "p4ss"}))
    config = {"XDG_CONFIG_HOME": str(tmp_path)}
    works({}, {"NATS_CONTEXT": "dev", **config})
    refused("ping", {}, "invalid_argument", 2, {"NATS_CONTEXT": "absent", **config})
    refused("ping", {}, "invalid_argument", 2, {"NATS_CONTEXT": "../dev", **config})


def test_credential_alias(locked: Server, tmp_path: Path) -> None:
    store = {"NOETL_CREDENTIALS_DIR": str(tmp_path)}
    alias = tmp_path / "main"
    document = {"type": "nats", "nats_url": locked.url, "nats_user": "u", "nats_password": "p4ss"}
    alias.write_text(json.dumps(document))
    alias.chmod(0o644)
    refused("ping", {"auth": "main"}, "permission_denied", 6, store)
    alias.chmod(0o600)
    works({"auth": "main"}, store)
    works({"auth": "main"}, {"NOETL_CREDENTIAL_MAIN": json.dumps(document)})
    refused("ping", {"credential": "main", "url": "nats://127.0.0.1:1"}, "unavailable", 8, store)
    refused("ping", {"auth": "absent"}, "not_found", 3, store)
    refused("ping", {"auth": "../main"}, "invalid_argument", 2, store)


def test_no_jetstream_in_the_account() -> None:
    with running("") as server:
        params = {"url": server.url, "bucket": "b", "key": "k"}
        assert "account" in refused("kv_get", params, "failed_precondition", 5)["hint"]


def test_permission_errors_name_subject_and_user() -> None:
    deny = '{publish: {deny: ["$JS.API.STREAM.CREATE.>"]}}'
    users = f"authorization {{ users: [{{user: app, password: b, permissions: {deny}}}] }}"
    with running(f"{JETSTREAM}\n{users}") as server:
        login = {"url": server.url, "user": "app", "password": "b"}
        error = refused(
            "stream_apply", {**login, "stream": "S", "config": {"subjects": ["s.>"]}}, "permission_denied", 6
        )
        assert "app" in error["message"]
        assert "$JS.API.STREAM.CREATE.S" in error["message"]


def test_a_server_that_never_greets() -> None:
    with socket.create_server(("127.0.0.1", 0)) as hole:
        url = f"nats://127.0.0.1:{hole.getsockname()[1]}"
        params = {"url": url, "connect_timeout_ms": 300, "timeout_ms": 2000}
        assert "NATS" in refused("ping", params, "unavailable", 8)["message"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    trustme.CA().cert_pem.write_to_path(str(folder / "other-ca.pem"))
    for name, identities in (("server", ["localhost", "127.0.0.1"]), ("client", ["client@example.com"])):
        cert = authority.issue_cert(*identities)
        cert.private_key_pem.write_to_path(str(folder / f"{name}-key.pem"))
        cert.cert_chain_pems[0].write_to_path(str(folder / f"{name}.pem"))
    return {path.stem: str(path) for path in folder.iterdir()}


@pytest.fixture(scope="module")
def secure(files: dict[str, str]) -> Iterator[Server]:
    with running(f'tls {{ cert_file: "{files["server"]}", key_file: "{files["server-key"]}" }}') as server:
        yield server


def tls_url(server: Server) -> str:
    return server.url.replace("nats://", "tls://")


def test_tls_with_the_right_ca_by_path_and_by_text(secure: Server, files: dict[str, str]) -> None:
    assert works({"url": tls_url(secure), "tls_ca": files["ca"]})["tls"] is True
    works({"url": tls_url(secure), "tls_ca": Path(files["ca"]).read_text()})


def test_tls_unknown_ca_and_wrong_name(secure: Server, files: dict[str, str]) -> None:
    where = {"url": tls_url(secure)}
    refused("ping", where, "failed_precondition", 5)
    refused("ping", {**where, "tls_ca": files["other-ca"]}, "failed_precondition", 5)
    refused("ping", {**where, "tls_ca": files["ca"], "tls_name": "example.com"}, "failed_precondition", 5)
    works({**where, "tls_ca": files["ca"], "tls_name": "localhost"})


def test_tls_insecure_only_when_asked_by_name(secure: Server) -> None:
    works({"url": tls_url(secure), "tls_insecure": True})


def test_tls_a_server_that_wants_tls(secure: Server) -> None:
    """A server that demands TLS gets it, whatever the scheme: without its CA that fails."""
    assert "tls_ca" in refused("ping", {"url": secure.url}, "failed_precondition", 5)["hint"]


def test_tls_a_client_certificate(files: dict[str, str]) -> None:
    pair = f'cert_file: "{files["server"]}", key_file: "{files["server-key"]}"'
    with running(f'tls {{ {pair}, ca_file: "{files["ca"]}", verify: true }}') as server:
        where = {"url": tls_url(server), "tls_ca": files["ca"]}
        works({**where, "tls_cert": files["client"], "tls_key": files["client-key"]})
        assert call("ping", where)[0] != 0
        refused("ping", {**where, "tls_cert": files["client"]}, "invalid_argument", 2)
        refused("ping", {**where, "tls_cert": files["client"], "tls_key": "/absent.pem"}, "invalid_argument", 2)


def test_tls_is_never_downgraded(locked: Server) -> None:
    login = {"user": "u", "password": PASSWORD}
    refused("ping", {"url": tls_url(locked), **login}, "failed_precondition", 5)
