"""What bad input gets: one sentence that names the file, what is wrong and the way out."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelab.lab import Lab
from gatelab.notebook import Ungradable, read_bytes, read_cells

ROOT = Path(__file__).resolve().parents[1]
LAB = Lab.in_repository(ROOT)
CELL = {
    "cell_type": "code",
    "source": "def lstm_step(): pass",
    "metadata": {},
    "outputs": [],
    "execution_count": None,
}


def book(**changes: object) -> dict:
    return {"cells": [CELL], "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | changes


def read(data: bytes | dict) -> list:
    return read_cells(data if isinstance(data, bytes) else json.dumps(data).encode(), "lab.ipynb", LAB)


def test_a_notebook_of_the_lab_is_read() -> None:
    assert read(book())[0].source == "def lstm_step(): pass"


@pytest.mark.parametrize("minor", [0, 2, 4, 5])
def test_every_minor_format_4_is_read(minor: int) -> None:
    assert read(book(nbformat_minor=minor))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty"),
        (b"  \n", "the file is empty"),
        (b"print('hi')", "not JSON"),
        (b"\x89PNG\r\n", "not UTF-8"),
        (json.dumps(book()).encode()[:-20], "breaks off"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a":' * 50_000, "breaks off"),
        (b"[1, 2]", "not a notebook"),
        (b'{"a": 1}', "not a notebook"),
        (book(nbformat=3), "format is 3"),
        (book(nbformat=5), "format is 5"),
        ({"worksheets": [], "nbformat": 3}, "format is 3"),
        (book(nbformat="4; rm"), "format is"),
        (book(cells={}), "no list of cells"),
        (book(metadata={"kernelspec": {"name": "ir", "language": "R"}}), "kernel is for 'R'"),
        (book(metadata={"language_info": {"name": "julia"}}), "kernel is for 'julia'"),
        (book(cells=[{"cell_type": "code", "source": "x = 1"}]), "none of the questions"),
        (book(cells=[]), "none of the questions"),
        (book(cells=[{"cell_type": "code", "source": 7}]), "no readable source"),
    ],
)
def test_a_file_that_cannot_be_graded_says_why_and_what_to_do(data: bytes | dict, says: str) -> None:
    with pytest.raises(Ungradable) as error:
        read(data)
    message = str(error.value)
    assert message.startswith("lab.ipynb: ") and says in message and "\n" not in message
    assert "hand in" in message or "hand it in" in message


def test_a_link_a_folder_and_a_pipe_are_no_submissions(tmp_path: Path) -> None:
    (tmp_path / "target.txt").write_text("secret")
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "target.txt")
    (tmp_path / "folder.ipynb").mkdir()
    os.mkfifo(tmp_path / "pipe.ipynb")
    for name in ("link.ipynb", "folder.ipynb", "pipe.ipynb", "missing.ipynb"):
        with pytest.raises(Ungradable, match="not a regular file"):
            read_bytes(tmp_path / name)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=15,
)
shaped = st.fixed_dictionaries(
    {},
    optional={
        "cells": junk | st.lists(
            st.fixed_dictionaries({}, optional={"cell_type": st.sampled_from(["code", "markdown", 3]), "source": junk,
                                                "metadata": junk | st.dictionaries(st.sampled_from(["nbgrader", "tags"]), junk)}),
            max_size=5,
        ),
        "metadata": junk | st.dictionaries(st.sampled_from(["kernelspec", "language_info"]), junk),
        "nbformat": st.just(4) | junk,
        "nbformat_minor": junk,
    },
)  # fmt: skip


@given(junk | shaped)
@settings(max_examples=1000, deadline=None, print_blob=True)
def test_any_json_is_read_or_named(value: object) -> None:
    try:
        read(json.dumps(value).encode())
    except Ungradable as error:
        assert "\n" not in str(error)


@given(st.binary(max_size=300))
@settings(max_examples=500, deadline=None, print_blob=True)
def test_any_bytes_are_read_or_named(data: bytes) -> None:
    try:
        read(data)
    except Ungradable as error:
        assert "\n" not in str(error)
