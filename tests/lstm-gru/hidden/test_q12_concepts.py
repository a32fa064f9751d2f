"""q12: the concept questions. Each is its own part; the key is reference/concepts.toml."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gatelab.testkit import TYPED, Unanswered, concepts, needs, part

KEY = tomllib.loads(Path(__file__).parent.joinpath("reference", "concepts.toml").read_text(encoding="utf-8"))
POINTS = 4

# The worker sends text, whatever was written.
READ = (
    "from __future__ import annotations\n"
    + inspect.getsource(concepts.text)
    + """

def main(ns):
    answers = ns.get("answers")
    if not isinstance(answers, dict):
        return None
    return {str(id).strip().lower(): text(answer) for id, answer in answers.items()}
"""
)


def check_answer(answer: str, id: str, entry: dict[str, Any]) -> None:
    """An answer, as text, must agree with its entry in the key."""
    asked = concepts.form(entry)
    # A worker's text shows only what may be shown; strip() gives the answer.
    if concepts.empty(answer.strip()):
        raise Unanswered(f"{id} is unanswered.")
    try:
        plain = concepts.read(answer.strip(), asked)
    except ValueError as expected:
        raise AssertionError(f"{id} should be {expected}; yours is {answer[:TYPED]!r}.") from None
    hint = f" {entry['hint']}" if "hint" in entry else ""
    right = concepts.read(concepts.text(entry["answer"]), asked)
    needs(concepts.agree(plain, right, asked), f"{id} is not right.{hint}")


def concept(id: str, entry: dict[str, Any]) -> Callable:
    @part("q12", id, POINTS / len(KEY))
    def test(student: Any) -> None:
        answers = student.run(READ).value
        needs(isinstance(answers, dict), "`answers` should be a dict from question ID to your answer.")
        check_answer(answers.get(id, ""), id, entry)

    test.__name__ = f"test_{id}"
    test.__doc__ = f"Concept question {id}."
    return test


for _id, _entry in KEY.items():
    globals()[f"test_{_id}"] = concept(_id, _entry)
