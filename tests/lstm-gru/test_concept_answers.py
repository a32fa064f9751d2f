"""Do the public check and the grader read an answer to q12 alike, however it is spelled?"""

from __future__ import annotations

import importlib
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelab.lab.importing import importable
from gatelab.lab.spec import Lab
from gatelab.testkit.local import LocalBackend
from gatelab.testkit.student import Student
from gatelab.testkit.words import Words

Both = Callable[[str, Any], tuple[bool, bool]]

RIGHT = {
    "b": ["b", " B ", "(b)", "b)", "b.", ["b"], ("b",)],
    "dcab": [
        "1d 2c 3a 4b",
        "d, c, a, b",
        "D>C>A>B",
        "d_c_a_b",
        ["d", "c", "a", "b"],
        ("d, c", "a b"),
        "(dcab)",
    ],
    1.6: ["1.6", 1.6, "1,6", "1.60", "16/10", "1.6e0", "16E-1", "+1.6", " 1.6 ", [1.6], torch.tensor(1.6)],
    0.2: [".2", "1/5", "0,20", "0.21", 0.19, "0.2049", "1 / 5", "2/1e1"],
    56: [56, "56", "56.0", "56.", "5.6e1", "56.01", torch.tensor(56)],
}
WRONG = {
    "b": ["", "c", "ab", "1", None, ..., "?"],
    "dcab": ["dcba", "dca", "1 2 3 4", "ddab"],
    1.6: ["-1.6", "1.62", "1.58", 1.615, "nan", "inf", "1e400", "1e900000000", "1/0", "1.6 or so", "1_6", "b"],
    56: ["5.6e2", "5,6", "1e99", "0x38", "9" * 300, True],
}  # fmt: skip


@pytest.fixture(scope="module")
def right(lab: Lab) -> dict[str, Any]:
    """The answers of the key, by ID."""
    key = tomllib.loads(lab.concept_key.read_text(encoding="utf-8"))
    return {id: row["answer"] for id, row in key.items()}


@pytest.fixture(scope="module")
def both(lab: Lab, right: dict[str, Any]) -> Iterator[Both]:
    """Whether the hidden suite and the public check accept an answer, all others being right."""
    sys.path.insert(0, str(lab.hidden))
    with importable(lab.assignment):
        suite = importlib.import_module("test_q12_concepts")
        from seqlab.checking import Finding

        source = (lab.assignment / "tests" / "q12.py").read_text(encoding="utf-8")

        def accepted(id: str, answer: Any) -> tuple[bool, bool]:
            answers = right | {id: answer}
            backend = LocalBackend([])
            backend.runtime.namespace["answers"] = answers
            hidden = passes(lambda: getattr(suite, f"test_{id}")(Student(backend, Words({}))), AssertionError)
            names: dict[str, Any] = {}
            exec(source, names)
            found = names["check"].play({"answers": answers})[-1]
            return hidden, passes(lambda: names["answers"].test_func(found), Finding)

        yield accepted
    sys.path.remove(str(lab.hidden))


def passes(check: Callable[[], None], failure: type[Exception]) -> bool:
    try:
        check()
    except failure:
        return False
    return True


def of(right: dict[str, Any], answer: Any) -> str:
    """The ID of a question with this answer."""
    return next(id for id, known in right.items() if known == answer)


@pytest.mark.parametrize("answer", RIGHT)
def test_right_answers_are_accepted_by_both_in_any_spelling(both, right, answer):
    for spelling in RIGHT[answer]:
        assert both(of(right, answer), spelling) == (True, True), spelling


@pytest.mark.parametrize("answer", WRONG)
def test_wrong_answers_are_accepted_by_neither(both, right, answer):
    for spelling in WRONG[answer]:
        assert both(of(right, answer), spelling) == (False, False), spelling


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(["b", "dcab", 1.6, 56]),
    st.one_of(
        st.text("abcd1234 ,.;()", max_size=9),
        st.floats(1.57, 1.63),
        st.from_regex(r"[ +]?(1[.,][56][0-9]{0,3}|56[.,]?0?[0-9]?|5[.,]6e[+]?[01])", fullmatch=True),
        st.permutations("abcd"),
    ),
)
def test_public_check_and_grader_agree_on_whatever_is_written(both, right, answer, written):
    hidden, public = both(of(right, answer), written)
    assert hidden == public


def test_the_students_file_accepts_81_sets_of_answers_and_shows_none(lab, right):
    """Four numbers, each of which may be a hundredth off; no answer is in the file."""
    stored = json.loads((lab.assignment / "tests" / "q12.json").read_text(encoding="utf-8"))
    assert sum(not isinstance(answer, str) for answer in right.values()) == 4
    assert len(set(stored["hashes"])) == 81
    assert stored.keys() == {"forms", "salt", "hashes"}
    assert all(form.keys() <= {"kind", "letters"} for form in stored["forms"].values())


def test_the_right_choice_is_never_the_longest(lab, right):
    """Length must not tell the answer."""
    text = (lab.assignment / "lab.py").read_text(encoding="utf-8")
    asked = re.findall(
        r"^# \*\*(c\d+)\.\*\* (.*?)(?=^# \*\*c\d+\.\*\*|^# %%)", text, re.MULTILINE | re.DOTALL
    )
    choices = {id: dict(re.findall(r"^# - \((\w)\) (.*)$", body, re.MULTILINE)) for id, body in asked}
    assert choices.keys() == right.keys()
    single = {id: right[id] for id in choices if isinstance(right[id], str) and len(right[id]) == 1}
    assert len(single) >= 6
    for id, letter in single.items():
        others = [len(option) for other, option in choices[id].items() if other != letter]
        assert len(choices[id][letter]) <= max(others), id
