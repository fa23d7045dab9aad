"""What type a value has: templates, defaults and their overrides, children, YAML scalars."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import noetl
import pytest

import noetl_nats as nn
from engine import NOETL, OURS, execute, result_of, settings, to, written
from nats_server import running

LARGE = 2**53 + 1


class Bucket:
    def __init__(self, url: str, directory: Path) -> None:
        self.url, self.directory = url, directory
        nn.run("kv_bucket_apply", {"url": url, "bucket": "B"})

    def tool(self, operation: str, key: str = "k", **more: Any) -> dict[str, Any]:
        return {"kind": "nats", "url": self.url, "bucket": "B", "operation": operation, "key": key, **more}

    def value(self, key: str = "k") -> Any:
        return nn.run("kv_get", {"url": self.url, "bucket": "B", "key": key})["value"]

    def stored(self, value: Any, *before: dict[str, Any], variables: dict[str, Any] | None = None, **top: Any) -> Any:
        """What a put of this value stores."""
        put = {"step": "put", "tool": self.tool("kv_put", value={"v": value})}
        for step, following in zip(before, [*before[1:], put]):
            step["next"] = to(following["step"])
        noetl.run(written(self.directory, [*before, put], **top), variables=variables)
        return self.value()["v"]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as server:
        yield server.url


@pytest.fixture
def bucket(url: str, tmp_path: Path) -> Bucket:
    return Bucket(url, tmp_path)


def shell(command: str, name: str = "s") -> dict[str, Any]:
    return {"step": name, "tool": {"kind": "shell", "cmds": [command]}}


WORKLOAD = {
    "n": 7,
    "f": 1.5,
    "whole": 2.0,
    "t": True,
    "nul": None,
    "text": "7",
    "word": "x",
    "obj": {"a": {"b": [1, "two", None, LARGE]}, "e": {}},
    "lst": [1, "1", [True]],
    "large": LARGE,
    "small": -(2**63),
    "zeros": "007",
    "empty": "",
}


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ workload.n }}", 7),
        ("{{workload.n}}", 7),
        ("{{  workload.n  }}", 7),
        ("s-{{ workload.n }}", "s-7"),
        ("{{ workload.n }}{{ workload.n }}", 77),
        ("{{ workload.n }}.5", 7.5),
        ("[{{ workload.n }}, {{ workload.f }}]", [7, 1.5]),
        ("[{{ workload.nope }}]", []),
        ("{{ workload.nope }}", None),
        ("x{{ workload.nope }}", "x"),
        ("{{ workload.f }}", 1.5),
        ("{{ workload.t }}", True),
        ("{{ workload.nul }}", None),
        ("{{ workload.text }}", 7),
        ("{{ workload.word }}", "x"),
        ("{{ workload.zeros }}", "007"),
        ("{{ workload.empty }}", ""),
        ("{{ workload.obj }}", WORKLOAD["obj"]),
        ("{{ workload.obj.a.b }}", [1, "two", None, LARGE]),
        ("{{ workload.obj.a.b[1] }}", "two"),
        ("{{ workload.obj['a']['b'][0] }}", 1),
        ("{{ workload.lst }}", [1, "1", [True]]),
        ("{{ workload.lst[2][0] }}", True),
        ("{{ workload.large }}", LARGE),
        ("{{ workload.small }}", -(2**63)),
        ("{{ workload.n + 1 }}", 8),
        ("{{ workload.n > 3 and not workload.nul }}", True),
        ('{"a": {{ workload.obj | tojson }}}', {"a": WORKLOAD["obj"]}),
        ("{% if workload.t %}yes{% else %}no{% endif %}", "yes"),
        ("{% for i in workload.lst %}{{ loop.index0 }}{% endfor %}", "012"),
        ({"{{ workload.n }}": "{{ workload.n }}"}, {"{{ workload.n }}": 7}),
        (["{{ workload.n }}", 7, "7", None, [{}]], [7, 7, "7", None, [{}]]),
        ("007", "007"),
        ("7", "7"),
    ],
)
def test_templates(bucket: Bucket, template: Any, value: Any) -> None:
    got = bucket.stored(template, workload=WORKLOAD)
    assert json.dumps(got) == json.dumps(value)


@pytest.mark.parametrize("program", [NOETL, OURS], ids=["noetl run", "noetl-nats run"])
@pytest.mark.parametrize("form", ["{}", "workload.{}"])
@pytest.mark.parametrize(
    ("name", "override", "value"),
    [
        ("n", "8", 8),
        ("n", "7", 7),
        ("n", "eight", "eight"),
        ("n", "", ""),
        ("f", "1.50", 1.5),
        ("t", "false", False),
        ("t", "no", "no"),
        ("nul", "x", "x"),
        ("nul", "null", None),
        ("word", "y", "y"),
        ("obj", '{"a": 1}', {"a": 1}),
        ("obj", "text", "text"),
        ("lst", "[]", []),
        ("lst", "- 1\n- two", "- 1\n- two"),
        ("large", str(LARGE + 1), LARGE + 1),
    ],
)
def test_overrides(bucket: Bucket, program: list[str], form: str, name: str, override: str, value: Any) -> None:
    put = {
        "step": "put",
        "tool": bucket.tool("kv_put", value={"v": f"{{{{ workload.{name} }}}}", "n": "{{ workload.n }}"}),
    }
    path = written(bucket.directory, [put], workload=WORKLOAD)
    done = execute([*program, str(path), *settings({form.format(name): override})], bucket.directory)
    assert done.returncode == 0, done.stderr
    got = bucket.value()
    assert json.dumps(got["v"]) == json.dumps(value)
    assert name == "n" or got["n"] == 7


@pytest.mark.parametrize("value", [8, 1.5, True, None, "text", "8", {"a": [1, {"b": None}]}, [1, "x"], LARGE])
@pytest.mark.parametrize("name", ["n", "obj", "new"])
def test_variables_of_python(bucket: Bucket, name: str, value: Any) -> None:
    got = bucket.stored(f"{{{{ workload.{name} }}}}", variables={name: value}, workload=WORKLOAD)
    assert json.dumps(got) == json.dumps(8 if value == "8" else value)


def test_inside_of_an_override(bucket: Bucket) -> None:
    """An override is text; its parts are reached through fromjson."""
    assert bucket.stored("{{ (workload.obj | fromjson).a }}", variables={"obj": {"a": 1}}, workload=WORKLOAD) == 1


def test_payload(bucket: Bucket) -> None:
    names = ["n", "obj", "lst", "new"]
    put = {"step": "put", "tool": bucket.tool("kv_put", value={name: f"{{{{ workload.{name} }}}}" for name in names})}
    path = written(bucket.directory, [put], workload=WORKLOAD)
    payload = {"obj": {"z": [1]}, "lst": [2], "new": "é {{ x }}", "n": 9}
    done = execute([*NOETL, str(path), "--payload", json.dumps(payload), "--set", "n=10"], bucket.directory)
    assert done.returncode == 0, done.stderr
    assert bucket.value() == {**payload, "n": 10}


@pytest.mark.parametrize(
    ("printed", "template", "value"),
    [
        ('{"id": 7, "l": [1]}', "{{ s.id }}", 7),
        ('{"id": 7, "l": [1]}', "{{ s.l }}", [1]),
        ('{"id": 7, "l": [1]}', "{{ s.result }}", {"id": 7, "l": [1]}),
        ('{"id": 7, "l": [1]}', "{{ s.result.id }}", 7),
        ('{"result": 1}', "{{ s.result }}", 1),
        ("[1, 2]", "{{ s.result }}", [1, 2]),
        ("7", "{{ s.result }}", 7),
        ("text", "{{ s.result }}", "text"),
        ("", "{{ s.result }}", ""),
        (str(LARGE), "{{ s.result }}", LARGE),
    ],
)
def test_shell_results(bucket: Bucket, printed: str, template: str, value: Any) -> None:
    assert json.dumps(bucket.stored(template, shell(f"printf %s '{printed}'"))) == json.dumps(value)


HYPHENS = pytest.mark.parametrize("name", ["load-data", "a-b-c", "x1-2"])


@HYPHENS
def test_a_nats_step_with_hyphens_in_its_name(bucket: Bucket, name: str) -> None:
    nn.run("kv_put", {"url": bucket.url, "bucket": "B", "key": "src", "value": {"x": 1}})
    get = {"step": name, "tool": bucket.tool("kv_get", "src")}
    assert bucket.stored(
        [f"{{{{ {name}.value.x }}}}", "{{ s.result }}"], get, shell(f"echo {{{{ {name}.status }}}}")
    ) == [1, "success"]


@HYPHENS
def test_a_shell_step_with_hyphens_in_its_name(bucket: Bucket, name: str) -> None:
    assert bucket.stored(f"{{{{ {name}.result }}}}", shell("echo 5", name)) == 5


@HYPHENS
def test_a_shell_step_with_hyphens_by_field(bucket: Bucket, name: str) -> None:
    assert bucket.stored(f"{{{{ {name}.id }}}}", shell("""echo '{"id": 5}'""", name)) == 5


@pytest.mark.parametrize("name", ["a-b", "get_it", "Get2", "naïve", "two words", "in", "x.y", "true"])
def test_names_of_nats_steps(bucket: Bucket, name: str) -> None:
    """Whatever a step is called, it runs, and its result is stored and shown."""
    put = {"step": name, "tool": bucket.tool("kv_put", "named", value=name), "next": to("after")}
    outcome = noetl.run(written(bucket.directory, [put, shell("echo hi", "after")]))
    assert outcome["executed_steps"] == [name, "after"]
    assert bucket.value("named") == (True if name == "true" else name)


@pytest.mark.parametrize(
    ("params", "field", "value"),
    [
        ({"key": "{{ workload.n }}"}, "key", "7"),
        ({"key": "k.{{ workload.n }}.{{ workload.f }}"}, "key", "k.7.1.5"),
        ({"key": "{{ workload.text }}"}, "key", "7"),
        ({"key": "{{ workload.zeros }}"}, "key", "007"),
        ({"key": "{{ workload.f }}"}, "key", "1.5"),
    ],
)
def test_text_fields_take_the_rendered_text(bucket: Bucket, params: dict[str, str], field: str, value: str) -> None:
    steps = [{"step": "put", "tool": {**bucket.tool("kv_put", value=1), **params}}]
    assert result_of(noetl.run(written(bucket.directory, steps, workload=WORKLOAD)), "put")[field] == value


def test_a_header_that_looks_like_a_number(bucket: Bucket) -> None:
    nn.run("stream_apply", {"url": bucket.url, "stream": "T", "config": {"subjects": ["t.>"]}})
    headers = {"a": "{{ workload.n }}", "b": "{{ workload.zeros }}", "c": "{{ workload.t }}"}
    tool = {"kind": "nats", "url": bucket.url, "operation": "js_publish", "subject": "t.{{ workload.n }}", "data": 1}
    noetl.run(written(bucket.directory, [{"step": "send", "tool": {**tool, "headers": headers}}], workload=WORKLOAD))
    message = nn.run("js_get_msg", {"url": bucket.url, "stream": "T", "subject": "t.7"})
    assert message["headers"] == {"a": "7", "b": "007", "c": "true"}


@pytest.mark.parametrize("given", ["input", "args", "nothing"])
def test_children(bucket: Bucket, given: str) -> None:
    """A child has its own defaults, what its caller gives, and everything that its caller has."""
    value = {name: f"{{{{ workload.{name} }}}}" for name in ("own", "same", "given", "only_parent", "nested")}
    child = [{"step": "put", "tool": bucket.tool("kv_put", value={**value, "result": "{{ first.result }}"})}]
    written(bucket.directory, child, "child", workload={"own": 1, "same": {"c": 1}, "given": 2, "nested": {"n": [1]}})
    call: dict[str, Any] = {"kind": "playbook", "path": "child.yaml"}
    if given != "nothing":
        call[given] = {"given": "3"}
    steps = [{**shell("echo 5", "first"), "next": to("call")}, {"step": "call", "tool": call}]
    noetl.run(written(bucket.directory, steps, "parent", workload={"same": {"p": 2}, "only_parent": [1, "x"]}))
    got = bucket.value()
    assert (got["own"], got["given"], got["nested"], got["result"]) == (
        1,
        2 if given == "nothing" else 3,
        {"n": [1]},
        5,
    )
    assert got["only_parent"] in ([1, "x"], "- 1\n- x")
    assert got["same"] in ({"c": 1}, {"p": 2}, "p: 2")


@pytest.mark.parametrize("override", ["9", "1", "text"])
def test_a_child_with_the_default_of_its_parent(bucket: Bucket, override: str) -> None:
    """Both have `n: 1` as a number; who overrides it in the parent overrides it in the child."""
    child = [{"step": "put", "tool": bucket.tool("kv_put", value={"n": "{{ workload.n }}"})}]
    written(bucket.directory, child, "child", workload={"n": 1})
    steps = [{"step": "call", "tool": {"kind": "playbook", "path": "child.yaml", "input": {"n": "{{ workload.n }}"}}}]
    path = written(bucket.directory, steps, "parent", workload={"n": 1})
    noetl.run(path, variables={"workload.n": override})
    assert bucket.value() == {"n": override if override == "text" else int(override)}


SCALARS = {
    "yes": "yes", "no": "no", "on": "on", "off": "off", "y": "y", "True": True, "FALSE": False, "true": True, "tRUE": "tRUE", "~": None,
    "null": None, "Null": None, "": None, "7": 7, "-7": -7, "+7": 7, "0o17": 15, "0x1F": 31, "0b11": 3, "1e3": 1000.0, ".5": 0.5,
    "1.": 1.0, "1_000": "1_000", "2026-01-02": "2026-01-02", "12:30:45": "12:30:45", "007": "007", "9223372036854775807": 2**63 - 1,
    "18446744073709551615": 2**64 - 1, "-9223372036854775808": -(2**63), "1.0": 1.0, "nan": "nan", "1e": "1e", "1e400": "1e400",
    "0.1": 0.1, "'7'": "7", '"\\u00e9"': "é", "!!str 7": "7", "[yes, 1, ~]": ["yes", 1, None], "{a: 0o10}": {"a": 8},
}  # fmt: skip


@pytest.mark.parametrize("text", SCALARS)
def test_yaml_scalars(bucket: Bucket, text: str) -> None:
    """As a literal of the step and as a default of the workload: what the engine reads."""
    path = bucket.directory / "scalar.yaml"
    path.write_text(
        "apiVersion: noetl.io/v2\nkind: Playbook\nmetadata: {name: scalar}\n"
        f"workload:\n  v: {text}\n"
        "workflow:\n- step: put\n  tool:\n    kind: nats\n    operation: kv_put\n    bucket: B\n    key: k\n"
        f"    url: {bucket.url}\n    value:\n      default: '{{{{ workload.v }}}}'\n      literal: {text}\n"
    )
    noetl.run(path)
    want, got = SCALARS[text], bucket.value()
    assert json.dumps(got["literal"]) == json.dumps(want)
    assert json.dumps(got["default"]) == json.dumps(7 if want == "7" else want)


@pytest.mark.parametrize(("style", "value"), [("|", "a\n b\n"), ("|-", "a\n b"), (">-", "a\n b"), ("|+", "a\n b\n\n")])
def test_yaml_block_scalars(bucket: Bucket, style: str, value: str) -> None:
    path = bucket.directory / "block.yaml"
    path.write_text(
        "apiVersion: noetl.io/v2\nkind: Playbook\nmetadata: {name: block}\n"
        "workflow:\n- step: put\n  tool:\n    kind: nats\n    operation: kv_put\n    bucket: B\n    key: k\n"
        f"    url: {bucket.url}\n    value:\n      v: {style}\n        a\n         b\n\n"
    )
    noetl.run(path)
    assert bucket.value()["v"] == value
