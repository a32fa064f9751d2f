"""One function says how many more there are, and no other module counts them by itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gatelab
from gatelab.handed_out.lists import all_of, first_lines, listed

ENGINE = Path(gatelab.__file__).parent


@pytest.mark.parametrize(
    ("items", "between", "text"),
    [
        ([], ", ", ""),
        (["a", "b"], ", ", "a, b"),
        (["a", "b", "c", "d"], ", ", "a, b and 2 more"),
        (["a", "b", "c"], "; ", "a; b; and 1 more"),
    ],
)
def test_a_list_in_a_sentence_says_how_many_more_there_are(items: list[str], between: str, text: str) -> None:
    assert listed(items, 2, between) == text


def test_the_items_of_a_sentence_and_the_lines_of_a_page() -> None:
    assert [all_of("abc"[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert first_lines(["x", "y"], 2) == ["x", "y"]
    assert first_lines(["x", "y", "z"], 1, "lines") == ["x", "and 2 more lines"]


# What else says it, and why.
ELSEWHERE = {
    "sandbox/worker/scan.py": "a worker's list, of which the last place is the sentence's",
    "build/gate.py": "in brackets, after one",
    "handed_out/checking/patience.py": "counts lines as they are printed, and keeps none",
}


def test_no_other_module_says_how_many_more_there_are() -> None:
    signs = re.compile(r"and \{[^}]*\} more")
    found = {
        str(path.relative_to(ENGINE))
        for path in ENGINE.rglob("*.py")
        if path.name != "lists.py" and signs.search(path.read_text(encoding="utf-8"))
    }
    assert found == ELSEWHERE.keys()
