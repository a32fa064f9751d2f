"""What each student of the sample class is told: points, messages and notes, as text that a difference can be read in.

    make accept                                    grade the class and accept it
    python tests/lstm-gru/sample/said.py [OUT]     accept what was graded into this folder (default: out/sample)

`said.txt` beside this file is what was accepted; test_sample_class.py compares a new grading with it. Commit it with the change that
made it differ, so that whoever reads that change sees what it does to students.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from gatelab.lab.spec import Lab
from gatelab.report.gradescope import all_questions, summary
from gatelab.report.model import Question, Report
from gatelab.report.plain import number
from gatelab.report.schema import read_json

ROOT = Path(__file__).resolve().parents[3]
ACCEPTED = Path(__file__).with_name("said.txt")
# Another processor rounds differently, which changes the outcome of a training: numbers with a point are compared only by their presence.
MEASURED = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?|\bnan\b|\d+e-\d+")


def said(lab: Lab, out: Path) -> dict[str, str]:
    """By submission, of an output folder of `gatelab grade`. Parts that were passed are not named, nor those of an unwritten question."""
    reports = [
        read_json(path.read_text(encoding="utf-8")) for path in sorted((out / "reports").glob("*.json"))
    ]
    return {report.submission: _of(lab, report) for report in reports}


def _of(lab: Lab, report: Report) -> str:
    questions = [
        question for question in all_questions(report, lab.questions.values()) if not question.by_hand
    ]
    lines = summary(report, questions).splitlines()
    if report.status == "graded":
        for question in questions:
            lines += _question(question)
    return "\n".join(lines) + "\n"


def _question(question: Question) -> list[str]:
    lines = [f"{question.id}: {number(question.points)} of {number(question.max_points)}"]
    lines += [f"  {text}" for text in (question.note, question.follow_through) if text]
    by_message: dict[str, list[str]] = {}
    for part in question.parts if question.begun else ():
        if not part.passed:
            by_message.setdefault(part.told, []).append(part.name)
    for message, parts in by_message.items():
        lines.append(f"  {', '.join(parts)}: {MEASURED.sub('#', message)}")
    return lines


def read(path: Path = ACCEPTED) -> dict[str, str]:
    """What was accepted, as `said` gives it."""
    found: dict[str, str] = {}
    for section in re.split(r"^== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, _, text = section.partition("\n")
        found[name] = text.rstrip("\n") + "\n"
    return found


def main() -> None:
    """Write said.txt from the folder that is named."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "out" / "sample"
    if not (out / "reports").is_dir():
        sys.exit(f"{out}: no class was graded into it; run make grade first.")
    sections = [
        f"== {name}\n{text}"
        for name, text in said(Lab.in_repository(ROOT, ACCEPTED.parents[1].name), out).items()
    ]
    ACCEPTED.write_text("\n".join(sections), encoding="utf-8")
    print(f"accepted: {ACCEPTED}; commit it")


if __name__ == "__main__":
    main()
