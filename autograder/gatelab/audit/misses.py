"""Finds unnamed mistakes: a class's wrong answers that no known mistake explains, grouped by what they compute."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from gatelab.lab.bank import DRAFT, BankError
from gatelab.lab.spec import Lab
from gatelab.report.record.model import Kind, Question
from gatelab.report.record.schema import read_json


@dataclass
class Miss:
    """One group: submissions that give the same answers to all calls of a question."""

    question: str
    signature: str
    who: list[str] = field(default_factory=list)
    lost: tuple[str, ...] = ()  # parts
    message: str = ""  # the message that the first of them received
    code: str = ""  # the shortest of the group


def misses(out: Path) -> tuple[list[Miss], int]:
    """The groups of a graded class, largest first, and how many wrong answers were named.

    Raises BankError if `gatelab grade` has written no reports.
    """
    groups: dict[tuple[str, str], Miss] = {}
    named = 0
    paths = sorted((Path(out) / "reports").glob("*.json"))
    if not paths:
        raise BankError(f"{out}: holds no reports; name the folder that `gatelab grade` wrote (its -o).")
    for path in paths:
        try:
            report = read_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise BankError(f"{path}: is not a report ({error}); grade the class again.") from error
        for question in report.questions:
            named += bool(question.mistakes)
            if not question.signature or _only_undefined(question):
                continue
            miss = groups.setdefault((question.id, question.signature), Miss(question.id, question.signature))
            miss.who.append(report.submission)
            failed = [part for part in question.parts if not part.passed]
            if not miss.lost and failed:
                miss.lost, miss.message = tuple(part.name for part in failed), failed[0].student_text
            if question.code and (not miss.code or len(question.code) < len(miss.code)):
                miss.code = question.code
    return sorted(groups.values(), key=lambda miss: (-len(miss.who), miss.question, miss.signature)), named


def _only_undefined(question: Question) -> bool:
    """Whether points were lost only because names are not defined. Such an answer contains no mistake to be named."""
    lost = [part for part in question.parts if not part.passed and part.kind is not Kind.NOT_RUN]
    return bool(lost) and all(part.kind is Kind.NOT_DEFINED for part in lost)


def draft(lab: Lab, miss: Miss, id: str) -> Path:
    """Write a chaff file for one group, to be finished by hand, and return its path.

    Raises BankError if the name is invalid or taken, or if the group's notebooks cannot be parsed.
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id):
        raise BankError(f"{id}: name the mistake in lower-case letters and hyphens, as in bias-left-out.")
    assert lab.bank is not None
    path = Path(lab.bank) / "chaff" / miss.question / f"{id}.py"
    if path.exists():
        raise BankError(f"{path}: already exists; choose another name.")
    if not miss.code:
        raise BankError(
            f"{miss.question}: the notebooks of this group cannot be parsed, so there is no code to draft from; write {path} by hand."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'"""{DRAFT} what is done wrong, in one sentence that a student understands.\n\n'
        f"Hint: {DRAFT} a question that leads to the answer and does not give it.\n"
        '"""\n\n# The share of the question\'s points that this slip leaves; 0 for what the question is about.\n'
        f"credit = 0.0\n\n{miss.code}\n",
        encoding="utf-8",
    )
    return path
