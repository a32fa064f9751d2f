"""The lesson plan keeps the timetable of the page that ordered it: every line, in order, at its minute.

The page's table is here once, word for word. The plan may divide a slot into finer ones inside it; it may not move a slot,
leave one of its lines out, or put a line under another slot.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

LAB = Path(__file__).resolve().parents[2] / "assignment" / "lstm-gru"
PLAN = (LAB / "LESSON_PLAN.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Slot:
    start: str
    end: str
    minutes: int
    title: str
    lines: tuple[str, ...]


LECTURE = (
    Slot("0:00", "0:10", 10, "Recap & retrieval", (
        "Open with two quick questions on last week's material (retrieval practice), then state this week's objectives.",
    )),
    Slot("0:10", "0:25", 15, "Motivation", (
        "Gates: a learned mechanism to keep or forget information across long sequences.",
    )),
    Slot("0:25", "1:10", 45, "LSTM and GRU", (
        "An LSTM adds a cell state plus input, forget, and output gates that control information flow.",
        "The cell state provides a near-linear path that preserves gradients over long sequences.",
        "A GRU merges gates and states into a lighter unit with similar performance.",
        "The gates are learned, so the network decides what to keep and what to forget.",
    )),
    Slot("1:10", "1:20", 10, "Break", ()),
    Slot("1:20", "2:05", 45, "Sequence tasks", (
        "Sequence classification produces one label for a whole sequence.",
        "Sequence-to-sequence uses an encoder and a decoder for variable-length outputs.",
        "Teacher forcing feeds the true previous token to the decoder during training.",
        "Match the architecture (many-to-one, many-to-many) to the task.",
    )),
    Slot("2:05", "2:35", 30, "Live demo (predict, then run)", (
        "Ask the class to predict whether the LSTM or the plain RNN holds the long-range signal better before comparing them.",
        "Swap an RNN for an LSTM, inspect the gates and cell state, and compare long- versus short-sequence gradients.",
    )),
    Slot("2:35", "2:50", 15, "Wrap-up & practice preview", (
        "Revisit the misconception and concept checks below, recap the takeaways, and preview the practice lesson.",
    )),
    Slot("2:50", "3:00", 10, "Buffer & questions", ()),
)  # fmt: skip
PRACTICE = (
    Slot("0:00", "0:10", 10, "Setup & recap", (
        "Recap the lecture's key ideas and open the working notebook.",
    )),
    Slot("0:10", "1:00", 50, "Instructor demonstrations", (
        "Swap the RNN for an LSTM or GRU on the same task and compare.",
        "Walk through the gates and the cell state on the board and in code.",
    )),
    Slot("1:00", "1:05", 5, "Break", ()),
    Slot("1:05", "1:45", 40, "Instructor demonstrations (continued)", (
        "Show behavior on long versus short sequences.",
    )),
    Slot("1:45", "2:00", 15, "Wrap-up & lab brief", (
        "Summarize the patterns shown and brief the weekly lab (homework), which students complete on their own.",
    )),
)  # fmt: skip
LESSONS = {"Lecture": LECTURE, "Practice": PRACTICE}

# The page's blocks, in its order, and the plan's headings for them.
ORDER = (
    "Learning objectives",
    "Lecture",
    "Common misconception to confront",
    "Check for understanding",
    "Key takeaways",
    "Practice",
    "Common pitfalls to pre-empt",
    "Open the practice notebook in Colab",
    "Curated references",
    "Lab (homework)",
    "Before and after this week",
)
MISCONCEPTION = (
    "LSTMs beat plain RNNs because they are bigger and have more parameters.",
    "It is the cell state's near-linear, gated path, not the parameter count, that preserves gradients across long "
    "sequences; the gates learn what to keep and forget.",
)
CHECKS = {  # the page's question and its answer → the lecture's slot in which it is asked
    "What is the role of the cell state versus the hidden state in an LSTM?": (
        "The cell state is a protected, near-linear memory carried across steps (a gradient highway); the hidden state "
        "is the gated output exposed to the next step or layer.",
        "LSTM and GRU",
    ),
    "Sentiment classification of a whole sentence: many-to-one or many-to-many?": (
        "Many-to-one: a whole sequence in, a single label out.",
        "Sequence tasks",
    ),
}


def section(title: str) -> str:
    """The plan's text under the heading of second rank that starts so, on one line."""
    found = re.split(rf"^## {re.escape(title)}.*$", PLAN, flags=re.MULTILINE)
    assert len(found) == 2, f"the plan has {len(found) - 1} headings that start with {title!r}"
    return found[1].split("\n## ")[0]


def slots(lesson: str) -> list[tuple[str, str, int, str, str]]:
    """(start, end, minutes, title, text) of every slot: `### 0:10–0:25 · Motivation (15 min)`."""
    parts = re.split(r"^### (\d:\d\d)–(\d:\d\d) · (.+) \((\d+) min\)$", section(lesson), flags=re.MULTILINE)[
        1:
    ]
    return [
        (start, end, int(minutes), title, flat(text))
        for start, end, title, minutes, text in zip(*[parts[k::5] for k in range(5)], strict=True)
    ]


def flat(text: str) -> str:
    """On one line, with straight apostrophes."""
    return " ".join(text.replace("’", "'").split())


def minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_slot_starts_and_ends_when_the_page_says(lesson):
    wanted = [(slot.start, slot.end, slot.minutes, slot.title) for slot in LESSONS[lesson]]
    assert [found[:4] for found in slots(lesson)] == wanted


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_line_of_the_page_is_in_its_own_slot_in_its_order(lesson):
    for slot, found in zip(LESSONS[lesson], slots(lesson), strict=True):
        places = [found[4].find(flat(line)) for line in slot.lines]
        assert -1 not in places, f"{lesson}, {slot.title}: a line of the page is missing"
        assert places == sorted(places)


@pytest.mark.parametrize("lesson", LESSONS)
def test_finer_slots_fill_their_slot_and_do_not_leave_it(lesson):
    """Rows `| 0:25 | 15 | …` follow one another without a gap from the slot's start to its end."""
    divided = 0
    for start, end, _, title, text in slots(lesson):
        rows = re.findall(r"\| (\d:\d\d) \| (\d+) \|", text)
        if not rows:
            assert title in ("Break", "Buffer & questions")
            continue
        divided += 1
        edges = [(minute(clock), minute(clock) + int(length)) for clock, length in rows]
        assert edges[0][0] == minute(start) and edges[-1][1] == minute(end), title
        assert all(one[1] == other[0] for one, other in pairwise(edges)), title
    assert divided >= 4


def test_the_plan_has_the_blocks_of_the_page_in_its_order():
    headings = re.findall(r"^## (.+)$", PLAN, re.MULTILINE)
    places = [
        next((k for k, heading in enumerate(headings) if heading.startswith(block)), None) for block in ORDER
    ]
    assert None not in places, dict(zip(ORDER, places, strict=True))
    assert places == sorted(places)


def test_the_recap_asks_two_questions_and_states_the_objectives():
    recap = slots("Lecture")[0][4]
    assert set(re.findall(r"\| (R\d) \|", recap)) == {"R1", "R2"}
    assert recap.rindex("R2") < recap.rindex("objectives")


def test_the_misconception_is_set_straight_in_the_pages_words():
    text = flat(section("Common misconception to confront"))
    for words in MISCONCEPTION:
        assert words in text


def test_the_pages_checks_are_asked_word_for_word_in_their_own_blocks():
    table, blocks = flat(section("Check for understanding")), {s[3]: s[4] for s in slots("Lecture")}
    for question, (answer, block) in CHECKS.items():
        assert f"| {question} | {answer} |" in table
        assert question in blocks[block]


def test_the_wrap_up_previews_the_practice_and_the_buffer_is_free():
    blocks = {found[3]: found[4] for found in slots("Lecture")}
    wrap = blocks["Wrap-up & practice preview"].lower()
    for word in ("misconception", "check", "takeaways", "practice"):
        assert word in re.sub(r"revisit the misconception.*?practice lesson\.", "", wrap), word
    assert "demo ›" not in blocks["Buffer & questions"] and "lab ›" not in blocks["Buffer & questions"]


def test_the_lab_brief_states_hours_and_due_date():
    brief = slots("Practice")[-1][4]
    assert re.search(r"\d to \d+ hours", brief) and "due" in brief.lower()


def takeaways(text: str) -> list[str]:
    """The numbered lines under the heading "Key takeaways"."""
    after = re.split(r"^#+ Key takeaways$", text, flags=re.MULTILINE)[1]
    return re.findall(r"^\d\. (.+)$", after.split("\n#")[0], re.MULTILINE)


def markdown_of(master: str) -> str:
    """The markdown cells of a percent-format notebook, uncommented."""
    text = (LAB / f"{master}.py").read_text(encoding="utf-8")
    cells = re.split(r"^# %%", text, flags=re.MULTILINE)
    return "\n\n".join(
        re.sub(r"^# ?", "", cell.split("\n", 1)[1], flags=re.MULTILINE)
        for cell in cells
        if cell.startswith(" [markdown]")
    )


def test_takeaways_are_five_lines_and_the_student_has_the_same():
    lines = takeaways(PLAN)
    assert len(lines) == 5
    assert takeaways(markdown_of("lab")) == lines


@pytest.mark.parametrize("text", [PLAN, markdown_of("lab")], ids=["plan", "lab"])
def test_references_have_addresses(text):
    """Papers, and the pages that students read first."""
    references = re.split(r"^#+ (?:Curated r|R)eferences$", text, flags=re.MULTILINE)[1].split("\n## ")[0]
    addresses = re.findall(r"https://[^\s)>|]+", references)
    for site in ("colah.github.io", "karpathy.github.io", "distill.pub", "d2l.ai", "docs.pytorch.org"):
        assert any(site in address for address in addresses), site
    assert sum("doi.org" in address or "arxiv.org" in address for address in addresses) >= 6


def test_what_the_clock_has_no_room_for_is_kept_for_later():
    assert "If time is left" in re.findall(r"^## (.+)$", PLAN, re.MULTILINE)
