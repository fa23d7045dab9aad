from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def built(name: str) -> str:
    """A program of the newest build tree."""
    found = [path for path in ROOT.glob(f"build/*/**/{name}") if path.is_file() and os.access(path, os.X_OK)]
    assert found, f"{name} is not built: run make test"
    return str(max(found, key=lambda path: path.stat().st_mtime))


@pytest.fixture(scope="session")
def render_probe() -> str:
    return built("render_probe")
