"""All limits are in one module, each once and beside its reason."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from types import ModuleType

import pytest

from gatelab import limits
from gatelab.handed_out import limits as handed_out
from gatelab.handed_out.checking.tensors import MOST_AXES
from gatelab.lab.spec import Lab

ENGINE = Path(limits.__file__).parent

# A time-out, a pause or a size written as a number, and limits that a module keeps for itself. What is copied into the handout imports nothing.
OWN = re.compile(
    r"timeout=\d|settimeout\(\d|sleep\(\d|\.poll\(\d|ask\([^\n]*, \d+\)|monotonic\(\) \+ \d|(?<!\w)1 << [23]0"
    r"|^(?:\w+_)?(?:SECONDS|CPU|MEMORY|LIMIT|EVERY|BYTES|DEPTH) *(?::.*)?= *\(?\d|^\w+ *(?::.*)?= *\(?\d+ << [23]0"
    r"|^[A-Z_]+ *(?::.*)?= *\(?[\d.]+ *# (?:of |in )?(?:seconds|bytes|megabytes|times as long)\b",
    re.MULTILINE,
)  # fmt: skip
ALONE = {
    "handed_out/start.py": "runs before anything is installed, and is a file of its own",
    "cli/progress.py": "the time of a question whose model is not trained, by which what is left is estimated: ends nothing",
}
# Of a digest that the kit makes itself, the first characters may be taken.
CUT = re.compile(
    r"(?<!hexdigest\(\))(?<!sha256)(?<!\*words\))\[:\s*\d{2,}\]|\[-\d{2,}:\]|limit=-\d|\bbrief\([^\n]*, \d+\)"
)
CUTS_ALONE = {
    "handed_out/start.py": "runs before anything is installed, and is a file of its own",
    "submission/archive_child.py": "imports nothing of the kit",
    "build/snapshot.py": "lines of sha256sum, which have their columns",
}


def test_no_other_module_has_limits_of_its_own() -> None:
    found = {
        str(path.relative_to(ENGINE))
        for path in ENGINE.rglob("*.py")
        if path.name != "limits.py" and OWN.search(path.read_text(encoding="utf-8"))
    }
    assert found == ALONE.keys()


@pytest.mark.parametrize(
    "line",
    [
        "SECONDS = 60.0  # for a check",
        "NEWS: float = 20.0  # seconds",
        "GRACE = 5  # in seconds",
        "LIMIT = 3",
    ],
)
def test_a_limit_without_a_word_before_its_unit_is_found(line: str) -> None:
    assert OWN.search(f"import os\n{line}\n")


def test_no_text_or_list_is_cut_at_a_bare_number() -> None:
    found = [
        f"{path.relative_to(ENGINE)}: {line.strip()}"
        for path in sorted(ENGINE.rglob("*.py"))
        if str(path.relative_to(ENGINE)) not in CUTS_ALONE
        for line in path.read_text(encoding="utf-8").splitlines()
        if CUT.search(line)
    ]
    assert not found


@pytest.mark.parametrize("module", [limits, handed_out])
def test_each_limit_is_computed_or_has_its_reason_beside_it(module: ModuleType) -> None:
    """Beside: on its line, or in a comment above it."""
    text = Path(module.__file__).read_text(encoding="utf-8")
    lines, bare = text.splitlines(), []
    for node in ast.parse(text).body:
        if not isinstance(node, ast.Assign):
            continue
        names = {one.id for one in ast.walk(node.value) if isinstance(one, ast.Name)} - {"MIB", "GIB"}
        if not names and "  # " not in lines[node.lineno - 1] and not lines[node.lineno - 2].startswith("# "):
            bare.append(lines[node.lineno - 1])
    assert bare == ["MIB, GIB = 1 << 20, 1 << 30"] * (module is limits)


def test_what_follows_from_another_limit_is_computed(lab: Lab) -> None:
    loads = limits.MAX_LOADS * limits.LOAD_CPU
    assert loads < limits.LOADS_SECONDS and limits.LOADING_SECONDS > limits.LOADS_SECONDS
    assert limits.CLASS.file == limits.STUDENTS.packed >= limits.STUDENTS.file == limits.FILE_LIMIT
    # A question's own limit must be what ends it, not the worker's.
    for question in lab.questions.values():
        assert question.cpu_seconds < limits.WORKER_CPU
    assert lab.questions["q1"].seconds == limits.BACKSTOP * lab.questions["q1"].cpu_seconds
    # One cell of the size that is read fits into a request.
    assert limits.REQUEST[0] > limits.SOURCE_LIMIT * 4


def test_a_tensor_with_more_axes_than_a_message_writes_out_still_reaches_the_check() -> None:
    assert limits.MAX_AXES > MOST_AXES


def test_what_cannot_import_the_limits_has_their_numbers() -> None:
    """A shell script, and the students' package."""
    root = ENGINE.parents[1]
    script = (root / "autograder" / "gradescope" / "run_autograder").read_text(encoding="utf-8")
    assert f"more than {limits.WORKER_MEMORY // limits.GIB} GiB" in script
    left = re.search(r"seconds - (\d+)", script)
    assert left and int(left[1]) > limits.LATE_SECONDS
    assert handed_out.LARGEST_FILE == limits.FILE_LIMIT


def test_a_client_waits_longer_than_its_server() -> None:
    """Otherwise the first gives up on an answer that comes."""
    assert limits.ENDED_SECONDS > limits.COLLECT_SECONDS
    assert limits.ANSWER_SECONDS > limits.ORDER_SECONDS
    assert limits.FORK_SERVER_END_SECONDS > limits.ALL_END_SECONDS
    assert limits.WARDEN_REPORT_SECONDS >= 2 * limits.KILLED_SECONDS
