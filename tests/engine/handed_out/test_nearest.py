"""One function finds the known word that a mistyped one was meant to be."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

import gatelab
from gatelab.handed_out.near import nearest


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("threshold", "threshold"),
        ("treshold", "threshold"),
        ("SEED", "seed"),
        ("Seeed", "seed"),
        ("xyz", None),
    ],
)
def test_the_most_similar_word_is_found_whatever_its_case(word: str, found: str | None) -> None:
    assert nearest(word, ["seed", "threshold"]) == ([found] if found else [])


def test_of_words_with_the_same_key_the_first_counts() -> None:
    assert nearest("SIGMOD", ["sigmoid", "Sigmoid", "sigmoid_"]) == ["sigmoid"]


def test_no_other_file_of_the_engine_searches_for_itself() -> None:
    name = difflib.get_close_matches.__name__
    files = Path(gatelab.__file__).parent.rglob("*.py")
    alone = "start.py"  # runs where the package is not there yet
    assert [
        path.name for path in files if path.name != alone and name in path.read_text(encoding="utf-8")
    ] == ["near.py"]
