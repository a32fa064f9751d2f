"""Findings of the class report: hard questions, similar answers, the slot of a mistake, what has changed."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from gatelab.lab.bank import Bank, load_bank
from gatelab.lab.spec import Lab
from gatelab.report.outputs.pages import class_page, feedback_page
from gatelab.report.record.model import Report
from gatelab.report.whole_class.class_report import Row, class_content
from gatelab.report.whole_class.grade_changes import changes, remember
from gatelab.report.whole_class.item_analysis import item
from gatelab.report.whole_class.lesson_plan import slot_of, slots
from gatelab.report.whole_class.similar_answers import similar
from gatelab.submission.collect import Submission, collect
from gatelab.submission.notebook_sections import sections
from helpers.made_reports import BANK, CHOSEN, LAB, SWAPPED, a_class, graded, question
from helpers.notebooks import write_notebook
from helpers.released_lab import release
from helpers.tiny_lab import TINY, tiny_lab


def answered(*verdicts: tuple[bool, bool]) -> list:
    """Reports of two questions each, all or nothing."""
    return [graded(f"s{k}", question("q1", a), question("q2", b)) for k, (a, b) in enumerate(verdicts)]


class TestItems:
    def test_a_question_that_agrees_with_the_rest_discriminates(self) -> None:
        found = item("q1", 5.0, answered(*[(True, True)] * 6, *[(False, False)] * 6))
        assert found == {"difficulty": 0.5, "discrimination": 1.0, "remark": ""}

    def test_a_question_that_contradicts_the_rest_is_flagged(self) -> None:
        found = item("q1", 5.0, answered(*[(True, False)] * 6, *[(False, True)] * 6))
        assert found["discrimination"] == -1.0 and "do worse here" in found["remark"]

    def test_chance_in_a_small_class_is_not_a_finding(self) -> None:
        drawn = random.Random(3)
        pairs = [(drawn.random() < 0.5, drawn.random() < 0.5) for _ in range(16)]
        assert item("q1", 5.0, answered(*pairs))["remark"] == ""

    def test_a_few_answers_or_equal_ones_give_no_number(self) -> None:
        assert item("q1", 5.0, answered((True, False), (False, True)))["discrimination"] is None
        assert item("q1", 5.0, answered(*[(True, True)] * 12))["discrimination"] is None
        assert item("q1", 5.0, []) == {"difficulty": None, "discrimination": None, "remark": ""}


PLAN = f"""
## Lecture: classes
### 0:25–1:10 · Rows and columns
The axes of a batch: q1.

| say | who made |
| --- | --- |
| name the *axes* aloud | `q1/{SWAPPED.id}` |
"""


class TestSlots:
    def test_a_lab_without_a_plan_has_no_slots(self) -> None:
        assert slots(Lab.in_repository(TINY)) == {}
        assert slot_of({}, "q1", "any").when == ""

    def test_questions_may_have_any_id(self, tmp_path: Path) -> None:
        """A range is one of the lab's own order; an ID that is a word counts in backticks."""
        lab = tiny_lab(tmp_path)
        table = lab.assignment / "lab.toml"
        row = '\n[{}]\ntitle = "t"\npoints = 1\nby_hand = true\n'
        text = table.read_text(encoding="utf-8")
        table.write_text(text + "".join(map(row.format, ["a1", "mse", "q12a", "z"])), encoding="utf-8")
        (lab.assignment / "LESSON_PLAN.md").write_text(
            "## Lecture: one\n### 0:00–0:10 · A\nThe mse, `mse/summed`, then a1 and q99.\n"
            "### 0:10–0:20 · B\nHere `mse`.\n### 0:20–0:30 · C\nFrom a1 to q12a; z.\n",
            encoding="utf-8",
        )
        when = {key: slot.when[-1] for key, slot in slots(Lab.in_repository(tmp_path)).items()}
        assert when == {"mse/summed": "A", "a1": "A", "mse": "B", "q12a": "C"}

    def test_the_slots_are_on_the_page_with_what_to_say(self, tmp_path: Path) -> None:
        lab = tiny_lab(tmp_path)
        (lab.assignment / "LESSON_PLAN.md").write_text(PLAN, encoding="utf-8")
        slot = slot_of(slots(lab), "q1", SWAPPED.id)
        assert slot.when == "Lecture, 0:25–1:10 · Rows and columns" and slot.say == "name the axes aloud"
        page = class_page(class_content(lab, a_class(), CHOSEN, 7, BANK))
        assert "Lecture, 0:25–1:10 · Rows and columns:" in page and slot.say in page
        assert f"<code>q1/{SWAPPED.id}</code>" in page


# Long enough to have a form of its own.
OWN = """
def softmax(x, h, c, w_ih, w_hh, b_ih, b_hh):
    sizes = [int(part) for part in (h.shape[1],) * 4]
    pile = []
    for number, size in enumerate(sizes):
        start = number * size
        rows = slice(start, start + size)
        left = torch.einsum('nd,hd->nh', x, w_ih[rows]) + b_ih[rows]
        right = torch.einsum('nd,hd->nh', h, w_hh[rows]) + b_hh[rows]
        pile.append(left.add(right))
    squashed = {name: (torch.tanh if name == 'g' else torch.sigmoid)(pile.pop(0)) for name in 'ifgo'}
    memory = sum(squashed[a] * b for a, b in (('f', c), ('i', squashed['g'])))
    return squashed['o'].mul(memory.tanh()), memory, dict(sorted(squashed.items()))
"""
RENAMED = OWN
for old, new in {
    "sizes": "widths",
    "pile": "stack_of_gates",
    "memory": "cc",
    "left": "p",
    "right": "q",
    "rows": "r",
}.items():
    RENAMED = RENAMED.replace(old, new)
OTHER = """
def softmax(x, h, c, w_ih, w_hh, b_ih, b_hh):
    everything = torch.cat([x, h], dim=-1) @ torch.cat([w_ih, w_hh], dim=-1).T
    everything = everything + b_ih
    everything += b_hh
    width = everything.shape[-1] // 4
    names = {}
    for key, begin in zip(['i', 'f', 'g', 'o'], range(0, everything.shape[-1], width), strict=True):
        names[key] = everything.narrow(-1, begin, width)
    for key in names:
        names[key] = names[key].tanh() if key in ('g',) else 1 / (1 + (-names[key]).exp())
    newer = torch.addcmul(names['f'] * c, names['i'], names['g'])
    shown = names['o'] * newer.tanh()
    return shown, newer, names
"""


def handed_in(folder: Path, **code: str) -> list[Submission]:
    for name, source in code.items():
        write_notebook(folder / f"{name}.ipynb", "import torch", source)
    return collect(folder, LAB)


class TestNearAnswers:
    def test_a_copy_with_other_names_is_named_and_nobody_else(self, tmp_path: Path) -> None:
        class_ = handed_in(tmp_path, ada=OWN, bob=RENAMED + "\n# mine\n", cleo=OTHER)
        found = similar(LAB, load_bank(LAB), class_)
        assert [pair["who"] for pair in found] == [["ada", "bob"]]
        assert found[0]["shared"] > 0.9

    def test_code_of_the_reference_the_bank_and_the_release_is_not_reported(self, tmp_path: Path) -> None:
        bank = load_bank(LAB)
        known = [LAB.reference("q1"), *(wheat.source for wheat in bank.wheats_of("q1"))]
        code = {
            f"{kind}{k}": source + f"\nmark_{kind} = {k}\n" for k, source in enumerate(known) for kind in "ab"
        }
        assert similar(LAB, bank, handed_in(tmp_path, **code)) == []

    def test_what_much_of_the_class_shares_is_not_reported(self, tmp_path: Path) -> None:
        code = {f"s{k}": OWN + f"\nseed_{k} = {k}\n" for k in range(6)}
        assert similar(LAB, Bank(), handed_in(tmp_path, **code)) == []

    def test_the_same_file_and_files_that_are_not_notebooks_are_not_pairs(self, tmp_path: Path) -> None:
        class_ = handed_in(tmp_path, ada=OWN, bob=OWN)
        (tmp_path / "cleo.ipynb").write_text("{")
        assert similar(LAB, Bank(), [*class_, *collect(tmp_path / "cleo.ipynb", LAB)]) == []

    @pytest.mark.parametrize(
        "text", ["'" * 150_000, "(" * 150_000, '"\\' * 75_000, "a" * 150_000, "# " * 75_000]
    )
    def test_no_text_makes_it_slow(self, tmp_path: Path, text: str) -> None:
        class_ = handed_in(tmp_path, ada=text, bob=text + " ")
        began = time.process_time()
        similar(LAB, Bank(), class_)
        assert time.process_time() - began < 10


def rows(**points: float | None) -> dict:
    return {
        "submissions": [
            {
                "name": name,
                "status": "graded" if got is not None else "not graded yet",
                "points": got,
                "sha256": name,
            }
            for name, got in points.items()
        ]
    }


class TestChanges:
    def test_added_removed_and_changed_grades_are_listed(self) -> None:
        now = rows(ada=10.0, bob=7.5, dan=3.0)["submissions"]
        now[0]["sha256"] = "another"
        found = changes(remember(rows(ada=5.0, bob=6.0, cleo=1.0)), now)
        assert [(c["name"], c["was"], c["now"], c["why"]) for c in found] == [
            ("ada", "5", "10", "another file came in"),
            ("bob", "6", "7.5", "graded again or corrected"),
            ("dan", "", "3", "came in"),
            ("cleo", "1", "", "is no longer there"),
        ]

    def test_a_run_that_was_stopped_is_not_what_is_compared_with(self) -> None:
        stopped = rows(ada=10.0, bob=None) | {"last": remember(rows(ada=5.0, bob=6.0))}
        found = changes(remember(stopped), rows(ada=10.0, bob=6.0)["submissions"])
        assert [c["name"] for c in found] == ["ada"]

    def test_the_first_run_has_nothing_to_compare_with(self) -> None:
        assert remember({}) == {}


class TestSections:
    def test_every_question_has_its_heading_on_the_feedback_page(self, tmp_path: Path) -> None:
        lab = release(tiny_lab(tmp_path), tmp_path)
        found = sections(lab)
        assert found.keys() >= {"q1", "q2"} and all(id in found[id].heading for id in found)
        page = feedback_page(lab, graded("ada", question("q1", True)))
        assert "In the notebook:" in page and found["q1"].heading in page
        assert "<a" not in page  # the lab's addresses are not set, so there is nothing to lead to

    def test_the_heading_links_to_the_notebook_if_it_has_an_address(self, tmp_path: Path) -> None:
        lab = tiny_lab(tmp_path)
        table = lab.assignment / "lab.toml"
        table.write_text(table.read_text().replace("your-course", "kth-dl"))
        release(lab, tmp_path)
        page = feedback_page(
            Lab.in_repository(tmp_path), Report("ada", "graded", questions=[question("q1", True)])
        )
        assert (
            f'href="https://colab.research.google.com/github/kth-dl/your-labs/blob/main/{lab.name}/lab.ipynb#scrollTo='
            in page
        )


def test_the_credit_and_the_seconds_of_each_question_are_reported() -> None:
    credited = question("q1", True, False, credit=8.0, seconds=2.0)
    book = class_content(LAB, [Row("ada", "ada", graded("ada", credited))], ["q1"], 7, BANK)
    assert (book["questions"][0]["credit_points"], book["questions"][0]["seconds"]) == (3.0, 2.0)
    assert "(+3)" in class_page(book)
