"""The lab that the kit comes with, on which many of its tests work; a kit may hold others beside it."""

from __future__ import annotations

from pathlib import Path

from gatelab.lab.spec import Lab

ROOT = Path(__file__).resolve().parents[2]
NAME = "lstm-gru"


def kit_lab() -> Lab:
    return Lab.in_repository(ROOT, NAME)
