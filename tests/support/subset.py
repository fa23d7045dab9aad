"""Compares a result with what a case expects of it: the expectation is a subset."""

from __future__ import annotations

import re
from typing import Any

#: Placeholders that stand for a value which a case cannot know.
ANY = "$any"
TYPES: dict[str, type | tuple[type, ...]] = {
    "$int": int,
    "$number": (int, float),
    "$text": str,
    "$bool": bool,
    "$list": list,
    "$object": dict,
}


def differences(want: Any, got: Any, path: str = "") -> list[str]:
    """Where ``got`` is not what ``want`` asks for; empty when it is.

    Objects may have more members than asked for, lists may not. "$any" takes every present value, "$int", "$text", ... one
    of a type, "$absent" a member that is not there, {"$matches": "regex"} a text, {"$has": [...]} a list with these items.
    """
    if isinstance(want, str) and want.startswith("$"):
        return placeholder(want, got, path)
    if isinstance(want, dict):
        if set(want) == {"$matches"}:
            fits = isinstance(got, str) and re.search(want["$matches"], got) is not None
            return [] if fits else [f"{path}: {got!r} does not match {want['$matches']!r}"]
        if set(want) == {"$has"}:
            return lacking(want["$has"], got, path)
        return members(want, got, path)
    if isinstance(want, list):
        if not isinstance(got, list) or len(got) != len(want):
            return [f"{path}: {got!r} is not a list of {len(want)}"]
        return [line for i, each in enumerate(want) for line in differences(each, got[i], f"{path}[{i}]")]
    same = type(want) is type(got) if isinstance(want, bool) or isinstance(got, bool) else True
    return [] if same and want == got else [f"{path}: {got!r} instead of {want!r}"]


def members(want: dict[str, Any], got: Any, path: str) -> list[str]:
    if not isinstance(got, dict):
        return [f"{path}: {got!r} is not an object"]
    found = []
    for name, each in want.items():
        inner = f"{path}.{name}" if path else name
        if each == "$absent":
            found += [f"{inner}: {got[name]!r} should be absent"] if name in got else []
        elif name not in got:
            found.append(f"{inner}: is missing")
        else:
            found += differences(each, got[name], inner)
    return found


def placeholder(want: str, got: Any, path: str) -> list[str]:
    if want == ANY:
        return []
    kind = TYPES.get(want)
    if kind is None:
        return [] if got == want else [f"{path}: {got!r} instead of {want!r}"]
    fits = isinstance(got, kind) and (want == "$bool" or not isinstance(got, bool))
    return [] if fits else [f"{path}: {got!r} is not {want}"]


def lacking(want: list[Any], got: Any, path: str) -> list[str]:
    if not isinstance(got, list):
        return [f"{path}: {got!r} is not a list"]
    return [f"{path}: has no {each!r}" for each in want if all(differences(each, item) for item in got)]
