"""What each student of the sample class is told: points, messages and notes, as text that a difference can be read in.

    make accept                                    grade the class and accept it
    python tests/lstm-gru/sample/said.py [OUT]     accept what was graded into this folder (default: out/sample)

`said.txt` beside this file is what was accepted; test_sample_class.py compares a new grading with it. Commit it with the change that
made it differ, so that whoever reads that change sees what it does to students.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gatelab.lab.spec import Lab
from gatelab.report.outputs.gradescope import all_questions, summary
from gatelab.report.record.model import Question, Report
from gatelab.report.record.points import number
from gatelab.report.record.schema import read_json
from helpers import accepted_texts

ROOT = Path(__file__).resolve().parents[3]
ACCEPTED = Path(__file__).with_name("said.txt")


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
    lost = [part for part in question.parts if not part.passed] if question.attempted else []
    return lines + [
        accepted_texts.MEASURED.sub("#", line)
        for line in accepted_texts.by_message((part.name, part.student_text) for part in lost)
    ]


def read() -> dict[str, str]:
    """What was accepted, as `said` gives it."""
    return accepted_texts.read(ACCEPTED)


def main() -> None:
    """Write said.txt from the folder that is named."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "out" / "sample"
    if not (out / "reports").is_dir():
        sys.exit(f"{out}: no class was graded into it; run make grade first.")
    accepted_texts.write(ACCEPTED, said(Lab.in_repository(ROOT, ACCEPTED.parents[1].name), out))
    print(f"accepted: {ACCEPTED}; commit it")


if __name__ == "__main__":
    main()
