"""Common exceptions are shown in full even after a worker received a reference; paths of the grader never are."""

from __future__ import annotations

import re

import pytest

from gatelab.testkit.words import MAX_LENGTH, WITHHELD, Words
from helpers.common_errors import MISTAKES, OF_A_LAB, OWN, is_shown_where_a_reference_was_given


@pytest.mark.parametrize("about", sorted(MISTAKES.keys() - OF_A_LAB))
def test_a_common_exception_is_shown_where_a_reference_was_given(about: str) -> None:
    is_shown_where_a_reference_was_given(about, Words({3: OWN}, ["softmax"]))


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "cannot import name 'emb' from 'torch' (/usr/lib/python3.11/site-packages/torch/__init__.py)",
            "__init__.py",
        ),
        ("[Errno 2] No such file or directory: '/tmp/gatelab x/emb'", "'emb'"),
        ("/tmp/tmpx1/emb.so: cannot open shared object file", "emb.so"),
        (r"C:\Users\staff\emb.py is not there", "emb.py"),
    ],
)
def test_no_path_of_the_graders_machine_is_shown(text: str, message: str, given: bool) -> None:
    words = Words({3: OWN})
    words.restricted = given
    said = words.message(text)
    assert not re.search(r"[/\\]\w", said) and (given or message in said)


def test_a_path_that_the_student_wrote_is_shown() -> None:
    text = "[Errno 2] No such file or directory: '/content/drive/data.csv'"
    assert Words({3: "open('/content/drive/data.csv')"}).message(text) == text
    assert Words({}).message("N/A: 1/2 of a/b, https://x.org/a/b") == "N/A: 1/2 of a/b, https://x.org/a/b"


@pytest.mark.parametrize("number", ["123456789012345678901", "secret", "1e3", "[12, 13, 14, 15, 16, 17, 18]"])
def test_a_template_of_the_students_own_lets_nothing_through_but_sizes(number: str) -> None:
    words = Words({3: OWN})
    words.restricted = True
    assert words.message(f"bad shape {number} at step 1: torch.float32") == WITHHELD
    assert len(words.message("x" * 900)) < MAX_LENGTH
