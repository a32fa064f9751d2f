"""The engines of a process in which nbgrader grades: one for each lab, restarted if the lab has changed.

A command grades once and ends. JupyterLab's server lives for days, and between two clicks on Autograde somebody may fix a suite or
change points. An engine keeps what it read when it started, so a new one is started if the files have changed.
"""

from __future__ import annotations

import atexit
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from gatelab.grading.engine import Engine
from gatelab.lab.requirements import FILE as REQUIREMENTS
from gatelab.lab.spec import Lab
from gatelab.lab.table import FILE as TABLE

_engines: dict[Path, tuple[str, Engine]] = {}


def engine_for(lab: Lab, seed: int, accept_missing: tuple[str, ...]) -> Engine:
    """The running engine for a lab as it is on disk now; it ends with the process, or is replaced after the lab's next change.

    Raises what `Engine.__enter__` raises.
    """
    key = _read_by_an_engine(lab, seed, accept_missing)
    held, engine = _engines.pop(lab.assignment, ("", None))
    if engine is None or held != key:
        if engine is not None:
            engine.__exit__()
        engine = Engine(lab, seed=seed, accept_missing=accept_missing).__enter__()
    _engines[lab.assignment] = key, engine
    return engine


@atexit.register
def _close() -> None:
    while _engines:
        _engines.popitem()[1][1].__exit__()


def _read_by_an_engine(lab: Lab, seed: int, accept_missing: tuple[str, ...]) -> str:
    """Hash of everything that an engine of this lab reads when it starts: settings, table, suites, points, bank, release."""
    digest = hashlib.sha256(json.dumps([seed, accept_missing]).encode())
    for path in _files(lab):
        digest.update(json.dumps(str(path)).encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(lab: Lab) -> Iterator[Path]:
    yield lab.assignment / TABLE
    if (lab.assignment / REQUIREMENTS).is_file():
        yield lab.assignment / REQUIREMENTS
    folders = [lab.package, lab.hidden]
    if lab.bank is not None:
        folders.append(lab.bank / "chaff")
    for folder in folders:
        found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        yield from sorted(found)
    if lab.release is not None and (lab.release / lab.notebook).is_file():
        yield lab.release / lab.notebook
