"""Item analysis: which question of a graded class tells something, and which is to be changed.

Difficulty is the mean share of a question's points, of those who began it. Discrimination is the correlation of that share
with the share of all other points: does who is good elsewhere do better here? Both are of one class: a small one says little,
so below FEWEST there is none.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from statistics import StatisticsError, correlation, mean
from typing import Any

from gatelab.lab.bank import Bank
from gatelab.lab.spec import Lab
from gatelab.report.model import Question, Report

FEWEST = 8  # submissions that began a question, below which nothing is said of it
PLAN = "LESSON_PLAN.md"
EASY, HARD = 0.95, 0.35  # mean shares
WEAK = 0.1  # a discrimination below it tells nothing
LEFT = 0.3  # share that did not begin, or of wrong answers, from which on it is told


@dataclass(frozen=True)
class Item:
    """One question. `difficulty` and `discrimination` are None where there are too few answers, or all are alike."""

    question: str
    began: int
    not_begun: int
    difficulty: float | None  # 0 … 1: the higher, the easier
    discrimination: float | None  # -1 … 1
    unnamed: int  # wrong answers that no known mistake explains
    hardest: str  # the part that fewest passed
    advice: list[str]  # sentences; empty: leave it as it is


def items(lab: Lab, chosen: list[str], graded: list[Report]) -> list[dict[str, Any]]:
    """An entry a question, as plain values, in the order of the lab. `graded`: the reports that have points."""
    return [asdict(_item(lab, id, graded)) for id in chosen]


def chaff_file(lab: Lab, question: str, id: str, bank: Bank) -> str:
    """Where the mistake stands in the bank, from the kit's folder; "" where the bank has none of this name."""
    known = any((chaff.question, chaff.id) == (question, id) for chaff in bank.chaffs)
    return f"tests/{lab.assignment.name}/bank/chaff/{question}/{id}.py" if known else ""


def slot(lab: Lab, question: str, id: str) -> str:
    """Where the lesson plan speaks of a mistake: its heading and the first cell of the row that names it; "" where it does not."""
    heading = ""
    for line in _plan(lab.assignment / PLAN):
        if line.startswith("#"):
            heading = line.strip("# ").strip()
        elif line.startswith("|") and f"`{question}/{id}`" in line:
            first = line.strip("| ").split(" | ")[0].strip()
            return f"{heading}: {first}" if heading else first
    return ""


@lru_cache(maxsize=4)
def _plan(path: Path) -> tuple[str, ...]:
    try:
        return tuple(path.read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        return ()


def _item(lab: Lab, id: str, graded: list[Report]) -> Item:
    most = lab.questions[id].points
    pairs: list[tuple[float, float]] = []
    answers: list[Question] = []
    came = 0
    for report in graded:
        question = next((found for found in report.questions if found.id == id), None)
        if question is None:
            continue
        came += 1
        if not question.begun:
            continue
        answers.append(question)
        rest = report.max_points - most
        pairs.append(
            (
                question.points / most if most else 0.0,
                (report.points - question.points) / rest if rest else 0.0,
            )
        )
    enough = len(pairs) >= FEWEST
    difficulty = round(mean(share for share, _ in pairs), 2) if enough else None
    discrimination = _correlation(pairs) if enough else None
    wrong = [question for question in answers if question.points < most - 1e-9]
    unnamed = sum(bool(question.signature) and not question.misconception for question in wrong)
    item = Item(
        id, len(answers), came - len(answers), difficulty, discrimination, unnamed, _hardest(answers), []
    )
    item.advice.extend(_advice(item, came, len(wrong)))
    return item


def _correlation(pairs: list[tuple[float, float]]) -> float | None:
    try:
        return round(correlation([here for here, _ in pairs], [rest for _, rest in pairs]), 2)
    except StatisticsError:  # all alike
        return None


def _hardest(answers: list[Question]) -> str:
    """The part that fewest of them passed; "" where all passed all."""
    lost = Counter(part.name for question in answers for part in question.parts if not part.passed)
    return max(lost, key=lambda name: lost[name]) if lost else ""


def _advice(item: Item, came: int, wrong: int) -> list[str]:
    said = []
    if came >= FEWEST and item.not_begun >= LEFT * came:
        said.append(
            f"{item.not_begun} of {came} did not begin it: is it too late in the lab, or its task unclear?"
        )
    if item.difficulty is not None and item.difficulty >= EASY:
        said.append("Nearly everybody has it: it tells little, and may be worth fewer points.")
    if item.difficulty is not None and item.difficulty <= HARD:
        said.append(f"Few have it; most are lost at “{item.hardest}”: look at the task's text there.")
    if item.discrimination is not None and item.discrimination < 0 and (item.difficulty or 0) < EASY:
        said.append(
            "Who is good elsewhere does worse here: look at the text, and whether a right solution fails."
        )
    elif item.discrimination is not None and item.discrimination < WEAK and (item.difficulty or 0) < EASY:
        said.append("Who is good elsewhere does no better here: look at what it really asks.")
    if item.began >= FEWEST and wrong and item.unnamed >= LEFT * wrong and item.unnamed > 1:
        said.append(f"{item.unnamed} of {wrong} wrong answers have no name: gatelab misses groups them.")
    return said
