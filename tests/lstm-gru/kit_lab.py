"""The lab that the kit comes with and many of its tests use; a kit may contain others."""

from __future__ import annotations

import functools
from pathlib import Path

from gatelab.lab.spec import Lab

ROOT = Path(__file__).resolve().parents[2]
NAME = "lstm-gru"


@functools.cache  # it reads every suite, to check that they fit the lab
def kit_lab() -> Lab:
    return Lab.in_repository(ROOT, NAME)
