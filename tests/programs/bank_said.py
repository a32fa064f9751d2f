"""What a student who makes a mistake from the bank gets (points, name, messages), as text that can be compared.

    make accept-bank                                   grade the bank's mistakes and accept what they get
    make accept-bank QUESTION="q1 q3"                  only those of these questions
    python tests/programs/bank_said.py --lab LAB q1 q3     the same

The accepted records are in `tests/<lab>/bank/said/`, one file for each question; test_bank.py compares the mistakes that it grades with
them. Commit them with the change that altered them. A lab without that folder has accepted nothing, and nothing is compared.

If a mistake is named correctly, with the two sentences of its file, the record has no line for that.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Mapping
from difflib import unified_diff
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gatelab.audit.matrix import ChaffRow, Matrix
from gatelab.audit.verify import verify
from gatelab.grading.engine import Engine
from gatelab.lab.bank import Bank, Chaff, load_bank
from gatelab.lab.spec import Lab
from gatelab.report.record.points import number
from helpers import accepted_texts

ROOT = Path(__file__).resolve().parents[2]
# Which of two numbers differs most, and how many differ by more than the tolerance, may depend on rounding.
MOST = re.compile(r"the largest difference is .+? \(got [^)]*\)")
HOW_MANY = re.compile(r"\d+(?= of \d+ numbers differ)")


def said(matrix: Matrix, chaffs: Iterable[Chaff]) -> dict[str, str]:
    """Chaff (`q1/some-slip`) → its record, from a matrix without wheat."""
    rows = {f"{row.question}/{row.id}": row for row in matrix.chaffs}
    return {
        chaff.key: _of(chaff, rows[chaff.key], matrix.outcomes[chaff.key])
        for chaff in chaffs
        if chaff.key in rows
    }


def _of(chaff: Chaff, row: ChaffRow, outcomes: Mapping[str, list[tuple[Any, ...]]]) -> str:
    (status, reason), *cells = outcomes[""]
    if status != "graded":
        return f"{status}: {reason}\n"
    (_, name, note), *parts = outcomes[chaff.question]
    named = "" if name == chaff.id else f", named {name or 'nothing'}"
    lines = [f"{number(row.points)} of {number(row.of)}, {number(row.earned)} by the parts{named}"]
    if note != f"{chaff.misconception} Hint: {chaff.hint}":
        lines.append(f"  {note}")
    lines += [f"  cell {index} {what}: {masked(message)}" for index, what, message in cells]
    lines += accepted_texts.by_message(
        (name.partition("/")[2], masked(message)) for name, _, message in parts if message
    )
    if row.elsewhere:
        lines.append(f"  elsewhere: {', '.join(map(str, row.elsewhere))}")
    return "\n".join(lines) + "\n"


def masked(message: str) -> str:
    """A message without the numbers that another processor or another drawing may give."""
    message = MOST.sub("the largest difference is # (got #)", HOW_MANY.sub("#", message))
    return accepted_texts.MEASURED.sub("#", message)


def folder(lab: Lab) -> Path:
    """The folder with a lab's records, one for each question. Raises ValueError if the lab has no bank."""
    if lab.bank is None:
        raise ValueError(f"{lab.assignment.name} has no bank.")
    return lab.bank / "said"


def read(lab: Lab) -> dict[str, str]:
    """The accepted records, in the form of `said`; empty if the lab has accepted nothing."""
    found: dict[str, str] = {}
    for path in sorted(folder(lab).glob("*.txt")):
        found |= accepted_texts.read(path)
    return found


def differences(now: Mapping[str, str], before: Mapping[str, str]) -> list[str]:
    """A text for each of these chaffs whose record differs from the accepted one: both records, and what to do."""
    found = []
    for key, text in now.items():
        if text != (was := before.get(key, "")):
            lines = unified_diff(was.splitlines(), text.splitlines(), "accepted", "now", lineterm="", n=99)
            found.append(f"{key}: {what_to_do(key)}\n" + "\n".join(lines))
    return found


def what_to_do(key: str) -> str:
    """What to do about a chaff whose record differs."""
    question = key.partition("/")[0]
    return f"if this is meant, run make accept-bank QUESTION={question}, read the difference and commit it"


def accept(lab: Lab, questions: Iterable[str], jobs: int) -> list[Path]:
    """Grade the chaffs of these questions (of all, if none are named) and write their records. Returns what was written."""
    bank, written = load_bank(lab), []
    chosen = [id for id in lab.questions if id in {*questions}] or list(lab.questions)
    chaffs = tuple(chaff for chaff in bank.chaffs if chaff.question in chosen)
    now: dict[str, str] = {}
    if chaffs:
        with Engine(lab, jobs=jobs) as engine:
            now = said(verify(engine, Bank((), chaffs), everywhere=False), chaffs)
    for id in chosen:
        path = folder(lab) / f"{id}.txt"
        sections = {key: text for key, text in now.items() if key.startswith(f"{id}/")}
        if sections:
            accepted_texts.write(path, sections)
            written.append(path)
        else:
            path.unlink(missing_ok=True)
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description="Accept what the mistakes of the bank get now.")
    parser.add_argument("questions", nargs="*", help="only of these")
    parser.add_argument("--lab", required=True, help="the lab's folder in assignment/")
    parser.add_argument("--jobs", type=int, default=2, help="gradings at once")
    given = parser.parse_args()
    lab = Lab.in_repository(ROOT, given.lab)
    lab.check_questions(given.questions)
    for path in accept(lab, given.questions, given.jobs):
        print(f"accepted: {path}; commit it")


if __name__ == "__main__":
    main()
