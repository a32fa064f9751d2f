"""A course of two labs goes through every door in each run: the tiny lab of the engine's own tests, and one that is started from
it by the steps of docs/."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from gatelab.build.new import TEMPLATE
from gatelab.integrations.nbgrader.rubric import rubrics
from gatelab.lab.bank import load_bank
from gatelab.lab.spec import Lab, lab_names
from helpers.command import gatelab, succeeded
from helpers.grade_books import read_book
from helpers.notebooks import cell_of, load_notebook, save_notebook
from helpers.otter_in_process import by_question
from helpers.tables import grades
from helpers.tiny_lab import TINY, tiny_kit

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.usefixtures("shared_server")

TINY_ONE, NEW = "softmax", "rnn-basics"
LABS = (NEW, TINY_ONE)
FULL = {"q1": 4.0, "q2": 6.0}
BIN = Path(sys.executable).parent
Points = dict[str, dict[str, dict[str, float]]]  # lab → student → question → points
# nbgrader as its program runs it, with one command after another in one process: to import it takes longer than most commands.
NBGRADER = """
import sys
from nbgrader.apps.nbgraderapp import NbGraderApp, main
for command in sys.argv[1:]:
    NbGraderApp.clear_instance()
    sys.argv[1:] = command.split()
    main()
"""


def program(kit: Path, *words: str | Path) -> None:
    """Run an installed program, as it is typed in the kit's folder."""
    done = subprocess.run(
        [BIN / str(words[0]), *words[1:]], cwd=kit, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr


def page(name: str) -> str:
    """A page of docs/; what is indented in a step is moved as far left as the step."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    return re.sub(r"^   ", "", text, flags=re.MULTILINE)


# On a page: a file's name with its text, or commands; in the order in which they stand there.
STEP = re.compile(
    r"^`(?P<place>\S+)`(?P<added>, at its end:)?\n+```(?:python|toml|markdown)\n(?P<text>.*?)^```|^```sh\n(?P<typed>.*?)^```",
    re.MULTILINE | re.DOTALL,
)


def follow(kit: Path, name: str) -> str:
    """Do what a page says, step after step: write its files, and run its commands as written there; what they said."""
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    said = []
    for step in STEP.finditer(page(name)):
        if step["place"]:
            (kit / step["place"]).parent.mkdir(parents=True, exist_ok=True)
            with open(kit / step["place"], "a" if step["added"] else "w", encoding="utf-8") as file:
                file.write(step["text"])
            continue
        typed = ["bash", "-euc", step["typed"]]
        done = subprocess.run(typed, cwd=kit, env=environment, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, done.stdout + done.stderr
        said.append(done.stdout)
    assert said
    return "".join(said)


def bare_kit(root: Path) -> Path:
    """A kit with the tiny lab in it, and what a new one is copied from."""
    tiny_kit(root)
    shutil.copytree(TINY, root / TEMPLATE, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "environment.yml"):
        shutil.copyfile(ROOT / name, root / name)
    return root


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit of two labs: the second is started as docs/start-a-lab.md says, each command typed; the first is built here."""
    root = bare_kit(tmp_path_factory.mktemp("kit"))
    said = follow(root, "start-a-lab.md")
    assert "made " in said
    for command in (["build", "--accept"], ["zip", "-o", root / "dist"]):
        succeeded(*command, "--lab", TINY_ONE, "--root", root)
    return root


@pytest.fixture(scope="module")
def handed_in(kit: Path) -> Path:
    """A class in nbgrader's folders: all right, untouched, and each question with the mistake of its chaff."""
    for name in LABS:
        notebooks = {
            "ada": load_notebook(kit / "solutions" / name / "lab.ipynb"),
            "bob": load_notebook(kit / "release" / name / "lab.ipynb"),
            "cleo": load_notebook(kit / "solutions" / name / "lab.ipynb"),
        }
        for chaff in load_bank(Lab.in_repository(kit, name)).chaffs:
            cell_of(notebooks["cleo"], f"{chaff.question}-solution")["source"] = chaff.source
        for student, notebook in notebooks.items():
            save_notebook(notebook, kit / "submitted" / student / name / "lab.ipynb")
    return kit / "submitted"


@pytest.fixture(scope="module")
def points(kit: Path, handed_in: Path) -> Points:
    """What `gatelab grade` gives."""
    found = {}
    for name in LABS:
        out = kit / "out" / name
        succeeded("grade", handed_in, "-o", out, "--jobs", "1", "--lab", name, "--root", kit)
        found[name] = {student: {id: float(row[id]) for id in FULL} for student, row in grades(out).items()}
    return found


def test_the_new_lab_is_two_folders_with_the_name_asked_for(kit: Path) -> None:
    lab = Lab.in_repository(kit, NEW)
    assert lab_names(kit) == sorted(LABS)
    assert (lab.name, lab.title) == (NEW, "Recurrent basics")
    assert {path.name for path in (kit / "tests" / NEW).iterdir()} == {"hidden", "bank"}
    for file in ("pyproject.toml", "environment.yml"):
        assert (kit / file).read_bytes() == (ROOT / file).read_bytes()
    page = (kit / "release" / NEW / "lab.ipynb").read_text(encoding="utf-8")
    assert "# Recurrent basics" in page and f"/{NEW}/lab.ipynb" in page and f"release/{NEW}" not in page


@pytest.mark.parametrize("name", LABS)
def test_students_get_the_listed_files_and_no_solution(kit: Path, name: str) -> None:
    package = f"{name.replace('-', '_')}_lab/"
    names = {
        path.relative_to(kit / "release" / name).as_posix() for path in (kit / "release" / name).rglob("*.*")
    }
    checks = {path for path in names if path.startswith(package)}
    assert names - checks == {
        "lab.ipynb", "CONTRACT.md", "requirements.txt", "start.py", "tests/q1.py", "tests/q2.py", "tests/fingerprints.json",
    }  # fmt: skip
    assert {
        f"{package}{file}"
        for file in (
            "check_names.py",
            "runs.py",
            "checking/tensors.py",
            "checking/terms.json",
            "handin/pack.py",
            "__main__.py",
            "questions.json",
        )
    } < checks
    assert (kit / "dist" / f"{name}.zip").is_file()


@pytest.mark.parametrize("name", LABS)
def test_the_public_checks_pass_on_the_solution(kit: Path, name: str) -> None:
    solved = (kit / "solutions" / name / "lab.ipynb").read_text(encoding="utf-8")
    assert all(f"{id} results: All test cases passed!" in solved for id in FULL)


@pytest.mark.one_in(2, among="steps")
def test_a_misconception_is_added_by_the_steps_of_its_page(kit: Path) -> None:
    """The page's command fails unless the wheat passes and both chaffs of q1 are caught and named."""
    said = follow(kit, "add-a-misconception.md")
    assert "q1/not-shifted: lost large-logits" in said and "q1/over-the-batch: lost" in said


def test_the_bank_is_graded_and_its_matrix_has_a_folder_of_its_own(kit: Path) -> None:
    """Fails unless wheat passes and chaff is caught and named; `verify` of the new lab is a step of its page."""
    succeeded("verify", "--seeds", "1", "--jobs", "1", "--lab", TINY_ONE, "--root", kit, "-o", kit / "docs")
    assert {path.name for path in (kit / "docs" / TINY_ONE).iterdir()} == {"matrix.html", "matrix.md"}


def test_what_a_lab_lacks_is_reported_in_one_sentence(kit: Path) -> None:
    done = gatelab("bench", "--lab", NEW, "--root", kit)
    said = " ".join(done.output.split())
    assert done.exit_code == 2 and "names no questions to measure" in said and "Traceback" not in said


@pytest.mark.parametrize(
    ("question", "mistake", "said"),
    [
        ("q1", "over-the-batch", "The sum runs over the batch"),
        ("q2", "summed", "The losses of the rows are added up"),
    ],
)
@pytest.mark.one_in(2)
def test_its_public_checks_name_a_mistake(kit: Path, question: str, mistake: str, said: str) -> None:
    """Runs in a student's folder, which holds only the release."""
    lab = Lab.in_repository(kit, NEW)
    chaff = next(chaff for chaff in load_bank(lab).chaffs_of(question) if chaff.id == mistake)
    code = (
        f"import otter, torch\n{lab.reference('q1')}\n{chaff.source}\n"
        f"print(otter.Notebook(tests_dir='tests').check({question!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=kit / "release" / NEW, capture_output=True, text=True, timeout=120
    )
    assert f"This looks like a known mistake: {said}" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("name", LABS)
def test_the_class_command_gives_the_points(points: Points, name: str) -> None:
    assert points[name]["ada"] == FULL
    assert points[name]["bob"] == dict.fromkeys(FULL, 0)
    assert all(0 < points[name]["cleo"][id] < most for id, most in FULL.items())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # in otter's own code
def test_otter_gives_the_same_points(kit: Path, handed_in: Path, points: Points) -> None:
    """The new lab as it is typed, the tiny one by otter in this process, where the fork server is started already."""
    from otter.run import main as otter_run

    for name in LABS:
        zip, out = kit / "dist" / f"{name}-autograder-STAFF-ONLY.zip", kit / "otter" / name
        out.mkdir(parents=True)
        notebook = handed_in / "cleo" / name / "lab.ipynb"
        if name == NEW:
            program(kit, "otter", "run", "-a", zip, "-o", out, notebook)
        else:
            otter_run(str(notebook), autograder=str(zip), output_dir=str(out), no_logo=True)
        results = json.loads((out / "results.json").read_text(encoding="utf-8"))
        assert {id: points for id, (points, _) in by_question(results).items()} == points[name]["cleo"]


def test_nbgraders_course_holds_both_labs_and_gives_the_same_points(
    kit: Path, handed_in: Path, points: Points
) -> None:
    """`generate_assignment` of the new lab is a step of its page."""
    commands = f"generate_assignment {TINY_ONE}", *(f"autograde {name}" for name in LABS)
    done = subprocess.run(
        [sys.executable, "-c", NBGRADER, *commands], cwd=kit, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in LABS:
        assert read_book(kit / "gradebook.db", name) == points[name]
    book = sqlite3.connect(f"file:{kit / 'gradebook.db'}?mode=ro", uri=True)
    assert {name for (name,) in book.execute("select name from assignment")} == set(LABS)


REFUSED = {
    "a path": ("../elsewhere", "cannot be a lab's name"),
    "an absolute path": ("/tmp/lab", "cannot be a lab's name"),
    "nothing": ("", "nothing follows new but an empty text"),
    "a name with a blank": ("rnn basics", "cannot be a lab's name"),
    "a figure first": (
        "7days",
        "'7days' cannot be a lab's name: a lower-case letter comes first, as in days, because",
    ),
    "only figures": ("7", "'7' cannot be a lab's name: a lower-case letter comes first, because"),
    "capitals": ("RNN", "cannot be a lab's name"),
    "an option": ("-x", "o such option"),
    "dots": ("..", "cannot be a lab's name"),
    "a letter that is none of ASCII": ("übung", "cannot be a lab's name"),
    "a line end": ("rnn\n", "cannot be a lab's name"),
    "what Windows keeps": ("con", "cannot be a lab's name"),
    "too long": ("a" * 41, "cannot be a lab's name"),
    "the first lab": (TINY_ONE, f"assignment/{TINY_ONE}: already exists"),
    "a folder of tests": ("engine", "tests/engine: already exists"),
}


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bare_kit(tmp_path_factory.mktemp("untouched"))


@pytest.mark.parametrize("case", REFUSED)
def test_an_invalid_name_is_refused_in_one_sentence_and_nothing_is_made(untouched: Path, case: str) -> None:
    name, said = REFUSED[case]
    before = sorted(untouched.rglob("*"))
    done = gatelab("new", name, "--root", untouched)
    assert done.exit_code == 2 and said in " ".join(done.output.split()).replace("\n", ""), done.output
    assert "Traceback" not in done.output
    assert sorted(untouched.rglob("*")) == before


@pytest.mark.parametrize("title", ["two\nlines", " ", "{{POINTS}}", "a\tb"])
def test_an_invalid_title_is_refused(untouched: Path, title: str) -> None:
    done = gatelab("new", "x", "--title", title, "--root", untouched)
    assert done.exit_code == 2 and "--title" in done.output and not (untouched / "tests" / "x").exists()


def test_a_title_may_hold_quotes_and_other_letters(untouched: Path) -> None:
    title = 'Größen & "Tore" \\ Übung'
    succeeded("new", "quoted", "--title", title, "--root", untouched)
    assert Lab.in_repository(untouched, "quoted").title == title


def test_a_kit_without_a_template_is_reported(tmp_path: Path) -> None:
    done = gatelab("new", "rnn", "--root", tmp_path)
    assert done.exit_code == 2 and "a new lab is copied from there" in " ".join(done.output.split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.one_in(2, among="steps")
def test_a_question_is_added_by_the_steps_of_its_page(tmp_path: Path) -> None:
    """One that is graded and one that is marked by hand, in a kit of its own: the lab of the other tests keeps its two questions."""
    root = bare_kit(tmp_path)
    succeeded("new", NEW, "--root", root)
    said = follow(root, "add-a-question.md")
    assert "q3/base-two: lost values" in said
    assert Lab.in_repository(root, NEW).questions["q3"].points == 5
    assert "q3 results: All test cases passed!" in (root / "solutions" / NEW / "lab.ipynb").read_text("utf-8")
    released = (root / "release" / NEW / "lab.ipynb").read_text("utf-8")
    assert "(5 points)" in released and "The questions give 18 points together." in released
    by_hand = cell_of(load_notebook(root / "solutions" / NEW / "lab.ipynb"), "q4")
    assert "its exponential is K" in "".join(by_hand["source"]) and "exponential is K" not in released
    assert "(3 points, marked by hand)" in released and not (root / "release" / NEW / "RUBRIC.md").exists()
    assert "what must be there" in rubrics(Lab.in_repository(root, NEW))["q4"]


@pytest.mark.one_in(2, among="steps")
def test_points_credit_and_dates_are_changed_by_the_steps_of_their_page(tmp_path: Path) -> None:
    """The page's commands fail unless the parts add up to the new points, and wheat and chaff come out as they should."""
    root = bare_kit(tmp_path)
    begun = re.search(
        r"`gatelab new (\S+) --title \"(.*?)\"` makes it", page("change-points-thresholds-dates.md")
    )
    assert begun and begun[1] == NEW
    succeeded("new", NEW, "--title", begun[2], "--root", root)
    before = Lab.in_repository(root, NEW)
    assert (before.questions["q1"].points, before.settings.credit, before.due) == (4, 1, None)
    said = follow(root, "change-points-thresholds-dates.md")
    assert re.search(r"q1/over-the-batch: lost .*one-row", said), said
    lab = Lab.in_repository(root, NEW)
    assert (lab.questions["q1"].points, lab.questions["q2"].points, lab.settings.credit) == (5, 6, 0.5)
    assert lab.late and (lab.late.percent_per_day, lab.late.due) == (10, lab.due)
    released = (root / "release" / NEW / "lab.ipynb").read_text(encoding="utf-8")
    assert "(5 points)" in released and "give 11 points" in released
    assert "by 1 March 2027, 23:59 (UTC+01:00)." in released
