"""Cells of the practice notebook that were wrong once."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

PRACTICE = (Path(__file__).resolve().parents[2] / "assignment" / "lstm-gru" / "practice.py").read_text(
    encoding="utf-8"
)


def test_the_table_of_teacher_forcing_is_in_columns():
    """What the decoder reads at a step is above what it should say there, one step late."""
    loop = re.search(r"^for who, marks in \{.*?^    print\(.*?\)$", PRACTICE, re.MULTILINE | re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(loop[0], {"short": "a3b2", "long": "aaabb"})
    source, reads, says = printed.getvalue().splitlines()
    first = reads.index("^")
    assert source[first:].split() == list("a3b2")
    assert reads[first:].split() == list("^aaabb") and says[first:].split() == list("aaabb$")
    assert [k for k, mark in enumerate(reads) if k >= first and mark != " "] == [
        k for k, mark in enumerate(says) if k >= first and mark != " "
    ]


def test_training_the_rnn_longer_has_its_own_cell():
    """It runs without edits, and needs no other network's results."""
    (cell,) = [
        cell for cell in re.split(r"^# %%.*$", PRACTICE, flags=re.MULTILINE) if "patient = LastWord" in cell
    ]
    assert "GRU" not in cell and "LSTM" not in cell and "right[" not in cell


def test_what_the_decoder_reads_is_drawn_where_it_is_taught():
    assert (
        PRACTICE.index("## Encoder and decoder")
        < PRACTICE.index("diagrams.teacher_forcing")
        < PRACTICE.index("class Writer")
    )
