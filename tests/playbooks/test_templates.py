"""The template engine of nats steps renders what minijinja renders, or refuses."""
# ruff: noqa: E501

from __future__ import annotations

import json
import random
import subprocess
from typing import Any

import minijinja
import pytest

CASES = 5000

VARIABLES: dict[str, Any] = {
    "n": 7, "neg": -3, "zero": 0, "big": 2**40, "f": 1.5, "whole": 2.0, "yes": True, "no": False, "nothing": None,
    "s": "ab c", "quote": "it's \"q\"", "braces": "{{ n }} {% if %}", "empty": "", "digits": "42", "unicode": "é😀ß",
    "blank": "  x\t\n", "items": [1, "two", None, True, 2.5, {"a": "x"}], "names": ["b", "a", "é"], "none": [],
    "o": {"b": 1, "a": "q\"\n", "deep": {"x": [1, {"y": "z"}]}}, "list": [[1, 2], [3, 4]],
}  # fmt: skip


class Generator:
    """Random templates over VARIABLES: expressions of every kind, statements around them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.loops: list[str] = []

    def pick(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def variable(self) -> str:
        names = [*VARIABLES, "undefined_thing", *self.loops]
        return self.random.choice(names)

    def chain(self) -> str:
        return self.variable() + "".join(
            self.pick(".a", ".deep", ".x", "[0]", "[1]", "[-1]", "['b']", ".0", ".nope", "[n - 6]")
            for _ in range(self.random.choice([0, 0, 1, 1, 2, 3]))
        )

    def literal(self) -> str:
        return self.pick(
            "1",
            "0",
            "2.5",
            "'x'",
            '"a b"',
            "true",
            "False",
            "none",
            "[1, 'a']",
            "{'k': 1}",
            "'\\u00e9\\n'",
            "12345",
            "''",
            "1e3",
            "0x1F",
        )

    def filter(self) -> str:
        return self.pick(
            "upper", "lower", "trim", "length", "int", "float", "string", "list", "bool", "abs", "first", "last", "tojson", "default('d')",
            "default(n)", "default('x', true)", "d('q')", "replace('a', 'b')", "split(',')", "split", "join('-')", "join", "int(3)", "trim('a')",
            "replace(' ', '')", "count",
        )  # fmt: skip

    def expression(self, depth: int = 0) -> str:
        if depth > 3 or self.random.random() < 0.25:
            return self.pick(self.chain, self.literal)()
        sub = lambda: self.expression(depth + 1)  # noqa: E731
        kind = self.random.randrange(12)
        if kind == 0:
            return f"({sub()})"
        if kind == 1:
            return f"{sub()} {self.pick('+', '-', '*', '/', '//', '%', '**', '~')} {sub()}"
        if kind == 2:
            return f"{sub()} {self.pick('==', '!=', '<', '<=', '>', '>=', 'in', 'not in')} {sub()}"
        if kind == 3:
            return f"{sub()} {self.pick('and', 'or')} {sub()}"
        if kind == 4:
            return f"not {sub()}"
        if kind in (5, 6, 7):
            return f"{sub()}|{self.filter()}"
        if kind == 8:
            return f"{sub()} if {sub()} else {sub()}"
        if kind == 9:
            return f"{sub()} is {self.pick('', 'not ')}{self.pick('defined', 'undefined', 'none', 'string', 'number', 'integer', 'float', 'boolean', 'mapping', 'true', 'false')}"
        if kind == 10:
            return f"[{sub()}, {sub()}]"
        return f"{self.chain()}[{self.pick('1:', ':1', ':-1', '0:2', ':')}]"

    def block(self, depth: int = 0) -> str:
        sign = lambda: self.pick("", "", "", "-")  # noqa: E731
        kind = self.random.randrange(8) if depth < 3 else 0
        if kind <= 2:
            return f"{{{{{sign()} {self.expression()} {sign()}}}}}"
        if kind == 3:
            return self.pick(
                " text ",
                "\n",
                "}} %} #}",
                'it\'s "q"',
                "é😀",
                "{# note #}",
                "{% raw %}{{ n }}{% endraw %}",
                "{ {",
                "$(x) `y` \\",
            )
        if kind == 4:
            return f"{{%{sign()} if {self.expression()} {sign()}%}}{self.blocks(depth)}{{% elif {self.expression()} %}}b{{% else %}} {self.blocks(depth)}{{%{sign()} endif %}}"
        if kind in (5, 6):
            name = self.pick("x", "y")
            over = self.pick("items", "names", "o", "s", "range(3)", "none", "undefined_thing", "list")
            where = self.pick("", "", f" if {name} != 1")
            self.loops.append(name)
            text = f"{{%{sign()} for {name} in {over}{where} %}}{self.blocks(depth)}{self.pick('', '{{ loop.index }}', '{{ loop.last }}', '{{ loop.length }}')}{{% else %}}none{{% endfor {sign()}%}}"
            self.loops.remove(name)
            return text
        return f"{{% set v = {self.expression()} %}}{{{{ v }}}}"

    def blocks(self, depth: int = 0) -> str:
        return "".join(self.block(depth + 1) for _ in range(self.random.randrange(1, 4)))


def minijinja_says(template: str, variables: dict[str, Any]) -> str | None:
    environment = minijinja.Environment(
        undefined_behavior="chainable", keep_trailing_newline=True, auto_escape_callback=lambda _: False
    )
    try:
        return environment.render_str(template, **variables)
    except Exception:  # every kind of refusal
        return None


def ours(probe: str, cases: list[tuple[str, dict[str, Any]]]) -> list[dict[str, str]]:
    lines = "".join(json.dumps({"template": template, "variables": variables}) + "\n" for template, variables in cases)
    run = subprocess.run([probe], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.parametrize("seed", range(4))
def test_random_templates_render_as_in_minijinja(render_probe: str, seed: int) -> None:
    cases = [(Generator(seed * 1_000_003 + i).blocks(), VARIABLES) for i in range(CASES // 4)]
    rendered = 0
    for (template, variables), answer in zip(cases, ours(render_probe, cases), strict=True):
        expected = minijinja_says(template, variables)
        if "refused" in answer:
            continue
        rendered += 1
        assert answer["text"] == expected, template
    assert rendered > len(cases) // 5  # the generator does not only make nonsense


REFUSED = {
    "{{ n | nofilter }}": "nofilter",
    "{{ n | uper }}": "did you mean upper?",
    "{{ nofunc(1) }}": "nofunc",
    "{{ s.upper() }}": "methods",
    "{% include 'x' %}": "include",
    "{{ n is odd }}": "odd",
    "{{ n +": "}}",
    "{% if n %}": "endif",
    "{{ s + 1 }}": "a text + a number",
    "{{ n / 0 }}": "zero",
    "{% for i in range(100001) %}{% endfor %}": "100000",
    "{{ 'x' * 100000000 }}": "too long",
    "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}": "too much",
    "{{ " + "(" * 200 + "1" + ")" * 200 + " }}": "deep",
}


def test_what_is_not_known_is_refused_by_name(render_probe: str) -> None:
    answers = ours(render_probe, [(template, VARIABLES) for template in REFUSED])
    for (template, word), answer in zip(REFUSED.items(), answers, strict=True):
        assert word in answer.get("refused", ""), (template, answer)
