"""Keeps results, so that a long run that was interrupted, or is repeated after a small change, computes only what is new."""

from __future__ import annotations

import hashlib
import json
import threading
from functools import cache
from pathlib import Path
from typing import Any

import torch

import gatelab
from gatelab.jsonline import decode, encode
from gatelab.lab import installed
from gatelab.lab.check import question_of
from gatelab.lab.spec import Lab
from gatelab.source_without_comments import without_comments

# The parts of the engine that a verdict can depend on: packages and single files.
PACKAGES = ("grading", "testkit", "handed_out", "sandbox", "lab", "submission")
FILES = ("jsonline.py", "limits.py", "text.py")


class ResultCache:
    """Results, stored by what they depend on, as lines of JSON in a file that is only appended to.

    Args:
        path: the file; None keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self.path, self._found, self._adding = path, dict[str, Any](), threading.Lock()
        if path is not None and path.is_file():
            for line in path.read_bytes().splitlines():
                try:
                    row = decode(line)
                    self._found[row["of"]] = row["is"]
                except (ValueError, KeyError, TypeError):
                    continue  # the last line of an interrupted run

    def find(self, *of: Any) -> Any:
        """The result stored for these parts, or None."""
        return self._found.get(digest(of))

    def keep(self, value: Any, *of: Any) -> None:
        """Store a result (any JSON value) for these parts."""
        key = digest(of)
        self._found[key] = value
        if self.path is None:
            return
        with self._adding:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.write(encode({"of": key, "is": value}))


def stamp(lab: Lab, question: str = "") -> str:
    """A digest of everything that a verdict on the question (or on any question, if "") can depend on: engine, suites, torch, the
    lab's own packages."""
    files = [path for path in sorted(lab.hidden.rglob("*")) if path.suffix in (".py", ".toml")]
    if question:
        files = [path for path in files if not path.name.startswith("test_") or question_of(path) == question]
    table = [repr(spec) for spec in lab.questions.values()]
    own = installed.versions(lab.assignment)
    parts = [_engine_digest(), torch.__version__, table, [_code_of(path) for path in files]]
    return digest([*parts, own] if own else parts)


@cache
def _engine_digest() -> str:
    engine = Path(gatelab.__file__).parent
    paths = [path for package in PACKAGES for path in sorted((engine / package).rglob("*.py"))]
    return digest([_code_of(path) for path in [*paths, *(engine / name for name in FILES)]])


def _code_of(path: Path) -> str:
    text = path.read_text("utf-8")
    return without_comments(text) if path.suffix == ".py" else text


def digest(parts: Any) -> str:
    """A hash of any JSON value."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]
