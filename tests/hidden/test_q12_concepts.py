"""q12: the concept questions. Each is a part of its own; the key is reference/concepts.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from gatelab.suite import needs, part

KEY = tomllib.loads(Path(__file__).parent.joinpath("reference", "concepts.toml").read_text(encoding="utf-8"))
POINTS = 4

# Answers come as text, whatever type they were written in: "0.5", 0.5, torch.tensor(0.5), ("b", "d"), ["b, d"].
READ = """
def text(value):
    if isinstance(value, (list, tuple)):
        return ",".join(text(item) for item in value)
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        return str(value.item())
    return "" if value is None or value is ... else str(value)


def main(ns):
    answers = ns.get("answers")
    if not isinstance(answers, dict):
        return None
    return {str(id).strip().lower(): text(answer)[:200] for id, answer in answers.items()}
"""


def letters(text: str) -> str:
    """`" B , d>a "` → `bda`."""
    return re.sub(r"[\W_]", "", text).lower()


def number(text: str) -> float | None:
    """`.50`, `0,5`, `1/2` and `−0.5` are numbers; None for what is none."""
    text = text.strip().replace("−", "-").replace(" ", "")
    if not re.fullmatch(r"[-+0-9.,/]{1,20}", text):  # no exponents: 1e900000000 is a number that takes hours
        return None
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        return float(Fraction(text))
    except (ValueError, ZeroDivisionError):
        return None


def is_right(answer: str, entry: dict[str, Any]) -> bool:
    """Whether an answer agrees with its entry in the key."""
    if entry["kind"] == "number":
        got = number(answer)
        return got is not None and abs(got - entry["answer"]) <= entry.get("tolerance", 0.0)
    return letters(answer) == letters(entry["answer"])


def concept(id: str, entry: dict[str, Any]) -> Callable:
    @part("q12", id, POINTS / len(KEY))
    def test(student: Any) -> None:
        answers = student.run(READ).value
        needs(isinstance(answers, dict), "`answers` should be a dict from question ID to your answer.")
        answer = answers.get(id, "")
        needs(bool(answer.strip(" .…?_")), f"{id} is unanswered.")
        if entry["kind"] == "number":
            needs(number(answer) is not None, f"{id}: {answer[:40]!r} is not a number.")
        hint = entry.get("hint", "")
        needs(is_right(answer, entry), f"{id} is not right.{' ' + hint if hint else ''}")

    test.__name__ = f"test_{id}"
    test.__doc__ = f"Concept question {id}."
    return test


for _id, _entry in KEY.items():
    globals()[f"test_{_id}"] = concept(_id, _entry)
