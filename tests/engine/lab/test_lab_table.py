"""An error in a lab is reported with file, question and key before a command does anything."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch

from gatelab.audit.matrix import Matrix
from gatelab.audit.verify import untested_questions
from gatelab.grading.engine import Engine
from gatelab.lab.bank import load_bank
from gatelab.lab.check import PLUGIN
from gatelab.lab.late import LateSettings
from gatelab.lab.spec import Lab, LabError
from gatelab.lab.table import QuestionSpec, Table, schema
from gatelab.limits import LARGEST_SEED, WORKER_CPU
from gatelab.sandbox.confine.apply import Settings
from helpers.command import gatelab
from helpers.notebooks import write_notebook
from helpers.tiny_lab import RIGHT, SETUP, TINY, tiny_lab

pytestmark = pytest.mark.usefixtures("shared_server")

ROOT = Path(__file__).resolve().parents[3]
# The tiny lab, and those of the kit
LABS = [TINY / "assignment" / "softmax", *sorted(path.parent for path in ROOT.glob("assignment/*/lab.toml"))]

HEAD = 'title = "Lab"\nname = "softmax"\nnotebook = "lab.ipynb"\n'


def read(root: Path, text: str) -> Lab:
    path = root / "assignment" / "softmax" / "lab.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return Lab.in_repository(root)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ('points = "14"', 'points must be a number from 0 on, without quotes; it is "14".'),
        ("points = -1", "points must be a number from 0 on, without quotes; it is -1."),
        ("points = true", "points must be a number"),
        ('points = 1\nnames = "softmax"', "names must be a list of texts"),
        ('points = 1\nby_hand = "yes"', "by_hand must be true or false"),
        ('points = 1\nbuilds_on = "softmax"', "builds_on must be a list of texts"),
        ("points = 1\nseconds = [60]", "seconds must be a number"),
        (
            f"points = 1\ncpu_seconds = {WORKER_CPU + 0.5}",
            f"cpu_seconds must be a number above 0 and below {WORKER_CPU}, at which every worker is ended, without quotes; "
            f"it is {WORKER_CPU + 0.5}.",
        ),
        (f"points = 1\ncpu_seconds = {WORKER_CPU}", "cpu_seconds must be a number above 0 and below"),
        ("points = 1\nseconds = nan", "seconds must be a number"),
        (
            "points = 1\nby_hands = true",
            "there is no key by_hands (did you mean by_hand?); there are title, points",
        ),
        ("names = []", "points is missing; it must be a number"),
        ('points = 1\nid = "q2"', "there is no key id; there are title, points"),
        ("points = inf", "points must be a number from 0 on, without quotes; it is inf."),
        ("points = 1\nnames = [3]", "names must be a list of texts"),
        (
            "points = 1\ntraining = 3",
            "training must be a table of threshold, n, seconds, strata and quick; it is 3.",
        ),
    ],
)
def test_a_value_of_the_wrong_type_is_named(tmp_path: Path, field: str, said: str) -> None:
    with pytest.raises(LabError) as caught:
        read(tmp_path, f'{HEAD}[q1]\ntitle = "One step"\n{field}\n')
    assert f"lab.toml, [q1]: {said}" in str(caught.value)


def test_a_missing_key_above_the_questions_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"lab\.toml: notebook is missing; it must be a file's name"):
        read(tmp_path, HEAD.replace('notebook = "lab.ipynb"\n', ""))


def test_an_unknown_key_above_the_questions_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        LabError,
        match=r"has no key titel \(did you mean title\?\); above the questions there may be title, name, notebook",
    ):
        read(tmp_path, f'{HEAD}titel = "Lab"\n[q1]\ntitle = "One"\npoints = 1\n')


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("seed = -1", "seed must be a whole number from 0 to 9223372036854775807, without quotes; it is -1."),
        (
            "seed = true",
            "seed must be a whole number from 0 to 9223372036854775807, without quotes; it is true.",
        ),
        ("credit = 1.5", "credit must be a number from 0 to 1, without quotes; it is 1.5."),
        ('due = "next week"', "due must be a date and a time with its distance from UTC"),
        ('due = "2027-03-01T23:59:59"', 'as in "2027-03-01T23:59:59+01:00"; it is "2027-03-01T23:59:59".'),
        ("due = 2027-03-01T23:59:59", "it is 2027-03-01T23:59:59."),
        ("due = 1798761599", "due must be a date and a time"),
        ("due = 2027-03-01", "it is 2027-03-01."),
        (
            'package = "seq-lab"',
            'package must be the name of a package in Python, as in "softmax_lab"; it is "seq-lab".',
        ),
        ('course = ["NLP"]', "course must be one line of text in quotes"),
        ('late = "10 % a day"', 'late must be a table, as in [late]; it is "10 % a day".'),
        ("late = { per_day = 0.1 }", "[late]: there is no key per_day"),
        (
            "late = { cap = 50 }",
            "[late]: percent_per_day is missing; it must be a number from 0 to 100, without quotes.",
        ),
        (
            "late = { percent_per_day = nan }",
            "[late]: percent_per_day must be a number from 0 to 100, without quotes; it is nan.",
        ),
        (
            "late = { percent_per_day = 5, grace_minutes = 1e9 }",
            "[late]: grace_minutes must be a number of minutes from 0 to 1000000, without quotes; it is 1000000000.0.",
        ),
        (
            'late = { percent_per_day = 5, zone = "" }',
            '[late]: zone must be the name of a time zone in quotes, as in "Europe/Berlin"; it is "".',
        ),
        ("questions = 3", "has no key questions"),
        ("release = [[]]", "release must be a list of texts"),
    ],
)
def test_a_setting_of_another_kind_is_named(tmp_path: Path, setting: str, said: str) -> None:
    with pytest.raises(LabError) as caught:
        read(tmp_path, f'{HEAD}{setting}\n[q1]\ntitle = "One"\npoints = 1\n')
    assert str(caught.value).partition("lab.toml: ")[2].startswith(said) or said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("training", "said"),
    [
        (
            "threshold = 98\nn = 1\nseconds = 1",
            "threshold must be a number from 0 to 1, without quotes; it is 98.",
        ),
        (
            "threshold = 0.5\nn = 1.5\nseconds = 1",
            "n must be a whole number above 0, without quotes; it is 1.5.",
        ),
        (
            "threshold = 0.5\nn = 8",
            f"seconds is missing; it must be a number above 0 and below {WORKER_CPU}, at which every worker is ended, without quotes.",
        ),
        (
            f"threshold = 0.5\nn = 8\nseconds = {WORKER_CPU}",
            f"seconds must be a number above 0 and below {WORKER_CPU}, at which every worker is ended",
        ),
        (
            "treshold = 0.5\nn = 8\nseconds = 1",
            "there is no key treshold (did you mean threshold?); there are threshold, n,",
        ),
        (
            "threshold = 0.5\nn = 8\nseconds = 1\nstrata = [3]",
            "strata must be a table of lists of whole numbers",
        ),
        (
            "threshold = 0.5\nn = 8\nseconds = 1\nstrata = { a = [1.5] }",
            "strata must be a table of lists of whole numbers",
        ),
    ],
)
def test_a_setting_of_a_training_is_named(tmp_path: Path, training: str, said: str) -> None:
    with pytest.raises(LabError) as caught:
        read(tmp_path, f'{HEAD}[q1]\ntitle = "One"\npoints = 1\n[q1.training]\n{training}\n')
    assert f"lab.toml, [q1.training]: {said}" in str(caught.value)


@pytest.mark.parametrize(
    "due", ['"2027-03-01T23:59:59+01:00"', "2027-03-01T23:59:59+01:00", '"2027-03-01T22:59:59Z"']
)
def test_a_due_date_is_one_moment_everywhere(due: str) -> None:
    table = Table.read(Path("lab.toml"), tomllib.loads(f"{HEAD}due = {due}\n[late]\npercent_per_day = 10\n"))
    assert table.due == datetime(2027, 3, 1, 22, 59, 59, tzinfo=UTC)
    assert table.late == LateSettings(percent_per_day=10)


def test_the_schema_in_docs_is_that_of_the_classes() -> None:
    """When this fails: python -m gatelab.lab.table > docs/lab.schema.json."""
    assert json.loads((ROOT / "docs" / "lab.schema.json").read_text(encoding="utf-8")) == schema()
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("place", LABS, ids=lambda place: place.name)
@pytest.mark.parametrize(
    ("change", "fits"),
    [
        (lambda data: None, True),
        (lambda data: data.update(due="2027-03-01T23:59:59+01:00"), True),
        (lambda data: data["q1"].update(points="14"), False),
        (lambda data: data["q1"].update(by_hands=True), False),
        (lambda data: data["q1"].update(training={"threshold": 98, "n": 1, "seconds": 1}), False),
        (lambda data: data["q1"].pop("title"), False),
        (lambda data: data.update(relase=["tests"]), False),
        (lambda data: data.pop("name"), False),
        (lambda data: data.update(credit=2), False),
        (lambda data: data.update(late={"percent_per_day": 10, "cap": 50.5, "of": "possible"}), True),
        (
            lambda data: data.update(late={"due": "2027-03-01 23:59", "zone": "UTC", "percent_per_day": 1}),
            True,
        ),
        (lambda data: data.update(late={"per_day": 0.1}), False),
        (lambda data: data.update(late={"percent_per_day": 110}), False),
        (lambda data: data.update(late={"percent_per_day": True}), False),
        (lambda data: data.update(late={"percent_per_day": 10, "of": "all"}), False),
    ],
)
def test_the_schema_takes_what_the_engine_takes(place: Path, change: Any, fits: bool) -> None:
    path = place / "lab.toml"
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    change(data)
    assert jsonschema.Draft202012Validator(schema()).is_valid(data) is fits
    if fits:
        assert list(Table.read(path, data).questions) == [
            id for id, row in data.items() if isinstance(row, dict) and id != "late"
        ]
    else:
        with pytest.raises(ValueError, match=r"lab\.toml"):
            Table.read(path, data)


TRAINING = """
[q2.training]
threshold = 0.98
n = 512
seconds = 30

[q2.training.quick]
steps = 175
late_from = 0.96
looks = [100, 125]
"""


def test_a_suite_gets_the_settings_of_its_training(tmp_path: Path) -> None:
    with open(tiny_lab(tmp_path).assignment / "lab.toml", "a", encoding="utf-8") as table:
        table.write(TRAINING)
    questions = Lab.in_repository(tmp_path).questions
    assert questions["q2"].training_settings == {
        "threshold": 0.98,
        "n": 512,
        "seconds": 30,
        "strata": {},
        "quick": {"steps": 175, "late_from": 0.96, "looks": [100, 125]},
    }
    assert questions["q1"].training_settings == {}


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """The tiny lab, with a question q3 that builds on q1, and q4, which is marked by hand."""
    lab = tiny_lab(tmp_path)
    with open(lab.assignment / "lab.toml", "a", encoding="utf-8") as table:
        table.write(Q3 + Q4)
    (lab.hidden / "test_q3_classes.py").write_text(Q3_SUITE, encoding="utf-8")
    (lab.hidden / "reference" / "q3.py").write_text(Q3_REFERENCE, encoding="utf-8")
    (lab.assignment / "tests" / "q3.py").write_text("# a check\n", encoding="utf-8")
    Lab.in_repository(tmp_path)
    return tmp_path


Q3 = """
[q3]
title = "The classes"
points = 2
names = ["predict", "accuracy"]
builds_on = ["softmax"]
"""
Q4 = """
[q4]
title = "In your own words"
points = 2
by_hand = true
"""
Q3_SUITE = """
from gatelab.testkit import part

@part("q3", "classes", 2)
def test_classes(student): ...
"""
Q3_REFERENCE = """
def predict(logits):
    return softmax(logits).argmax(dim=1)


def accuracy(logits, labels):
    return (predict(logits) == labels).double().mean()
"""
TABLE, HIDDEN = "assignment/softmax/lab.toml", "tests/softmax/hidden"


def edit(root: Path, name: str, old: str, new: str) -> None:
    """Put a slip into one file of the kit; "" for `new` and `old` removes it."""
    path = next(root.glob(name))
    if not old:
        path.unlink() if not new else path.rename(path.with_name(new))
        return
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


SLIPS = {
    "a name that no question asks for": (
        TABLE, '"accuracy"]\nbuilds_on = ["softmax"]', '"accuracy"]\nbuilds_on = ["sotfmax"]',
        "[q3]: builds_on names sotfmax, which no question asks for (did you mean softmax?)."),
    "a name of its own": (
        TABLE, '"accuracy"]\nbuilds_on = ["softmax"]', '"accuracy"]\nbuilds_on = ["predict"]',
        "[q3]: builds_on names predict, which q3 asks for"),
    "a name of a later question": (
        TABLE, '"cross_entropy"]\nbuilds_on = ["softmax"]', '"cross_entropy"]\nbuilds_on = ["predict"]',
        "[q2]: builds_on names predict, which q3 asks for: only what an earlier question asks for"),
    "a name that an earlier question left out": (
        TABLE, 'names = ["softmax"]', 'names = ["powers"]',
        "[q1]: names lacks softmax, which the reference of q1 defines and q2 builds on; write it there."),
    "a suite of no question, in a lab in another order": (
        f"{HIDDEN}/test_q3_*.py", "", "test_q77_classes.py", "q77: no such question; this lab has q1, q2, q3 and q4. Rename"),
    "a key of older tables": (TABLE, "[q3]", "[q3]\nown_if = { predict = [\"q1\"] }", "own_if"),
    "a name twice": (TABLE, '["predict", "accuracy"]', '["predict", "softmax"]', "[q3]: softmax is asked for by q1 already"),
    "a name that is none": (TABLE, '["predict", "accuracy"]', '["predict", "the accuracy"]', 'names holds "the accuracy", which is not a name in Python.'),
    "an ID that is none": (TABLE, "[q3]", "[q_3]", "[q_3]: a question's ID is at most 20 small letters and digits"),
    "a notebook elsewhere": (TABLE, '"lab.ipynb"', '"../lab.ipynb"', "notebook must be a file's name that ends in .ipynb"),
    "no time": (TABLE, "[q3]", "[q3]\ncpu_seconds = 0", f"cpu_seconds must be a number above 0 and below {WORKER_CPU}, at which every worker is ended, without quotes; it is 0."),
    "a question without a suite": (f"{HIDDEN}/test_q3_*.py", "", "", "there is no suite test_q3_….py for q3"),
    "a suite without a question": (
        f"{HIDDEN}/test_q3_*.py", "", "test_q33_classes.py", "q33: no such question (did you mean q3?)"),
    "a suite of a question by hand": (TABLE, "[q3]", "[q3]\nby_hand = true", "q3: is marked by hand"),
    "a suite that is not valid Python": (f"{HIDDEN}/test_q1_*.py", "import", "imprt x", "test_q1_softmax.py, line"),
    "a part of no question": (
        f"{HIDDEN}/test_q1_*.py", '@part("q1"', '@part("q11"', "the part belongs to q11, the suite to q1"),
    "parts that make more": (f"{HIDDEN}/test_q1_*.py", '"gradient", 1)', '"gradient", 1.5)', "the parts of q1 make 4.5 points"),
    "a part that takes points away": (f"{HIDDEN}/test_q1_*.py", '"gradient", 1)', '"gradient", -1)', "the points of a part must be a number, 0 or more; -1 is not."),
    "points in quotes": (f"{HIDDEN}/test_q1_*.py", '"gradient", 1)', '"gradient", "1")', "the points of a part must be a number, 0 or more; '1' is not."),
    "a part with two numbers of points": (
        f"{HIDDEN}/test_q1_*.py", '"gradient", 1)', '"probabilities", 2)', "the part probabilities is declared with 2 points here and 1 before; give all"),
    "points that are more": (TABLE, "points = 6", "points = 7", "the parts of q2 make 6 points, lab.toml gives it 7"),
    "no reference": (f"{HIDDEN}/reference/q2.py", "", "", "reference/q2.py: there is no such file; q2 needs its reference"),
    "a reference of another name": (
        f"{HIDDEN}/reference/q2.py", "def cross_entropy", "def cross_entopy", "does not define cross_entropy, which lab.toml has q2 ask for"),
    "no public check": ("assignment/*/tests/q2.py", "", "", "tests/q2.py: there is no such file; q2 needs its public check"),
    "a check without a question": ("assignment/*/tests/q2.py", "", "q22.py", "tests/q2.py: there is no such file"),
    "a name that is not the folder's": (TABLE, 'name = "softmax"', 'name = "gates"', "name must be the lab's folder, \"softmax\"; it is \"gates\"."),
    "a setting that is none": (TABLE, 'name = "softmax"', 'name = "softmax"\nrelase = ["tests"]', "has no key relase (did you mean release?); above the questions there may be title,"),
    "an address that is none": (TABLE, 'colab_base = "', 'colab_base = 3  # "', "colab_base must be Colab's address of the students' repository in quotes, as in"),
    "a list that is none": (TABLE, 'release = [', 'release = "tests"  # [', "release must be a list of texts"),
    "a package that is not there": (
        TABLE, 'package = "', 'package = "softmax_labs"  # "', "package names softmax_labs, and"),
    "staff's files for students": (TABLE, 'release = [', 'release = ["../../tests", ', "release names \"../../tests\", which is not in"),
    "a file of the machine for students": (TABLE, 'release = [', 'release = ["/etc/passwd", ', "release names \"/etc/passwd\", which is not in"),
    "the whole folder for students": (
        TABLE, 'release = [', 'release = [".", ',
        "lab.toml: release names \".\", which is not the plain name of a file or folder in"),
    "the whole folder under another name": (TABLE, 'release = [', 'release = ["./", ', "release names \"./\", which is not the plain name"),
    "nothing for students": (TABLE, 'release = [', 'release = ["", ', "release names \"\", which is not the plain name"),
    "the folder above for students": (TABLE, 'release = [', 'release = ["..", ', "release names \"..\", which is not in"),
    "the whole machine for students": (TABLE, 'release = [', 'release = ["/", ', "release names \"/\", which is not in"),
    "a folder with a slash": (TABLE, '"tests"]', '"tests/"]', "release names \"tests/\", which is not the plain name"),
    "a file of a folder for students": (
        TABLE, '"tests"]', '"tests/q1.py"]',
        "release names \"tests/q1.py\", which is not the plain name of a file or folder in"),
    "a folder twice": (TABLE, '"tests"]', '"tests", "tests"]', "release names \"tests\" twice; name each file and folder once."),
    "no conftest": (
        f"{HIDDEN}/conftest.py", "", "",
        "softmax/hidden/conftest.py: there is no such file, and without it no suite runs; write it with the line "
        "`from gatelab.grading.plugin import *`."),
    "a conftest of something else": (
        f"{HIDDEN}/conftest.py", "from gatelab.grading.plugin", "from some.plugin",
        "conftest.py: does not import the grader's plugin, and without it no suite runs; add the line"),
    "a conftest that is not valid Python": (
        f"{HIDDEN}/conftest.py", "import (", "import ((", "conftest.py, line 3: is not valid Python"),
    "an address at GitHub": (
        TABLE, 'colab_base = "https://colab.research.google.com/github/your-course/your-labs/blob/main"', 'colab_base = "https://github.com/a/b"',
        "colab_base must be Colab's address of the students' repository in quotes, as in "
        '"https://colab.research.google.com/github/your-course/your-labs/blob/main"; it is "https://github.com/a/b".'),
    "a repository without an address": (
        TABLE, 'colab_base = "https://colab.research.google.com/github/your-course/your-labs/blob/main"', 'colab_base = "myrepo"', 'it is "myrepo".'),
    "a handout that is nowhere": (
        TABLE, "package =", 'handout_url = "nowhere"\npackage =', 'handout_url must be an address in quotes that begins with https:// or http://'),
    "a handout that runs a script": (
        TABLE, "package =", 'handout_url = "javascript:alert(1)"\npackage =', 'it is "javascript:alert(1)".'),
    "a notebook without a master": (
        TABLE, '"lab.ipynb"', '"week1.ipynb"', 'lab.toml: notebook is "week1.ipynb", and'),
    "a notebook whose master has another name": (TABLE, '"lab.ipynb"', '"week1.ipynb"', "has no master week1.py; there is lab.py."),
    "a notebook without a name": (TABLE, '"lab.ipynb"', '" .ipynb"', 'notebook must be a file\'s name that ends in .ipynb, as in "lab.ipynb"; it is " .ipynb".'),
    "a notebook of dots": (TABLE, '"lab.ipynb"', '"..ipynb"', 'it is "..ipynb".'),
    "concepts without a key": (
        TABLE, "points = 4\n", "points = 4\nconcepts = true\n", "lab.toml, [q1]: concepts is true, and there is no "),
    "a training that is longer than its process": (
        TABLE, "[q2]\n", "[q1.training]\nthreshold = 0.9\nn = 8\nseconds = 400\n[q2]\n",
        "lab.toml, [q1.training]: seconds is 400; it must be at most 40.0, the cpu_seconds of [q1], at which the process that trains is ended."),
    "an ID of 300 letters": (TABLE, "[q3]", f"[{300 * 'q'}]", "…]: a question's ID is at most 20 small letters and digits, as in q1."),
    "a name that is asked for twice": (TABLE, '["softmax"]', '["softmax", "softmax"]', '[q1]: names holds "softmax" twice; write each name once.'),
    "a table that is no TOML": (TABLE, "[q3]", "[q3", "lab.toml, line "),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_named_in_one_sentence(kit: Path, slip: str) -> None:
    *change, said = SLIPS[slip]
    edit(kit, *change)
    with pytest.raises(LabError) as caught:
        Lab.in_repository(kit)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_the_line_for_a_conftest_is_all_that_it_needs(kit: Path, tmp_path: Path) -> None:
    lab = Lab.in_repository(kit)
    (lab.hidden / "conftest.py").write_text(f"{PLUGIN}\n", encoding="utf-8")
    code = "\n\n".join([SETUP, *RIGHT.values(), Q3_REFERENCE])
    write_notebook(tmp_path / "ada.ipynb", code)
    with Engine(Lab.in_repository(kit)) as engine:
        report = engine.grade(tmp_path / "ada.ipynb", "ada", questions=["q1"])
    assert [question.points for question in report.questions if question.id == "q1"] == [4]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("points = 4,5", "line 6: `points = 4,5` cannot be read (expected newline or end of document after a statement); there is one entry"),
        ("title = One step", "line 6: `title = One step` cannot be read (invalid value); a text is in quotes"),
        ("by_hand = True", "line 6: `by_hand = True` cannot be read (invalid value); a text is in quotes, a number"),
        ('title = "One', 'line 6: `title = "One` cannot be read (illegal character'),
        ('title = "Two"', 'line 6: `title = "Two"` cannot be read (cannot overwrite a value); it is there twice; leave one'),
        ("[q1]", "line 6: `[q1]` cannot be read (cannot declare ('q1',) twice); this table is there twice"),
        ("points: 4", "line 6: `points: 4` cannot be read (expected '=' after a key"),
        ("names = [" + "'x', " * 40 + "3..4]", "'x', …` cannot be read (unclosed array)."),
        ("names = [", ": its end cannot be read (invalid value"),
    ],
)  # fmt: skip
def test_a_line_that_is_not_toml_is_shown_with_what_was_likely_meant(
    tmp_path: Path, line: str, said: str
) -> None:
    with pytest.raises(LabError) as caught:
        read(tmp_path, f'{HEAD}[q1]\ntitle = "One"\n{line}\n')
    text = str(caught.value)
    assert said in text and text.endswith(".") and "\n" not in text and len(text) < 400


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_table_saved_by_a_windows_editor_is_read_or_refused_by_name(kit: Path, encoding: str) -> None:
    path = kit / TABLE
    path.write_bytes(
        path.read_text(encoding="utf-8").replace("The classes", "Die Klassen für").encode(encoding, "replace")
    )
    if encoding == "utf-8-sig":
        assert Lab.in_repository(kit).questions["q3"].title == "Die Klassen für"
    else:
        with pytest.raises(LabError, match=r"lab.toml: it is not UTF-8 text; save it as UTF-8.$"):
            Lab.in_repository(kit)


MISPLACED = {
    "the late rule first": (
        'title = "Softmax', '[late]\npercent_per_day = 10\ntitle = "Softmax',
        "lab.toml, [late]: title belongs above the questions, before the first line in brackets; move it there."),
    "a question first": (
        'title = "Softmax', '[q0]\ntitle = "Softmax',
        "lab.toml, [q0]: name belongs above the questions, before the first line in brackets; move it there."),
    "a date after the questions": (
        '"accuracy"]\n', '"accuracy"]\ndue = "2027-03-01T23:59:59+01:00"\n',
        "lab.toml, [q3]: due belongs above the questions, before the first line in brackets; move it there."),
    "a threshold without its table": (
        "points = 4\n", "points = 4\nthreshold = 0.9\n", "lab.toml, [q1]: threshold belongs in [q1.training]; move it there."),
    "points in the training's table": (
        "[q4]", "[q3.training]\nby_hand = false\n[q4]",
        "lab.toml, [q3.training]: by_hand belongs in a question's table, as in [q3]; move it there."),
    "points above the questions": (
        "[q1]", "points = 4\n[q1]", "lab.toml: points belongs in a question's table, as in [q1]; move it there."),
    "a percentage above the questions": ("[q1]", "cap = 4\n[q1]", "lab.toml: cap belongs in [late]; move it there."),
    "a percentage in a question": ("[q1]", "[q1]\ncap = 4", "lab.toml, [q1]: cap belongs in [late]; move it there."),
    "a training of no question": (
        "[q4]", "[training]\nthreshold = 0.9\n[q4]", "lab.toml: training belongs in a question's table, as in [q1]; move it there."),
    "what the policy holds": (
        "[q4]", '[axes.M]\nname = "market"\n[q4]', "lab.toml: axes belongs in the lab's policy.toml; move it there."),
    "two pairs of brackets": ("[q2]", "[[q2]]", "lab.toml, [[q2]]: a question's table has one pair of brackets; write [q2]."),
    "a question in a question": ("[q2]", "[q1.q2]", "lab.toml, [q1.q2]: is inside the table [q1]; write [q2]."),
    "a question in questions": ("[q2]", "[questions.q2]", "lab.toml, [questions.q2]: is inside the table [questions]; write [q2]."),
    "a heading for questions": ("[q1]", "[questions]\n[q1]", "lab.toml, [questions]: holds nothing; take this line out: each question has a table of its own, as in [q1]."),
    "the late rule in a question": ("[q2]", "[q1.late]\ncap = 5\n[q2]", "lab.toml, [q1.late]: is inside the table [q1]; write [late]."),
    "the late rule in capitals": ("[q2]", "[Late]\ncap = 5\n[q2]", "lab.toml, [Late]: cap belongs in [late]; move it there."),
    "a slip of the pen": ('names = ["softmax"]', 'name = ["softmax"]', "lab.toml, [q1]: there is no key name (did you mean names?); there are title,"),
}  # fmt: skip


@pytest.mark.parametrize("slip", MISPLACED)
def test_the_message_about_a_key_in_the_wrong_table_says_where_it_belongs(kit: Path, slip: str) -> None:
    old, new, said = MISPLACED[slip]
    edit(kit, TABLE, old, new)
    with pytest.raises(LabError) as caught:
        Lab.in_repository(kit)
    assert said in str(caught.value)


@pytest.mark.parametrize("title", ["", "  ", " The lab", "two\nlines", "{{POINTS}}", "a\tb"])
@pytest.mark.parametrize("key", ["title", "course", "[q1] title"])
def test_a_title_is_one_line_of_text_wherever_it_is(kit: Path, key: str, title: str) -> None:
    path = kit / TABLE
    text = path.read_text(encoding="utf-8")
    old = 'title = "Softmax"' if key.startswith("[") else 'title = "Softmax and cross-entropy"'
    also = old + "\n" if key == "course" else ""
    assert old in text
    path.write_text(text.replace(old, f"{also}{key[-6:].strip()} = {json.dumps(title)}"), encoding="utf-8")
    if key == "course" and not title:  # as where it is not there
        assert Lab.in_repository(kit).settings.course == ""
        return
    with pytest.raises(LabError) as caught:
        Lab.in_repository(kit)
    what = f"{key[-6:].strip()} must be one line of text in quotes, without {{{{ in it or blanks around it; it is {json.dumps(title)}."
    assert str(caught.value).endswith(what)


def test_a_seed_must_be_one_that_torch_accepts(kit: Path) -> None:
    edit(kit, TABLE, "package =", f"seed = {LARGEST_SEED}\npackage =")
    torch.manual_seed(Lab.in_repository(kit).settings.seed)
    edit(kit, TABLE, f"seed = {LARGEST_SEED}", f"seed = {2**64}")
    with pytest.raises(ValueError):
        torch.manual_seed(2**64)
    said = f"seed must be a whole number from 0 to {LARGEST_SEED}, without quotes; it is {2**64}."
    with pytest.raises(LabError, match=re.escape(said)):
        Lab.in_repository(kit)
    done = gatelab("grade", kit, "--seed", str(2**64), "--root", kit)
    assert done.exit_code == 2 and "--seed" in done.output, done.output


COMMANDS = ("build", "verify", "mutate", "fingerprints", "bench", "zip", "grade HANDED -o OUT")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_stops_at_once_with_that_sentence_and_exit_code_2(kit: Path, command: str) -> None:
    edit(kit, TABLE, 'builds_on = ["softmax"]', 'builds_on = ["sotfmax"]')
    handed, out = kit / "handed", kit / "out"
    handed.mkdir()
    write_notebook(handed / "ada.ipynb", "import torch")
    words = [{"HANDED": str(handed), "OUT": str(out)}.get(word, word) for word in command.split()]
    done = gatelab(*words, "--root", kit)
    assert done.exit_code == 2, done.output
    assert "builds_on names sotfmax, which no question asks for" in done.output.replace("\n", " ")
    assert "Traceback" not in done.output and not out.exists()


@pytest.mark.parametrize("command", ["verify", "mutate", "grade HANDED -o OUT"])
@pytest.mark.parametrize(
    ("question", "said"),
    [("q99", "q99: no such question; this lab has q1, q2, q3 and q4."), ("q4", "q4: is marked by hand")],
)
def test_a_question_that_nobody_can_grade_is_refused(
    kit: Path, command: str, question: str, said: str
) -> None:
    (kit / "handed").mkdir()
    write_notebook(kit / "handed" / "ada.ipynb", "import torch")
    words = [
        {"HANDED": str(kit / "handed"), "OUT": str(kit / "out")}.get(word, word) for word in command.split()
    ]
    done = gatelab(*words, "--question", question, "--root", kit)
    assert done.exit_code == 2 and f"--question {said}" in done.output, done.output


def test_a_question_without_wheat_or_chaff_is_a_fault_of_the_bank(kit: Path) -> None:
    lab = Lab.in_repository(kit)
    shutil.rmtree(lab.bank / "chaff" / "q2")
    shutil.rmtree(lab.bank / "wheat" / "q1")
    said = [
        sentence.split(" in ")[0]
        for sentence in Matrix(empty=list(untested_questions(lab, load_bank(lab)))).faults
    ]
    assert said == ["q1 has no wheat", "q2 has no chaff", "q3 has no wheat", "q3 has no chaff"]
    assert [line.split(" in ")[0] for line in untested_questions(lab, load_bank(lab), ["q1"])] == [
        "q1 has no wheat"
    ]


def test_parts_that_only_the_running_suite_knows_are_counted_before_the_first_submission(kit: Path) -> None:
    lab = Lab.in_repository(kit)
    suite = next(lab.hidden.glob("test_q2_*.py"))
    suite.write_text(
        suite.read_text(encoding="utf-8") + "\n\nfor k in range(2):\n    def test_more(student): ...\n"
        "    globals()[f'test_more_{k}'] = part('q2', f'more-{k}', k + 1)(test_more)\ndel test_more\n", encoding="utf-8",
    )  # fmt: skip
    lab = Lab.in_repository(kit)
    with (
        pytest.raises(LabError, match=r"parts of q2 make 9 points, lab\.toml gives it 6"),
        Engine(lab),
    ):
        pass
    suite.write_text("import nothing_of_this_name\n" + suite.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(LabError, match="nothing_of_this_name"), Engine(Lab.in_repository(kit)):
        pass


def test_the_clock_is_a_backstop_of_several_times_the_processor_time() -> None:
    specs = [
        QuestionSpec("q1", "a", 1),
        QuestionSpec("q2", "b", 1, cpu_seconds=100),
        QuestionSpec("q3", "c", 1, seconds=7),
    ]
    assert [spec.seconds for spec in specs] == [200, 500, 7]


def test_every_question_of_the_lab_has_time_for_a_busy_machine(lab: Lab) -> None:
    """Nine busy processes on two cores: 4.5 times the processor time that a right answer takes."""
    for spec in lab.questions.values():
        if spec.training is not None:
            # A training may take 1.25 times its seconds and the predictions half of them; there may be two trainings.
            training = 1.75 * spec.training.seconds
            assert spec.cpu_seconds >= 2 * training + 20 and spec.cpu_seconds < Settings("").cpu_seconds
            assert spec.seconds >= 4.5 * training
        elif not spec.by_hand:
            assert spec.seconds >= 4.5 * spec.cpu_seconds
