"""Reads the cases of tests/conformance/*.yaml. README.md describes the format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent


class Loader(yaml.SafeLoader):
    """YAML 1.2, as the C++ door and playbooks read it: `no`, `on` and dates are texts."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":timestamp"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


@dataclass(frozen=True)
class Step:
    operation: str
    params: dict[str, Any]
    expected: dict[str, Any]


@dataclass(frozen=True)
class Case:
    file: str
    name: str
    given: tuple[Step, ...]
    when: Step
    afterwards: tuple[Step, ...]

    def __str__(self) -> str:
        return f"{self.file}: {self.name}"


def step(source: dict[str, Any], expected: dict[str, Any] | None = None) -> Step:
    named = [name for name in source if name != "is"]
    if len(named) != 1:
        raise ValueError(f"a step is one operation with its parameters, not {source!r}")
    return Step(named[0], source[named[0]] or {}, source.get("is", expected or {}))


def read(path: Path) -> Iterator[Case]:
    seen: set[str] = set()
    for source in yaml.load(path.read_text(encoding="utf-8"), Loader) or []:
        unknown = set(source) - {"name", "given", "when", "then", "and"}
        if unknown or source["name"] in seen:
            raise ValueError(
                f"{path.name}: {source['name']!r}: " + (f"unknown {unknown}" if unknown else "name used twice")
            )
        seen.add(source["name"])
        yield Case(
            file=path.stem,
            name=source["name"],
            given=tuple(step(each) for each in source.get("given", [])),
            when=step(source["when"], source["then"]),
            afterwards=tuple(step(each) for each in source.get("and", [])),
        )


def all_cases() -> list[Case]:
    return [case for path in sorted(HERE.glob("*.yaml")) for case in read(path)]
