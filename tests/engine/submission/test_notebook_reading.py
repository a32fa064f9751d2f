"""Bad input is refused with one sentence that names the file, says what is wrong and what to do."""

from __future__ import annotations

import base64
import json
import os
import time
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelab.submission.notebook import Ungradable, read_bytes, read_cells
from gatelab.submission.notebook_file import without_outputs
from helpers.released_lab import released_lab
from helpers.shares import WHOLE

pytestmark = pytest.mark.one_in(3, at=0)

LAB = released_lab()
CELL = {
    "cell_type": "code",
    "source": "def softmax(): pass",
    "metadata": {},
    "outputs": [],
    "execution_count": None,
}


def book(**changes: object) -> dict:
    return {"cells": [CELL], "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | changes


def read(data: bytes | dict) -> list:
    return read_cells(data if isinstance(data, bytes) else json.dumps(data).encode(), "lab.ipynb", LAB)


def test_another_labs_notebook_is_refused_although_its_questions_have_the_same_ids() -> None:
    cells = [
        CELL
        | {
            "source": f"def {name}(x):\n    return x",
            "metadata": {"nbgrader": {"grade_id": id, "solution": True}},
        }
        for id, name in (("q1-solution", "accuracy"), ("q2-solution", "f1_score"))
    ]
    with pytest.raises(Ungradable, match=r"none of the questions of .* is in this notebook"):
        read(book(cells=cells))
    asked = {"cell_type": "markdown", "source": "## q1\nWrite `softmax`.", "metadata": {}}
    assert (
        len(read(book(cells=[asked, *cells]))) == 2
    )  # the lab's own, in which the answers define something else


def test_a_notebook_of_the_lab_is_read() -> None:
    assert read(book())[0].source == "def softmax(): pass"


@pytest.mark.parametrize("minor", [0, 2, 4, 5])
def test_every_minor_format_4_is_read(minor: int) -> None:
    assert read(book(nbformat_minor=minor))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty"),
        (b"  \n", "the file is empty"),
        (b"print('hi')", "not JSON"),
        (b"\n<!DOCTYPE html><title>Sign in</title>", "it is a web page); save the notebook in Jupyter"),
        (b"https://colab.research.google.com/drive/1", "it is a link to it"),
        (b"[InternetShortcut]\r\nURL=https://x", "it is a link to it"),
        (b"PK\x03\x04\x14", "it is a zip"),
        (b"version https://git-lfs.github.com/spec/v1\n", "it is git's pointer to it"),
        (b"\x89PNG\r\n", "not UTF-8"),
        (json.dumps(book()).encode()[:-20], "breaks off"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a":' * 50_000, "breaks off"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "nested too deeply"),
        (b'{"cells": [], "nbformat": ' + b"4" * 10_000 + b"}", "a number of thousands of digits"),
        (b"[1, 2]", "not a notebook"),
        (b'{"a": 1}', "not a notebook"),
        (book(nbformat=3), "format is 3"),
        (book(nbformat=5), "format is 5"),
        ({"worksheets": [], "nbformat": 3}, "none of the questions"),
        ({"worksheets": 7, "nbformat": 3}, "no list of cells"),
        (book(nbformat="4; rm"), "format is"),
        (book(cells={}), "no list of cells"),
        (
            b'{"cells": [\n<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> b\n]}',
            "line 2 is the mark of a merge conflict",
        ),
        (b'{"cells": [\n{}\n}\n], "nbformat": 4}', "damaged at line 3"),
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


ODD = {
    "no kernelspec": {},
    "an empty kernelspec": {"kernelspec": {}},
    "a kernelspec that is a list": {"kernelspec": ["python3"], "language_info": 7},
    "an environment of conda": {
        "kernelspec": {
            "name": "conda-env-ml-py",
            "display_name": "Python [conda env:ml]",
            "language": "python",
        }
    },
    "a long name": {"kernelspec": {"name": "tf", "display_name": "Python 3.9 (tensorflow)"}},
    "no language": {"kernelspec": {"name": "python3", "language": ""}, "language_info": {}},
    "a language that is none": {"kernelspec": {"language": None}, "language_info": {"name": None}},
    "a language that is a list": {"kernelspec": {"language": ["R"]}},
    "a language that is a number": {"kernelspec": {"language": 3.11}, "language_info": {"name": 3}},
    "xeus-python": {
        "kernelspec": {"name": "xpython", "language": "python"},
        "language_info": {"name": "xpython"},
    },
    "Pyodide": {"kernelspec": {"name": "python", "display_name": "Python (Pyodide)", "language": "Pyodide"}},
    "ipython": {"kernelspec": {"language": "ipython"}, "language_info": {"name": "ipython", "version": 3}},
    "Colab": {"accelerator": "GPU", "colab": {"gpuType": "T4"}, "language_info": {"name": "python"}},
    "the kernel of R": {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}},
    "a language_info of Julia": {"language_info": {"name": "julia"}},
    "SageMath": {"kernelspec": {"name": "sagemath", "language": "sage"}, "language_info": {"name": "sage"}},
    "metadata that is a text": "python",
}


@pytest.mark.parametrize("metadata", ODD.values(), ids=ODD.keys())
def test_python_code_is_read_whatever_the_metadata_calls_its_kernel(metadata: object) -> None:
    assert [cell.source for cell in read(book(metadata=metadata))] == [CELL["source"]]


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("R", "softmax <- function(x, h) {\n  h\n}"),
        ("julia", "function softmax(x, h)\n    h\nend"),
        ("ruby", "def softmax(x, h)\n  h\nend"),
        ("scala", "def softmax(x: Int) = {\n  x\n}"),
        ("javascript", "class softmax {\n}"),
    ],
)
def test_code_of_another_language_is_named_for_what_it_is(language: str, source: str) -> None:
    cell = CELL | {"source": source, "metadata": {"nbgrader": {"grade_id": "q1-solution"}}}
    for metadata in ({"kernelspec": {"language": language}}, {"language_info": {"name": language}}):
        with pytest.raises(Ungradable, match=f"kernel is for {language}, not Python"):
            read(book(cells=[cell], metadata=metadata))


@pytest.mark.parametrize("minor", ["x", None, -1, 99, [4]])
def test_the_minor_number_of_the_format_does_not_count(minor: object) -> None:
    assert read(book(nbformat=4.0, nbformat_minor=minor))


def test_a_real_notebook_in_format_3_is_read_as_in_format_4() -> None:
    released = nbformat.read(LAB.release / LAB.notebook, 4)
    old = json.dumps(nbformat.convert(released, 3)).encode()
    assert json.loads(old)["nbformat"] == 3
    cells = read(old)
    now = read(json.dumps(released).encode())
    assert [(cell.source, cell.grade_id) for cell in cells] == [(cell.source, cell.grade_id) for cell in now]


def test_every_worksheet_of_format_3_counts() -> None:
    cell = {"cell_type": "code", "input": CELL["source"], "language": "python", "outputs": []}
    sheets = [{"cells": [{"cell_type": "heading", "level": 1, "source": "A"}]}, {"cells": [cell]}, {}]
    [read_cell] = read({"worksheets": sheets, "nbformat": 3, "nbformat_minor": 0})
    assert (read_cell.index, read_cell.source) == (2, CELL["source"])


@pytest.mark.parametrize(
    "cell",
    [
        {"cell_type": "code", "source": CELL["source"]},
        CELL | {"source": ["def softmax():\n", "    pass"]},
        CELL | {"metadata": None},
        CELL | {"metadata": {"nbgrader": "q1", "tags": "experiment"}},
    ],
)
def test_a_cell_is_read_in_any_form_that_jupyter_writes(cell: dict) -> None:
    others = [{"cell_type": "code"}, {"cell_type": "chart"}, None, 7]
    assert "softmax" in read(book(cells=[*others, cell]))[-1].source


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_every_encoding_of_an_editor_is_read(encoding: str) -> None:
    source = "def softmax(): pass  # für Zoë"
    data = json.dumps(book(cells=[CELL | {"source": source}]), ensure_ascii=False).encode(encoding)
    assert read(data)[0].source == source


def heavy(megabytes: int, cell: dict) -> bytes:
    """The notebook with so many MB of pictures and printing, as Jupyter writes them."""
    picture = base64.encodebytes(bytes(megabytes << 19)).decode()
    outputs = [
        {"output_type": "display_data", "data": {"image/png": picture, "text/plain": '"[{'}, "metadata": {}},
        {"output_type": "stream", "name": "stdout", "text": ['step 1: {"loss": [1, 2\n'] * (megabytes << 14)},
    ]
    attached = {"cell_type": "markdown", "source": "", "attachments": {"a.png": {"image/png": picture}}}
    widgets = {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"a": picture}}}}
    return json.dumps(
        book(cells=[attached, cell | {"outputs": outputs}, CELL], metadata=widgets), indent=1
    ).encode()


def test_outputs_of_any_size_do_not_count() -> None:
    cell = CELL | {"source": 'def cross_entropy(): return "outputs\\": ["'}
    data = heavy(30, cell)
    assert len(data) > 40 << 20
    assert [cell.source for cell in read(data)] == [cell["source"], CELL["source"]]
    written = json.dumps(book(cells=[cell | {"outputs": []}, CELL]))
    assert json.loads(without_outputs(written.encode())) == json.loads(written)


@pytest.mark.parametrize("value", ['{"x":1,"y":[2,"]"]}', "[1,2]", '{"a":{"b":{"c":[3]}}}'])
def test_a_chart_of_a_million_points_does_not_count(value: str) -> None:
    """Altair and Plotly leave their data in the output, as JSON."""
    chart = f'[{{"output_type":"display_data","data":{{"vega":[{",".join([value] * (21_000_000 // len(value)))}]}}}}]'
    data = json.dumps(book(cells=[CELL | {"outputs": "CHART"}, CELL])).replace('"CHART"', chart).encode()
    assert len(data) > 20 << 20
    assert [cell.source for cell in read(data)] == [CELL["source"]] * 2


def test_outputs_that_cannot_be_left_out_are_not_called_something_else() -> None:
    deep = "[" * (11 << 20) + "]" * (11 << 20)
    data = json.dumps(book(cells=[CELL | {"outputs": "DEEP"}])).replace('"DEEP"', deep).encode()
    with pytest.raises(Ungradable, match="nested too deeply to be left out; clear all outputs"):
        read(data)


def test_a_notebook_too_large_without_its_outputs_is_refused() -> None:
    with pytest.raises(Ungradable, match="larger than 20 MiB without its outputs"):
        read(book(cells=[CELL, *[{"cell_type": "markdown", "source": "x" * (1 << 20)}] * 21]))


def test_endless_brackets_take_hardly_any_time() -> None:
    with pytest.raises(Ungradable, match="larger than 20 MiB"):
        read(b'{"cells": [' + b"[]," * (30 << 20))


@pytest.mark.parametrize("start", [b"", b'{"outputs":['], ids=["in a cell", "in outputs"])
@pytest.mark.parametrize("again", [b'"\\', b'["\\', b']"'], ids=["strings", "brackets", "both"])
def test_strings_that_never_end_take_hardly_any_time(start: bytes, again: bytes) -> None:
    with pytest.raises(Ungradable):
        read(b'{"nbformat": 4, "cells": [' + start + again * ((21 << 20) // len(again)))


ENDLESS = [
    "def " + "a" * 1_000_000,
    "def f(" + ")" * 1_000_000,
    "class A(" + "):(" * 300_000,
    ": \t" * 300_000 + "x",
]


@pytest.mark.parametrize("line", ENDLESS, ids=["name", "brackets", "colons in brackets", "colons"])
def test_a_line_of_a_million_characters_takes_hardly_any_time(line: str) -> None:
    """Beside a definition that has no colon, so that all of the cell is looked at."""
    source = "def cross_entropy(x)\n" + line
    began = time.process_time()
    with pytest.raises(Ungradable, match="its kernel is for R"):
        read(book(cells=[CELL | {"source": source}], metadata={"kernelspec": {"language": "R"}}))
    assert time.process_time() - began < 3


nested = st.recursive(
    st.none() | st.integers() | st.text(alphabet='"\\\\[]{}:,outps', max_size=9),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["outputs", "attachments", "cells", "a", '"outputs"']), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(nested)
@settings(max_examples=500 if WHOLE else 150, deadline=None, print_blob=True)
def test_leaving_outputs_out_changes_nothing_else(value: object) -> None:
    data = json.dumps(book(cells=[CELL | {"outputs": value, "source": "x"}, {"source": str(value)}])).encode()
    kept = json.loads(without_outputs(data))
    assert kept["cells"][1]["source"] == str(value) and kept["cells"][0]["source"] == "x"
    if isinstance(value, list | dict):
        assert not kept["cells"][0]["outputs"]


def test_a_link_a_folder_and_a_pipe_are_not_submissions(tmp_path: Path) -> None:
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
@settings(max_examples=1000 if WHOLE else 250, deadline=None, print_blob=True)
def test_any_json_is_read_or_refused(value: object) -> None:
    try:
        read(json.dumps(value).encode())
    except Ungradable as error:
        assert "\n" not in str(error)


@given(st.binary(max_size=300))
@settings(max_examples=500 if WHOLE else 150, deadline=None, print_blob=True)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read(data)
    except Ungradable as error:
        assert "\n" not in str(error)
