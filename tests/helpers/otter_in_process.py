"""otter in the tests' own process: an engine that stays open, and the results of a submission."""

from __future__ import annotations

import contextlib

import pytest

from gatelab.grading.engine import Engine


def use_engine(patch: pytest.MonkeyPatch, engine: Engine) -> None:
    """Let otter's plugin grade with this engine, which stays open."""
    patch.setattr("gatelab.grading.engine.Engine", lambda *_, **__: contextlib.nullcontext(engine))


def by_question(results: dict) -> dict[str, tuple[float, str]]:
    """Question → points and text, as students see them."""
    shown = [test for test in results["tests"] if test["visibility"] == "visible"]
    return {test["name"].split(":")[0]: (test["score"], test["output"]) for test in shown}
