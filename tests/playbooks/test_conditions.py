"""What a condition may look like: texts in it, other places for it, odd names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import noetl
import pytest

import noetl_nats as nn
from engine import to, written
from nats_server import running


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as server:
        nn.run("kv_bucket_apply", {"url": server.url, "bucket": "B"})
        nn.run("kv_put", {"url": server.url, "bucket": "B", "key": "n", "value": 7})
        yield server.url


def shell(name: str) -> dict[str, Any]:
    return {"step": name, "tool": {"kind": "shell", "cmds": [f"echo {name}"]}}


def answer(directory: Path, url: str, following: object, name: str = "get", key: str = "n") -> str:
    tool = {"kind": "nats", "url": url, "operation": "kv_get", "bucket": "B", "key": key}
    steps = [{"step": name, "tool": tool, "next": following}, shell("yes"), shell("no")]
    return str(noetl.run(written(directory, steps))["final_result"])


def arcs(when: str) -> dict[str, Any]:
    return {"arcs": [{"step": "yes", "when": when}, {"step": "no"}]}


LITERALS = [
    "it's", '"q"', "\\", "a\\nb", "a\nb", "{{ x }}", "a {{ b", "a }} b", "{% x %}", "a # b", "é😀", "a\x01b", "$(x)", "a == b", "a and b",
    "a in b", "a != b", "a || b", "a | upper", "a\tb", "${x}", "`x`", "a\u2028b", "a\u0085b", "(", "'", "'''",
]  # fmt: skip


@pytest.mark.parametrize("text", LITERALS)
def test_a_text_in_a_condition(tmp_path: Path, url: str, text: str) -> None:
    nn.run("kv_put", {"url": url, "bucket": "B", "key": "text", "value": f"<{text}>"})
    literal = f"<{text}>".replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    assert answer(tmp_path, url, arcs(f"{{{{ get.value == '{literal}' }}}}"), key="text") == "yes"
    assert answer(tmp_path, url, arcs(f"{{{{ get.value == 'x{literal}' }}}}"), key="text") == "no"


@pytest.mark.parametrize(("number", "wanted"), [("7", "yes"), ("8", "no")])
@pytest.mark.parametrize("form", ["list of steps", "without braces", "braces around the value"])
def test_other_forms_that_the_engine_has(tmp_path: Path, url: str, form: str, number: str, wanted: str) -> None:
    """`next` as a list, and conditions whose braces do not enclose them. Refused would be fine, a wrong answer is not."""
    forms: dict[str, object] = {
        "list of steps": [{"step": "yes", "when": f"{{{{ get.value == {number} }}}}"}, {"step": "no"}],
        "without braces": arcs(f"get.value == {number}"),
        "braces around the value": arcs(f"{{{{ get.value }}}} == {number}"),
    }
    assert answer(tmp_path, url, forms[form]) == wanted


@pytest.mark.parametrize("name", ["a-b", "get_2", "x1-2-z", "Get"])
@pytest.mark.parametrize(
    "condition", ["{{ NAME.value == 7 }}", "{{ NAME }}", "{{ NAME.result }}", "{{ NAME.value > 6 }}"]
)
def test_names_of_steps(tmp_path: Path, url: str, name: str, condition: str) -> None:
    assert answer(tmp_path, url, arcs(condition.replace("NAME", name)), name=name) == "yes"


@pytest.mark.parametrize("name", ["s", "s-1"])
def test_the_result_of_a_shell_step_beside(tmp_path: Path, url: str, name: str) -> None:
    tool = {"kind": "nats", "url": url, "operation": "kv_get", "bucket": "B", "key": "n"}
    when = f"{{{{ get.value == 7 and {name}.result == '{name}' }}}}"
    steps = [
        {**shell(name), "next": to("get")},
        {"step": "get", "tool": tool, "next": arcs(when)},
        shell("yes"),
        shell("no"),
    ]
    assert noetl.run(written(tmp_path, steps))["final_result"] == "yes"


@pytest.mark.parametrize(
    "condition",
    [
        "{{ get.value + 1 == 8 }}",
        "{{ get.value is defined }}",
        "{{ get.value | length > 2 }}",
        "{{ get.value in [7, 8] }}",
        "{{ get.value < 10 < 20 }}",
        "{{ get.value == 7 if true else false }}",
        "{% if get.value == 7 %}true{% endif %}",
        "{{ get.value == 7 and env.HOME }}",
        "{{ get['value'] == 7 }}",
        "{{ get.value == 7 }}{{ get.value == 8 }}",
        "{{ get.value == 'open }}",
        "{{ (get.value == 7 }}",
    ],
)
def test_what_is_not_understood_is_refused_and_named(tmp_path: Path, url: str, condition: str) -> None:
    with pytest.raises(RuntimeError) as raised:
        answer(tmp_path, url, arcs(condition))
    assert f"{tmp_path}/playbook.yaml:1: step 'get': " in str(raised.value)
    assert condition in str(raised.value)
