#!/usr/bin/env python3
"""Writes what is derived from the operations of the installed build: Python methods and result types, and the reference.

tools/generate.py            writes the files
tools/generate.py --check    writes nothing; exit 1 and the names of the files that have drifted
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import generate_python
import generate_reference
import noetl_nats as nn

ROOT = Path(__file__).resolve().parent.parent


def generated() -> dict[Path, str]:
    operations = [nn.describe(name) for name in nn.operations()]
    return {
        **generate_python.files(ROOT, operations),
        **generate_reference.files(ROOT, operations),
    }


def stale(wanted: dict[Path, str]) -> list[Path]:
    """Pages of operations that are gone."""
    return [each for each in (ROOT / "docs/reference").glob("*.md") if each not in wanted]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare")
    check = parser.parse_args().check
    wanted = generated()
    drifted = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    drifted += stale(wanted)
    for path in drifted:
        print(f"{'drifted' if check else 'written'}: {path.relative_to(ROOT)}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8") if path in wanted else path.unlink()
    if check and drifted:
        print("make generate writes them")
    return 1 if check and drifted else 0


if __name__ == "__main__":
    sys.exit(main())
