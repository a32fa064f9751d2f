"""The lesson plan names only what exists, and its numbers are those of the recorded demo; its clock: test_lesson_clock.py."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from kit_lab import kit_lab

from gatelab.lab.bank import load_bank
from gatelab.report.whole_class.lesson_plan import slot_of, slots
from gatelab.submission.notebook_sections import sections

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / "assignment" / "lstm-gru"
PLAN = (LAB / "LESSON_PLAN.md").read_text(encoding="utf-8")
MASTERS = {name: (LAB / f"{name}.py").read_text(encoding="utf-8") for name in ("lab", "demo", "practice")}
RECORD = json.loads((LAB / "cached" / "demo.json").read_text(encoding="utf-8"))


def headings(master: str) -> set[str]:
    """The headings of a percent-format notebook, without the points of a question."""
    found = re.findall(r"^# #+ (.+)$", MASTERS[master], re.MULTILINE)
    return {re.sub(r" \(\d+ points?.*\)$", "", heading) for heading in found}


def section(title: str) -> str:
    """The plan's text under the heading that starts with `title`, up to the next heading of its rank."""
    return re.split(rf"^## {title}.*$", PLAN, flags=re.MULTILINE)[1].split("\n## ")[0]


def test_every_section_exists():
    named = re.findall(r"`(lab|demo|practice) › ([^`…]+)`", PLAN)
    assert len(named) > 25
    assert [(master, title) for master, title in named if title not in headings(master)] == []


def test_every_section_of_demo_and_practice_is_taught():
    named = set(re.findall(r"`(lab|demo|practice) › ([^`]+)`", PLAN))
    for master in ("demo", "practice"):
        ranks = re.findall(r"^# (#{2,3}) (.+)$", MASTERS[master], re.MULTILINE)
        # A part with sections of its own is taught by them.
        sections = [
            title
            for (rank, title), (below, _) in zip(ranks, [*ranks[1:], ("", "")], strict=True)
            if below <= rank
        ]
        assert len(sections) > 5
        untaught = [title for title in sections if (master, title) not in named]
        assert set(untaught) <= {"Setup", "Keep this run"}


def test_every_figure_exists():
    named = re.findall(r"`(lab|demo|practice) figure › ([^`]+)`", PLAN)
    assert len(named) >= 5
    assert [(master, title) for master, title in named if f'"{title}"' not in MASTERS[master]] == []


def test_every_question_exists():
    questions = kit_lab().questions
    assert set(re.findall(r"\bq\d+[a-z]?\b", PLAN)) <= set(questions)


def test_every_chaff_exists():
    named = re.findall(r"`(q\d+)/([a-z0-9-]+)`", section("Common pitfalls"))
    assert len(named) > 30
    chaff = ROOT / "tests" / "lstm-gru" / "bank" / "chaff"
    assert [f"{q}/{id}" for q, id in named if not (chaff / q / f"{id}.py").is_file()] == []


def test_every_question_with_code_has_a_pitfall():
    coded = {q.id for q in kit_lab().questions.values() if not q.by_hand and q.id != "q12"}
    assert coded == set(re.findall(r"`(q\d+)/", section("Common pitfalls")))


def test_the_misconceptions_numbers_are_the_recorded_demos():
    table = section("Common misconception")
    results = RECORD["results"]
    rows = [row for row in results["swap"] if row["T"] == 64] + results["bigger"]
    for row in rows:
        line = f"| {row['name']} | {row['parameters']:,} | {row['steps']} | {row['long']:.2f} |"
        assert line in table
    needed: dict[str, dict[int, list[int]]] = {}
    for row in results["patience"] + results["longest"]:
        needed.setdefault(row["name"], {}).setdefault(row["T"], []).append(row["steps to 95 %"] or 2500)
    for name, by_length in needed.items():
        ordered = (sorted(steps) for steps in by_length.values())
        cells = [f"{median:,} ({least:,} to {most:,})" for least, median, most in ordered]
        assert f"| {name} | {' | '.join(cells)} |" in table


def test_the_gradients_of_the_plan_are_the_recorded_demos():
    table = section("Common misconception")
    shares = {
        (when, name, T): norms[0] / norms[-1] for when, name, T, norms in RECORD["results"]["gradients"]
    }
    for name in ("RNN", "GRU", "LSTM"):
        row = [power(shares[when, name, T]) for when in ("fresh", "trained") for T in (20, 200)]
        assert f"| {name} | {' | '.join(row)} |" in table


def power(number: float) -> str:
    """One digit and a power of ten, as TeX."""
    digit, exponent = f"{number:.0e}".split("e")
    tens = f"10^{{{int(exponent)}}}"
    return f"${tens}$" if digit == "1" else f"${digit} \\cdot {tens}$"


def test_no_mark_of_an_unfinished_page_is_left():
    assert "@@" not in PLAN


def test_the_recorded_demo_kept_its_budget():
    """The cells on the lecture's clock; the last experiment is for the time that is left, and so may take longer."""
    seconds = dict(RECORD["cpu_seconds"])
    if_time_is_left = [seconds.pop(name) for name in ("patience", "longest")]
    assert max(seconds.values()) < 30 and max(if_time_is_left) < 60
    assert sum(RECORD["cpu_seconds"].values()) < 90


def test_the_recorded_demo_shows_every_figure(tmp_path):
    """The demo as it runs in class with LIVE = False, beside the students' files and the record."""
    (tmp_path / "seqlab").symlink_to(LAB / "seqlab")
    (tmp_path / "cached").symlink_to(LAB / "cached")
    source = MASTERS["demo"]
    assert source.count("\nLIVE = True\n") == 1
    (tmp_path / "demo.py").write_text(source.replace("\nLIVE = True\n", "\nLIVE = False\n"), encoding="utf-8")
    command = [sys.executable, "-W", "ignore", "demo.py"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, env=_headless(), check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert f"Shown from a run of {RECORD['date']}" in done.stdout
    assert done.stdout.count("what happened:") == 5
    assert "none of these" not in done.stdout


def _headless() -> dict[str, str]:
    return {**os.environ, "MPLBACKEND": "Agg", "PYTHONDONTWRITEBYTECODE": "1"}


def test_every_mistake_of_the_plans_tables_has_its_sentence():
    lab = kit_lab()
    found, bank = slots(lab), load_bank(lab)
    taught = {chaff.key for chaff in bank.chaffs if slot_of(found, chaff.question, chaff.id).say}
    assert len(taught) > 20
    swapped = slot_of(found, "q1", "forget-and-input-swapped")
    assert swapped.when == "Lecture, 0:25–1:10 · LSTM and GRU"
    assert swapped.say == "the gate that multiplies the old c is the forget gate"


def test_every_question_of_the_notebook_has_its_heading():
    lab = kit_lab()
    found = sections(lab)
    assert all(id in found[id].heading for id in ("q1", "q2", "q7", "q12a"))
