"""nn.run, nn.call, nn.operations, nn.describe: parameters in, documents out."""

from __future__ import annotations

import pickle
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import noetl_nats as nn
from nats_server import Server

CLOSED = "nats://127.0.0.1:1"


@pytest.fixture
def bucket(server: Server) -> dict[str, Any]:
    """The parameters that name a fresh bucket."""
    nn.run("kv_bucket_apply", {"url": server.url, "bucket": "B"})
    return {"url": server.url, "bucket": "B"}


def test_a_result_is_a_flat_document_with_status_first(bucket: dict[str, Any]) -> None:
    result = nn.run("kv_put", {**bucket, "key": "k", "value": {"a": [1, 2.5, None, True]}})
    assert next(iter(result.items())) == ("status", "success")
    assert nn.run("kv_get", {**bucket, "key": "k"})["value"] == {"a": [1, 2.5, None, True]}


def test_absence_is_a_result(bucket: dict[str, Any]) -> None:
    assert nn.run("kv_get", {**bucket, "key": "none"})["status"] == "not_found"


def test_run_raises_the_class_of_the_code(bucket: dict[str, Any]) -> None:
    nn.run("kv_create", {**bucket, "key": "k", "value": "1"})
    with pytest.raises(nn.AlreadyExistsError) as raised:
        nn.run("kv_create", {**bucket, "key": "k", "value": "2"})
    error = raised.value
    assert error.code == "already_exists"
    assert "'k'" in error.message
    assert error.result["status"] == "error"
    assert error.result["error"]["code"] == "already_exists"
    assert error.retryable is False
    assert error.maybe_applied is False


def test_call_never_raises() -> None:
    result = nn.call("kv_get", {"url": CLOSED, "bucket": "B", "key": "k"})
    assert result["error"]["code"] == "unavailable"
    assert result["error"]["hint"]
    assert nn.call("no_such_operation")["error"]["code"] == "invalid_argument"


def test_errors_fit_the_classes_of_python() -> None:
    with pytest.raises(ConnectionError):
        nn.run("ping", {"url": CLOSED})
    with pytest.raises(ValueError, match="kye"):
        nn.run("kv_get", {"bucket": "b", "kye": "k"})


def test_every_problem_is_named_without_connecting() -> None:
    with pytest.raises(nn.InvalidArgumentError) as raised:
        nn.run("kv_get", {"url": CLOSED, "bucket": "b", "kye": "k"})
    assert [each["path"] for each in raised.value.details["problems"]] == ["kye", "key"]
    assert "did you mean key?" in raised.value.message


def test_errors_can_be_pickled() -> None:
    with pytest.raises(nn.UnavailableError) as raised:
        nn.run("ping", {"url": CLOSED})
    again = pickle.loads(pickle.dumps(raised.value))
    assert type(again) is nn.UnavailableError
    assert again.result == raised.value.result
    assert str(again) == str(raised.value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({1, 2}, "set has no JSON form"),
        ({"a": [{"b": object()}]}, "value.a[0].b: object has no JSON form"),
        (float("nan"), "NaN"),
        (2**70, "64 bits"),
        ("\ud800", "surrogates"),
        ({1: 2}, "key 1 is not a text"),
        (datetime(2026, 1, 2), "without a time zone"),
    ],
)
def test_a_value_without_a_json_form_is_refused(value: object, text: str) -> None:
    result = nn.call("kv_put", {"url": CLOSED, "bucket": "b", "key": "k", "value": value})
    assert result["error"]["code"] == "invalid_argument"
    assert text in result["error"]["message"]


def test_a_value_that_holds_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert "nested deeper" in nn.call("kv_put", {"bucket": "b", "key": "k", "value": loop})["error"]["message"]


def test_values_of_python_that_have_an_obvious_form(bucket: dict[str, Any]) -> None:
    value = {
        "path": Path("/tmp/x"),
        "when": datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
        "delay": timedelta(seconds=90),
        "pair": (1, 2),
        "large": 2**64 - 1,
    }
    nn.run("kv_put", {**bucket, "key": "k", "value": value})
    assert nn.run("kv_get", {**bucket, "key": "k"})["value"] == {
        "path": "/tmp/x",
        "when": "2026-01-02T03:04:05+00:00",
        "delay": 90.0,
        "pair": [1, 2],
        "large": 2**64 - 1,
    }


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_arrive_as_they_are(bucket: dict[str, Any], server: Server, kind: type) -> None:
    nn.run("kv_put", {**bucket, "key": "k", "value": kind(b"\x00\xff")})
    with nn.connect(server.url) as nats:
        entry = nats.kv_get("B", "k")
    assert entry is not None
    assert entry.value == b"\x00\xff"
    assert nn.run("kv_get", {**bucket, "key": "k"})["encoding"] == "base64"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(value=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), json_values, max_size=5))
def test_any_json_value_comes_back_the_same(worker_server: Server, value: dict[str, Any]) -> None:
    params = {"url": worker_server.url, "bucket": "HYP"}
    nn.run("kv_bucket_apply", params)
    key = uuid.uuid4().hex
    nn.run("kv_put", {**params, "key": key, "value": value})
    assert nn.run("kv_get", {**params, "key": key})["value"] == value


def test_operations_and_their_descriptions() -> None:
    names = nn.operations()
    assert names == sorted(names)
    assert "kv_get" in names
    for name in names:
        described = nn.describe(name)
        assert described["summary"].endswith(".")
        assert described["input"]["type"] == "object"
    with pytest.raises(nn.InvalidArgumentError, match="did you mean kv_get"):
        nn.describe("kv_gte")


def test_every_example_of_an_operation_is_accepted_by_it() -> None:
    """The parameters are checked before anything is connected to; nobody listens there."""
    for name in nn.operations():
        for example in nn.describe(name)["examples"]:
            properties = nn.describe(name)["input"]["properties"]
            assert set(example["params"]) <= set(properties) | {
                alias for each in properties.values() for alias in each.get("x-aliases", [])
            }, f"{name}: {example['title']}"


def test_dashes_count_as_underscores(bucket: dict[str, Any]) -> None:
    assert nn.run("kv-bucket-info", bucket)["bucket"] == "B"


def test_the_environment_of_now_is_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NATS_URL", server.url)
    assert nn.run("ping")["status"] == "success"
    monkeypatch.setenv("NATS_URL", CLOSED)
    with pytest.raises(nn.UnavailableError):
        nn.run("ping")


@pytest.fixture
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A data directory of its own; what was deployed there goes in the end."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    yield
    nn.run("undeploy", {"purge": True})


ANY_PORT = {"port": "auto", "http_port": "auto"}


@pytest.mark.usefixtures("own_data")
def test_progress_gets_lines() -> None:
    lines: list[str] = []
    nn.run("deploy", ANY_PORT, progress=lines.append)
    assert lines
    assert all(isinstance(line, str) for line in lines)


@pytest.mark.usefixtures("own_data")
def test_an_exception_of_progress_ends_the_call() -> None:
    def refuse(line: str) -> None:
        raise KeyError(line)

    with pytest.raises(KeyError):
        nn.run("deploy", ANY_PORT, progress=refuse)


def test_wrong_parameters_of_the_function_itself() -> None:
    with pytest.raises(TypeError):
        nn.run("ping", ["url"])  # type: ignore[arg-type]
