"""The suites, graded: `gatelab verify` in the small. `make verify` does the same with the whole bank and fifty seeds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit_lab import kit_lab

from gatelab.audit.matrix import Matrix, differences, lost_parts
from gatelab.audit.matrix_shown import markdown, write_pages
from gatelab.audit.notebooks import write_notebook
from gatelab.audit.verify import styles, verify
from gatelab.grading.engine import Engine
from gatelab.lab.bank import Bank
from gatelab.lab.spec import Lab
from helpers.shares import WHOLE, share
from programs import bank_said

# The lab's own, at which the chaff is graded and what it gets was accepted; and another for the wheat.
SEEDS = (kit_lab().settings.seed, 2026) if WHOLE else (kit_lab().settings.seed,)


@pytest.fixture(scope="module")
def drawn(bank: Bank, turn: int) -> Bank:
    """Part of each question's wheat, of the whole notebooks and of the chaff; others at the next run. `make verify` grades all."""
    questions = dict.fromkeys(wheat.question for wheat in bank.wheats)
    wheats = [wheat for id in questions for wheat in share(bank.wheats_of(id), 5, turn)]
    return Bank(tuple(wheats), tuple(share(bank.chaffs, 16, turn)), tuple(share(bank.notebooks, 3, turn)))


@pytest.fixture(scope="module")
def matrix(lab: Lab, drawn: Bank) -> Iterator[Matrix]:
    """These wheats and chaffs through the engine, without the parts that train."""
    with Engine(lab, jobs=2) as engine:
        yield verify(engine, drawn, SEEDS, everywhere=False)


@pytest.mark.timeout(1500)
def test_every_wheat_passes_every_hidden_test(matrix: Matrix) -> None:
    assert [row for row in matrix.wheats if row.lost] == []


@pytest.mark.timeout(1500)
def test_every_chaff_loses_its_own_question_and_no_other(matrix: Matrix) -> None:
    assert [(row.question, row.id, row.lost, row.elsewhere) for row in matrix.chaffs if not row.caught] == []


@pytest.mark.timeout(1500)
def test_every_chaff_is_named_by_its_own_misconception(matrix: Matrix) -> None:
    assert [(row.question, row.id, row.named) for row in matrix.chaffs if not row.named_right] == []


@pytest.mark.timeout(1500)
def test_every_chaff_gets_the_points_and_messages_that_were_accepted(
    matrix: Matrix, lab: Lab, drawn: Bank
) -> None:
    """Where a change of them is meant, `make accept-bank` writes them down."""
    assert bank_said.read(lab)
    different = bank_said.differences(bank_said.said(matrix, drawn.chaffs), bank_said.read(lab))
    assert not different, "\n\n".join(different)


def test_what_was_accepted_is_of_this_bank(lab: Lab, bank: Bank) -> None:
    accepted, chaffs = bank_said.read(lab).keys(), {chaff.key for chaff in bank.chaffs}
    new = [f"{key}: nothing was accepted; {bank_said.what_to_do(key)}" for key in sorted(chaffs - accepted)]
    assert not new, "\n".join(new)
    gone = [f"{key}: is no longer there; {bank_said.what_to_do(key)}" for key in sorted(accepted - chaffs)]
    assert not gone, "\n".join(gone)


def test_no_two_mistakes_of_the_bank_have_one_name_or_one_sentence(bank: Bank) -> None:
    assert len({one.key for one in bank.chaffs}) == len(bank.chaffs)
    assert len({(one.question, one.misconception) for one in bank.chaffs}) == len(bank.chaffs)


def test_the_bank_is_as_large_as_it_says(lab: Lab, bank: Bank) -> None:
    code = [id for id, spec in lab.questions.items() if not spec.by_hand and id != "q12"]
    for id in code:
        assert len([w for w in bank.wheats if w.question == id]) >= 5, id
        assert len([c for c in bank.chaffs if c.question == id]) >= 8, id
    assert len(bank.chaffs) >= 90


def test_every_wheat_is_part_of_some_style(bank: Bank) -> None:
    used = [style.cells for style in styles(bank)]
    assert {(w.question, w.source) for w in bank.wheats} <= {item for each in used for item in each.items()}
    assert all(dict(notebook.cells) in map(dict, used) for notebook in bank.notebooks)


@pytest.mark.one_in(3, among="again")
@pytest.mark.timeout(300)
def test_a_whole_correct_lab_gets_every_point_with_training_and_the_parts_add_up(
    engine: Engine, lab: Lab, tmp_path: Path
) -> None:
    report = engine.grade(write_notebook(tmp_path / "lab.ipynb", lab, {}))
    assert lost_parts(report) == []
    for question in report.questions:
        if not question.by_hand:
            assert sum(part.max_points for part in question.parts) == pytest.approx(question.max_points), (
                question.id
            )


def test_the_points_of_the_lab_are_a_hundred(lab: Lab) -> None:
    assert sum(spec.points for spec in lab.questions.values()) == 100


def test_the_documentation_shows_the_committed_matrix_of_this_bank(lab: Lab, bank: Bank, root: Path) -> None:
    table = (root / "docs" / "lstm-gru" / "matrix.md").read_text(encoding="utf-8")
    assert table in (root / "docs" / "quality.md").read_text(encoding="utf-8")
    page = (root / "docs" / "lstm-gru" / "matrix.html").read_text(encoding="utf-8")
    # Until `make verify` has run again, the page says how many came after it.
    later = [chaff.key for chaff in bank.chaffs if f"<code>{chaff.id}</code>" not in page]
    noted = re.search(
        r"(\d+) chaffs have joined the bank", (root / "docs" / "quality.md").read_text(encoding="utf-8")
    )
    came = int(noted[1]) if noted else 0
    assert len(later) <= came, later
    wheats, chaffs = int(re.search(r"\| (\d+) of \1 \|", table)[1]), len(bank.chaffs) - came
    seeds, rest = divmod(wheats, len(list(styles(bank))))
    assert rest == 0 and seeds >= 10
    *lines, _, how = table.splitlines()
    assert how.startswith(f"Wheat in {len(list(styles(bank)))} styles, each at {seeds} seeds; chaff at ")
    assert lines[-1].endswith(f"| {chaffs} of {chaffs} |")
    assert all(f"| {wheats} of {wheats} |" in line for line in lines[2:-1])


def test_the_matrix_is_written_as_a_page_and_a_table(matrix: Matrix, lab: Lab, tmp_path: Path) -> None:
    page, table = write_pages(matrix, lab, markdown(matrix, lab), tmp_path)
    assert matrix.chaffs[0].id in page.read_text() and table.read_text() == markdown(matrix, lab)


@pytest.mark.one_in(3, among="again")
@pytest.mark.timeout(1500)
def test_one_and_two_jobs_give_the_same_points_and_messages(
    engine: Engine, drawn: Bank, matrix: Matrix, lab: Lab
) -> None:
    """`gatelab verify --twice` does it with the whole bank."""
    first_style = {wheat.question: wheat for wheat in reversed(drawn.wheats)}.values()
    few = drawn.chaffs[::3]
    one = verify(engine, Bank(tuple(first_style), few), everywhere=False)
    assert differences(one, matrix) == []
    assert one.outcomes.keys() == {f"style 1, seed {lab.settings.seed}", *(chaff.key for chaff in few)}


def test_another_message_or_a_grading_left_out_is_a_difference() -> None:
    swapped, right = ("q1/outputs", 0, "swapped"), ("q1/outputs", 4, "")
    first = Matrix(outcomes={"q1/a": {"q1": [("q1", "", ""), swapped]}, "q1/b": {"q1": [right]}})
    other = Matrix(outcomes={"q1/a": {"q1": [("q1", "", ""), ("q1/outputs", 0, "Swapped")]}})
    assert differences(first, other) == [
        "q1/a got ('q1/outputs', 0, 'swapped') and then ('q1/outputs', 0, 'Swapped')",
        "q1/b got ('q1/outputs', 4, '') and then None",
    ]
    assert differences(first, first) == []


def test_a_question_left_out_the_second_time_is_not_a_difference() -> None:
    whole = {"": [("graded", "")], "q1": [("q1", "", ""), ("q1/outputs", 0, "")]}
    more = {"q3": [("q3", "", ""), ("q3/values", 2, "")]}
    first, second = (
        Matrix(outcomes={"a": whole | more}),
        Matrix(outcomes={"a": whole | {"q3": [("q3", "", "")]}}),
    )
    assert differences(first, second) == []
    assert differences(second, first) != []
