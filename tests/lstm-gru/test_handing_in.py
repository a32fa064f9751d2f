"""`python -m seqlab check` and `submit` on a file as students leave it, and staff's `gatelab receipt` on what came in.

What is the same in every lab is tested in the tiny one: tests/engine/handed_out/handin/test_hand_in.py."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import otter
import pytest

from gatelab.build import handout, questions_file
from gatelab.build.settings import Settings
from gatelab.integrations.otter.intake import take_in
from gatelab.lab.spec import Lab
from gatelab.report.record.model import Report
from gatelab.submission.written import written
from helpers.command import gatelab
from helpers.package_command import package_command
from helpers.solved_notebook import full

pytestmark = pytest.mark.one_in(3, at=0)

COUNT = "def count_parameters(module):\n    return sum(p.numel() for p in module.parameters() if p.requires_grad)\n"
STUB = '    raise NotImplementedError("{}: not written yet")\n'


@pytest.fixture(scope="module")
def released(root: Path, lab: Lab) -> list[dict]:
    """The cells that students get, without outputs."""
    return json.loads((root / "release" / lab.name / lab.notebook).read_text(encoding="utf-8"))["cells"]


@pytest.fixture
def folder(lab: Lab, tmp_path: Path) -> Path:
    """A student's folder without a notebook."""
    for name, path in handout.files(lab, Settings.of(lab)).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, tmp_path / name)
    return tmp_path


Change = Callable[[list[dict]], object]


def saved(
    folder: Path, cells: list[dict], change: Change = lambda cells: None, name: str = "lab.ipynb"
) -> Path:
    """A notebook as Jupyter saves it, after `change(cells)`."""
    cells = json.loads(json.dumps(cells))
    for cell in cells:
        cell["source"] = "".join(cell["source"])
    change(cells)
    path = folder / name
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def answer(cells: list[dict], id: str) -> dict:
    return next(
        c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") in (f"{id}-solution", id)
    )


def put(id: str, text: str) -> Change:
    return lambda cells: answer(cells, id).update(source=text)


def code(text: str) -> dict:
    return {"cell_type": "code", "metadata": {}, "source": text, "outputs": [], "execution_count": None}


def seqlab(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return package_command(folder, "seqlab", *words)


def said(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join((done.stdout + done.stderr).split())


HASTY = "import sys\nfrom seqlab import limits\nfrom seqlab.handin import command\nlimits.CHECK_CPU = 2\nsys.exit(command.main(['check']))"
LOOP = "def lstm_step(x, *more):\n    while True: x = x\n"
END = "def gru_step(*given):\n    import os\n    os._exit(0)\n"
WIDTH = "def matched_hidden_size(target, D):\n    return min(range(1, 5000), key=lambda h: abs(h * (D + h + 2) - target))\n"


@pytest.mark.one_in(2)
def test_one_faulty_cell_costs_no_other_check_and_is_named(folder: Path, released: list[dict]) -> None:
    """A broken import, an endless loop, a function that ends the process, and one that calls `exit()`, which ends nothing."""

    def change(cells: list[dict]) -> None:
        setup = next(cell for cell in cells if cell["source"].startswith("import math"))
        setup["source"] = (
            f"import math\nimport torch\n{setup['source'].partition('import torch')[2].lstrip()}\nfor"
        )
        put("q1", LOOP)(cells)
        put("q2", END)(cells)
        put("q5", COUNT.replace("    return", "    exit()\n    return") + WIDTH)(cells)
        put("q6", "def last_valid(outputs, lengths):\n    return outputs[torch.arange(2), lengths - 1]\n")(
            cells
        )
        cells.insert(1, code("raise NotImplementedError('of a stub')"))
        cells.append(code("while True:\n    pass"))

    path = saved(folder, released, change)
    cells = json.loads(path.read_text())["cells"]
    number = next(k for k, cell in enumerate(cells, 1) if cell["source"].startswith("import math"))
    line = cells[number - 1]["source"].count("\n") + 1
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", HASTY], cwd=folder, capture_output=True, text=True
    )
    states = dict(re.findall(r"^(q\d+) +(passed|not yet|not written|not checked)", done.stdout, re.MULTILINE))
    assert list(states) == [f"q{k}" for k in range(1, 13)], done.stdout + done.stderr
    assert (states["q1"], states["q2"], states["q5"]) == ("not yet", "not checked", "passed")
    words = said(done)
    assert (
        words.count("SyntaxError") == 1
        and f"Note: cell {number} fails (SyntaxError: invalid syntax, line {line})" in words
    )
    assert f"Cell {number} imports `torch`, and it fails: see above." in words
    assert "is still running" not in words or "so far" in words
    assert f"cell {len(cells)} did not end and was stopped in line" in words
    assert "stopped in `lstm_step`, line 2 of the cell: while True: x = x Is there an endless loop?" in words
    assert "1 of 11 checks pass; 1 did not end." in words and "`--all` runs those cells too" not in words


PACK = ("submit", "--without-checks", "--anyway")


def test_the_table_that_students_get_is_the_labs(lab: Lab) -> None:
    """`gatelab build` keeps it up; fails if only lab.toml was changed."""
    path = lab.assignment / Settings.of(lab).questions_file
    assert path.read_text(encoding="utf-8") == questions_file.text_of(lab), "run gatelab build"


def test_the_minutes_of_the_questions_add_up_to_the_hours_of_the_parts(lab: Lab) -> None:
    """For each part in the notebook's table: within the time given there."""
    text = (lab.assignment / "lab.py").read_text(encoding="utf-8")
    parts = re.findall(r"^# \| \d [^|]*\| ([q\dab, ]+) \| [^|]* \| ([^|]*) \|$", text, re.MULTILINE)
    assert {id for ids, _ in parts for id in ids.split(", ")} == lab.questions.keys()
    for ids, hours in parts:
        numbers = [float(n.replace("½", ".5") or 0) for n in re.findall(r"\d*½|\d+", hours)]
        minutes = sum(lab.questions[id].minutes for id in ids.split(", "))
        assert min(numbers) * 60 - 15 <= minutes <= max(numbers) * 60 + 15, (ids, hours, minutes)


def test_every_check_is_reported_in_the_order_of_the_lab(folder: Path, released: list[dict]) -> None:
    """One right answer, one wrong, one with a slip, the rest not written; nothing of the run is left in the folder."""

    def change(cells: list[dict]) -> None:
        put("q5", COUNT + "\n\ndef matched_hidden_size(target_params, input_size):\n    return 1\n")(cells)
        put("q9", "def sequence_loss(logits, targets, pad)\n    return 0\n")(cells)
        put(
            "q6",
            "import torch\n\n\ndef last_valid(outputs, lengths):\n    return outputs[torch.arange(len(lengths)), lengths - 1]\n",
        )(cells)
        cells.insert(1, code("print('noise')\nraise RuntimeError('of my own')"))

    saved(folder, released, change)
    before = {path for path in folder.rglob("*") if path.is_file()}
    done = seqlab(folder, "check")
    assert done.returncode == 1
    states = re.findall(r"^(q\d+) +(passed|not yet|not written|not checked)", done.stdout, re.MULTILINE)
    assert [id for id, _ in states] == [f"q{k}" for k in range(1, 13)]
    assert {id for id, state in states if state == "passed"} == {"q6"}
    assert {id for id, state in states if state == "not yet"} == {"q5", "q9"}
    assert "SyntaxError" in done.stdout and "noise" not in done.stdout
    assert "1 of 12 checks pass. q12a and q12b are read by a person." in done.stdout
    left = {path.name for path in folder.rglob("*") if path.is_file()} - {path.name for path in before}
    assert left <= {".OTTER_LOG"}


def test_all_right_is_exit_code_0_and_a_zip_that_every_door_takes(
    folder: Path, solved: dict, lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The zip has otter's own shape, the receipt the hash that reports have, and `gatelab receipt` agrees."""
    path = folder / "lab.ipynb"
    path.write_text(json.dumps(solved), encoding="utf-8")
    done = seqlab(folder, "submit")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 of 12 checks pass" in done.stdout and "Not answered: nothing." in done.stdout
    [packed] = folder.glob("*.zip")
    [beside] = folder.glob("*.receipt.json")
    content = json.loads(beside.read_text())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert content["sha256"] == digest and content["bytes"] == path.stat().st_size
    assert content["public"] == {f"q{k}": "passed" for k in range(1, 13)} and content["unanswered"] == []
    with zipfile.ZipFile(packed) as archive:
        assert archive.read("lab.ipynb") == path.read_bytes()
        assert json.loads(archive.read("receipt.json")) == content
        inside = set(archive.namelist())
    other = tmp_path_factory.mktemp("otter") / "otter.zip"
    before = Path.cwd()
    os.chdir(folder)
    try:
        otter.Notebook("lab.ipynb", tests_dir="tests").export(
            export_path=str(other), pdf=False, display_link=False, ignore_log=True
        )
    finally:
        os.chdir(before)
    with zipfile.ZipFile(other) as archive:
        assert inside - {"receipt.json"} == set(archive.namelist())
    private = tmp_path_factory.mktemp("private")
    taken = take_in(packed, private, lab)
    assert taken.notebook is not None and taken.notebook.read_bytes() == path.read_bytes()
    for words, code in (
        ([str(packed)], 0),
        ([str(beside), str(path)], 0),
        ([str(packed), str(saved(private, [], name="other.ipynb"))], 1),
    ):
        result = gatelab("receipt", *words)
        assert (result.exit_code, result.output.count("\n")) == (code, 1), result.output
    report = private / "ada.json"
    report.write_text(Report("ada", "graded", sha256=digest).to_json())
    assert gatelab("receipt", beside, report).exit_code == 0


@pytest.mark.parametrize(
    "what",
    ["", "{}", '{"sha256": 3}', '{"sha256": "abc"}', "[" * 9000, None, "x" * 100_000, "\0\1"],
)
def test_an_invalid_receipt_gives_one_sentence_and_exit_code_2(tmp_path: Path, what: str | None) -> None:
    path = tmp_path / "ada.receipt.json"
    if what is not None:
        path.write_text(what)
    result = gatelab("receipt", path, path)
    assert result.exit_code == 2 and result.output.count("\n") == 1, result.output


@pytest.mark.parametrize("kind", ["no zip", "no receipt", "two notebooks", "bomb", "locked"])
def test_a_zip_that_cannot_be_compared_gets_one_sentence_and_exit_code_2(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "ada.zip"
    receipt = json.dumps({"sha256": "0" * 64})
    if kind == "no zip":
        path.write_text("<html>")
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("lab.ipynb", b"{}")
            if kind == "two notebooks":
                archive.writestr("lab (1).ipynb", b"{}")
            if kind != "no receipt":
                archive.writestr("receipt.json", receipt if kind != "bomb" else b" " * (1 << 20))
    if kind == "locked":  # says that it is encrypted
        data = bytearray(path.read_bytes())
        for sign, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
            place = -1
            while (place := data.find(sign, place + 1)) >= 0:
                data[place + at] |= 1
        path.write_bytes(bytes(data))
    result = gatelab("receipt", path)
    assert result.exit_code == 2 and result.output.count("\n") == 1, result.output


def test_check_all_goes_in_the_order_of_the_lab(folder: Path) -> None:
    """In a script as in a notebook, which imports otter first; otter by itself has q10 before q2."""
    code = (
        "import otter\nfrom seqlab import tasks\n"
        "grader = otter.Notebook(tests_dir='tests')\nprint('order:', *grader.check_all().results)"
    )
    (folder / "all.py").write_text(code)
    command = [sys.executable, "-W", "ignore", "all.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200)
    assert done.stdout.splitlines()[-1].split()[1:] == [f"q{k}" for k in range(1, 13)], done.stderr


def test_the_map_costs_nothing_in_the_grader(graded: Callable, lab: Lab) -> None:
    """It is among the cells that a worker runs."""
    master = (lab.assignment / "lab.py").read_text(encoding="utf-8")
    [cell] = [text for text in re.split(r"^# %%.*$", master, flags=re.MULTILINE) if "progress.show()" in text]

    def change(cells: list[dict]) -> None:
        place = next(k for k, c in enumerate(cells) if "grader = otter" in c["source"])
        cells.insert(place + 1, code(cell.strip()))

    assert full(graded(change, "q5", "q6"), "q5", "q6")


def test_written_answers_without_their_marks_are_not_called_gone(
    folder: Path, released: list[dict], lab: Lab
) -> None:
    """As Kaggle saves a notebook. The grader finds them all the same (tests/engine/submission/test_written_answers_found.py)."""

    def change(cells: list[dict]) -> None:
        put("q6", RIGHT)(cells)
        put("q12a", "The cell state is long-term memory.")(cells)
        for cell in cells:
            cell["metadata"] = {"trusted": True}

    path = saved(folder, released, change)
    words = said(seqlab(folder, "submit", "--without-checks"))
    assert "whether q12a and q12b are answered cannot be seen here" in words and "gone" not in words
    assert re.search(r"Not answered: q1, .*q11, q12\. Answered or not: q12a, q12b \(the note above", words), (
        words
    )
    [receipt] = folder.glob("*.receipt.json")
    assert json.loads(receipt.read_text(encoding="utf-8"))["unknown"] == ["q12a", "q12b"]
    assert written(path, lab)["q12a"].text == "The cell state is long-term memory."


def test_a_blank_notebook_without_marks_is_not_packed(folder: Path, released: list[dict]) -> None:
    def change(cells: list[dict]) -> None:
        for cell in cells:
            cell["metadata"] = {}

    saved(folder, released, change)
    words = said(seqlab(folder, "submit", "--without-checks"))
    assert "lab.ipynb answers no question in code. Is your work in another file?" in words
    assert "Nothing was packed." in words and not list(folder.glob("*.zip"))


RIGHT = "def last_valid(outputs, lengths):\n    return outputs[range(len(lengths)), lengths - 1]\n"
WARNED = [  # what was done to the file, and what is said of it
    (
        lambda cells: cells.append(code("def gru_step(*a):\n" + STUB.format("q2"))),
        "`gru_step` is defined 2 times",
    ),
    (
        lambda cells: cells.append(code("def gru_step(*a):\n" + STUB.format("q2"))),
        "that is the stub as handed out: delete it",
    ),
    (lambda cells: put("q5", COUNT + COUNT)(cells), "`count_parameters` is defined 2 times"),
    (
        lambda cells: put("q1", "def lstm_step(*a):\n    h = 1\n" + STUB.format("q1") + "    return h\n")(
            cells
        ),
        "is still in `lstm_step`",
    ),
    (
        lambda cells: put("q3", "class LSTM:\n    def forward(self):\n    " + STUB.format("q3"))(cells),
        "is still in `LSTM.forward`",
    ),
    (
        lambda cells: put("q12", "answers = {'c1': 'a'}\n" + STUB.format("q12").strip())(cells),
        "is still in the cell",
    ),
    (
        lambda cells: put("q2", "def gru_step(x, h)\n    pass\n")(cells),
        "should define `gru_step`, is not valid Python",
    ),
    (lambda cells: cells.remove(answer(cells, "q12a")), "q12a: its cell for the answer is gone"),
    (lambda cells: cells.remove(answer(cells, "q9")), "q9: `sequence_loss` is defined nowhere"),
    (
        lambda cells: (
            put("q6", RIGHT)(cells),
            cells.append(code("def last_valid(*a):\n" + STUB.format("q6"))),
        ),
        "the check reads the stub, the grader reads yours. Delete the stub.",
    ),
    (
        lambda cells: (
            cells.insert(0, code(RIGHT)),
            put("q5", COUNT)(cells),  # the other name of the question is missing
        ),
        "the grader reads yours. Move yours into cell {q6}, in place of the stub.",
    ),
    (
        lambda cells: cells.append(code(RIGHT)),
        "the last one counts. Move it into cell {q6}, which was handed out for it, in place of the stub, which is still there.",
    ),
    (
        lambda cells: (put("q6", RIGHT)(cells), cells.append(code(RIGHT))),
        "the last one counts. Move it into cell {q6}, which was handed out for it, in place of what is there.",
    ),
    (
        lambda cells: (put("q6", RIGHT)(cells), cells.insert(0, code(RIGHT))),
        "the last one counts, delete the others.",
    ),
    (
        lambda cells: put("q5", COUNT.replace("count_parameters", "count_params") + WIDTH)(cells),
        "q5: `count_parameters` is defined nowhere in the file. There is `count_params` in cell {q5}; is that your answer? It must be called",
    ),
    (
        lambda cells: (put("q6", RIGHT)(cells), answer(cells, "q6").update(cell_type="markdown")),
        "which should define `last_valid`, is a Markdown cell, which is not run: change it to Code",
    ),
    (
        lambda cells: cells.insert(0, code("import math\nfor")),
        "Note: cell 1 is not valid Python (invalid syntax, line 2)",
    ),
]


@pytest.mark.parametrize(("change", "sentence"), WARNED, ids=[str(k) for k in range(len(WARNED))])
def test_likely_oversights_are_reported(
    folder: Path, released: list[dict], change: Change, sentence: str
) -> None:
    path = saved(folder, released, change)
    cells = json.loads(path.read_text())["cells"]
    places = {id: cells.index(answer(cells, id)) + 1 for id in ("q5", "q6") if "{" in sentence}
    assert sentence.format(**places) in said(seqlab(folder, *PACK))


def test_what_is_not_answered_is_listed(folder: Path, released: list[dict]) -> None:
    def change(cells: list[dict]) -> None:
        put("q5", COUNT + "def matched_hidden_size(a, b):\n    return 1\n")(cells)
        put("q12b", "No, because of my numbers.")(cells)
        cells.remove(answer(cells, "q12a"))
        put("q6", RIGHT)(cells)
        answer(cells, "q6").update(cell_type="markdown")  # the grader reads it
        cells.insert(0, code("def sequence_loss(*given):\n    return 0"))  # above the stub

    saved(folder, released, change)
    done = seqlab(folder, *PACK)
    assert done.returncode == 1
    assert "Not answered: q1, q2, q3, q4, q7, q8, q10, q11, q12, q12a." in done.stdout


@pytest.mark.parametrize(
    ("id", "text", "left"),
    [
        ("q5", COUNT.replace("count_parameters", "count_params") + WIDTH, "q5 (`count_parameters`)"),
        ("q5", COUNT + "def matched_hidden_size(a, b):\n" + STUB.format("q5"), "q5 (`matched_hidden_size`)"),
        ("q8", "class Seq2Seq:\n    def encode(self): return 1\n    def step(self):\n    " + STUB.format("q8") + "def shift_right(a): return a\n", "q8 (`Seq2Seq.step`)"),
        ("q6", "# later\ndef last_valid(outputs, lengths):\n" + STUB.format("q6"), "q6 (`last_valid`)"),
        ("q6", RIGHT.replace("]", ""), "nothing"),
        ("q6", RIGHT, "nothing"),
    ],
)  # fmt: skip
def test_a_question_with_a_part_missing_is_not_answered(
    folder: Path, released: list[dict], lab: Lab, id: str, text: str, left: str
) -> None:
    """Whatever else of it is there; the exit code says so too."""

    def change(cells: list[dict]) -> None:
        for other in lab.questions:
            known = (lab.hidden / "reference" / f"{other}.py").is_file()
            put(other, lab.reference(other) if known else "answers = {}")(cells)
        put(id, text)(cells)

    saved(folder, released, change)
    done = seqlab(folder, *PACK)
    assert f"Not answered: {left}." in done.stdout, done.stdout
    assert done.returncode == (text != RIGHT)


def test_an_unchanged_notebook_is_packed_only_on_request(folder: Path, released: list[dict]) -> None:
    saved(folder, released)
    done = seqlab(folder, "submit")
    assert done.returncode == 1 and not list(folder.glob("*.zip"))
    assert "it is as it was handed out. Is your work in another file?" in said(done)


def test_a_renamed_copy_next_to_the_notebook_is_asked_about(folder: Path, released: list[dict]) -> None:
    """With two, the command does not guess. With one named, it says that the other is newer."""
    old = saved(folder, released, put("q5", COUNT))
    saved(folder, released, put("q5", COUNT + "\n# more"), "lab-Copy1.ipynb")
    os.utime(old, (time.time() - 900,) * 2)
    done = seqlab(folder, *PACK)
    assert done.returncode == 2 and 'submit "lab-Copy1.ipynb"' in done.stderr
    done = seqlab(folder, *PACK, "lab.ipynb")
    assert "lab-Copy1.ipynb is here too" in said(done) and "later than lab.ipynb" in said(done)


def test_another_notebook_next_to_it_is_not_a_copy(folder: Path, released: list[dict]) -> None:
    saved(folder, [code("print(1)")], name="scratch.ipynb")
    saved(folder, released, put("q5", COUNT), "lab_maria.ipynb")
    done = seqlab(folder, *PACK)
    assert "scratch" not in said(done) and list(folder.glob("lab_maria_*.zip"))


RAN = "def count_parameters(module):\n    return 1\n"


@pytest.mark.parametrize(
    ("later", "words"), [(5, "save the notebook"), (-5, "was changed after it ran last")]
)
def test_the_file_is_compared_with_what_ran(
    folder: Path, released: list[dict], later: float, words: str
) -> None:
    """What Jupyter remembers (seqlab.progress): run after the file was saved, the file is old; before, it was not run."""
    path = saved(folder, released, put("q5", COUNT))
    digest = hashlib.sha256(RAN.strip().encode()).hexdigest()
    memory = {"ran": {"count_parameters": {"text": digest, "time": path.stat().st_mtime + later}}}
    (folder / ".seqlab").mkdir()
    (folder / ".seqlab" / "progress.json").write_text(json.dumps(memory))
    done = seqlab(folder, "submit", "--without-checks")
    assert words in said(done)
    assert bool(list(folder.glob("*.zip"))) == (later < 0)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"ran": 3, "checks": {"q1": 4}}', '{"ran": {"answers": {"time": "x"}}}']
)
def test_a_damaged_record_is_ignored(folder: Path, released: list[dict], text: str) -> None:
    saved(folder, released, put("q5", COUNT))
    (folder / ".seqlab").mkdir()
    (folder / ".seqlab" / "progress.json").write_text(text)
    assert seqlab(folder, *PACK).returncode == 1
    code = "from seqlab import progress; progress.show()"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert "q1 " in done.stdout and done.stderr == ""


def test_without_the_checks_or_a_package_the_next_step_is_named(folder: Path, released: list[dict]) -> None:
    saved(folder, released, put("q5", COUNT))
    bare = [sys.executable, "-S", "-E", "-m", "seqlab", "check"]  # a Python without packages
    done = subprocess.run(bare, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 2
    assert "torch is not installed for this Python" in done.stderr and "python start.py" in done.stderr
    (folder / "tests" / "q7.py").unlink()
    done = seqlab(folder, "check")
    assert done.returncode == 2 and "tests/q7.py is missing; unzip the handout again" in done.stderr


WRONG_USAGE = {
    "a slip": (["submti"], "there is no `submti`; did you mean `python -m seqlab submit`? `python -m seqlab --help` says what there is."),
    "another word": (["frobnicate"], "there is no `frobnicate`; `python -m seqlab --help` says what there is."),
    "nothing": ([], "the following arguments are required: COMMAND; `python -m seqlab --help` says what there is."),
    "a word too many": (["check", "a.ipynb", "b.ipynb"], "unrecognized arguments: b.ipynb; `python -m seqlab --help` says what there is."),
    "no name": (["check", ""], "the name of the notebook is empty; name the notebook that you write in."),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_USAGE)
def test_wrong_usage_gets_one_sentence(folder: Path, case: str) -> None:
    words, sentence = WRONG_USAGE[case]
    done = seqlab(folder, *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"seqlab: {sentence}\n")


def test_a_hint_names_the_command_that_was_typed(folder: Path, released: list[dict], monkeypatch) -> None:
    """Without the lab's environment `python -m seqlab` finds no torch."""
    monkeypatch.setenv("SEQLAB_COMMAND", "python start.py")  # as start.py sets it
    for name in ("lab.ipynb", "lab (1).ipynb"):
        saved(folder, released, name=name)
    assert "as in `python start.py submit " in seqlab(folder, "submit").stderr
    assert "did you mean `python start.py check`?" in seqlab(folder, "chekc").stderr


def test_code_that_ends_the_run_still_gets_every_check_reported(folder: Path, released: list[dict]) -> None:
    saved(folder, released, lambda cells: cells.insert(0, code("import os\nos._exit(0)")))
    done = seqlab(folder, "check")
    assert done.returncode == 1 and done.stdout.count("not checked") == 12
    assert "the notebook's own code ended the run" in said(done)
