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
# A number with the name of a limit, and what a module keeps of it: file and name → why it is there.
NAMED = re.compile(
    r"^_?(?:MOST|LONGEST|LARGEST|MAX|MANY|FEW)(?:_|$)|_(?:LIMIT|SECONDS|CPU|SHOWN|NAMED|KEPT)$|^(?:WIDTH|SHORT|NAMED)$"
)
ITS_OWN = {
    "build/markers.py: MAX_LETTERS": "a property of the markers: the longest word that one could be mistaken for",
    "cli/class_screen.py: FEW": "a property of the warning: fewer people lose the same part by themselves",
    "grading/pairs.py: FEW": "a step of the search for two mistakes, which it bounds to 16 trials",
    "handed_out/checking/likeness.py: FEW": "a property of the comparison: fewer numbers agree by chance",
    "handed_out/checking/render.py: WIDTH": "of a terminal whose width is not known",
    "handed_out/checking/tensors.py: LARGEST_SIZE": "the examiner and the handout both write shapes with it; it has its reason there",
    "handed_out/checking/tensors.py: MOST_AXES": "the same",
    "report/outputs/curve_picture.py: WIDTH": "of a picture, whose parts are measured by it",
    "submission/archive_child.py: LONGEST": "imports nothing of the kit",
    "testkit/words.py: MAX_DIGITS": "what a hostile worker could say in a message is bounded by all of these together; each has its reason there",
    "testkit/words.py: MAX_LENGTH": "the same",
    "testkit/words.py: MAX_NAME_LENGTH": "the same",
    "testkit/words.py: MAX_OWN_LENGTH": "the same",
    "testkit/words.py: MAX_OWN_PARTS": "the same",
    "testkit/words.py: MAX_PARTS": "the same",
    "testkit/words.py: MAX_PLACEHOLDERS": "the same",
    "testkit/words.py: MAX_READ": "the same",
    "text.py: LONGEST_BRIEF": "what `brief` and `shown` cut at where their caller says nothing; the reason is there",
    "text.py: LONGEST_SHOWN": "the same",
    "text.py: LONGEST_STEM": "what file systems allow; the reason is there",
}
# Results that are kept without a bound, of a function with arguments: file and function → why there cannot be many.
UNBOUNDED = {
    "classrun/slim_reports.py: _hashes": "one for each lab that a class was graded with",
    "classrun/slim_reports.py: _part": "the parts of the suites, each passed or not; they are shared so that a class of 3,000 fits into memory",
    "classrun/slim_reports.py: _question": "the same",
    "lab/keys.py: adapter": "one for each type of a key in lab.toml",
    "report/whole_class/class_json.py: _adapter": "one for each type in class.json",
}
# What cuts at the number it is given, which is its second argument or has one of these names.
CUTTERS = frozenset(
    ["brief", "clean_name", "few", "first_lines", "islice", "last_part", "listed", "one_line", "shorten"]
)
SIZES = {"limit", "most", "width"}
# Of a digest that the kit makes itself, and of the one that names git's commit, the first characters may be taken.
DIGESTS = re.compile(r"digest(?:\(\))?$|^hash_of\(|\bsha256$|^commit$")
CUTS_ALONE = {
    "handed_out/start.py": "runs before anything is installed, and is a file of its own",
    "submission/archive_child.py": "imports nothing of the kit",
    "build/snapshot.py": "lines of sha256sum, which have their columns",
}
# What has so many parts, or is looked at only by the program: nothing that a person reads is left out.
PARTS = {
    "build/leaks.py: folder.parts[-3:]": "tests/<lab>/hidden",
    "handed_out/handin/notebook.py: now[:3]": "year, month and day",
    "handed_out/handin/notebook.py: then[:3]": "year, month and day",
    "lab/late.py: [f'{count} {unit}' for count, unit in parts if count][:2]": "days and hours, or hours and minutes: no rule is finer",
    "submission/spreadsheet.py: encoding[:6]": "utf-16 of utf-16-le",
    "sandbox/worker/surroundings.py: args[:5]": "arguments of __import__",
    "sandbox/worker/wire.py: blob[:8]": "a number of eight bytes",
    "submission/notebook_file.py: data[:4]": "the bytes by which JSON's encoding is known",
    "submission/pick.py: item[:3]": "what is compared; the rest is the file",
    "submission/times.py: (fraction or '0').ljust(6, '0')[:6]": "microseconds",
    "submission/times.py: month[:3]": "Jan of January",
}


def test_no_other_module_has_limits_of_its_own() -> None:
    found = {
        str(path.relative_to(ENGINE))
        for path in ENGINE.rglob("*.py")
        if path.name != "limits.py" and OWN.search(path.read_text(encoding="utf-8"))
    }
    assert found == ALONE.keys()


def limits_of(text: str) -> set[str]:
    """The names of limits that are given a number as it is, anywhere in a module."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Assign | ast.AnnAssign)
            and node.value is not None
            and _is_of_numbers(node.value)
        ):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = (one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name))
            found |= {name for name in names if NAMED.search(name)}
    return found


def _is_of_numbers(node: ast.expr) -> bool:
    """Whether it is made of numbers alone: `60`, `1 << 20`, `(4, 4)`."""
    parts = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.Tuple, ast.operator, ast.unaryop, ast.expr_context)
    constants = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
    return all(isinstance(one, parts) for one in ast.walk(node)) and all(
        type(value) in (int, float) for value in constants
    )


def caches_of(text: str) -> dict[str, str]:
    """Function → the bound of the results that are kept of it, as it is written; "None" where there is none. A function without
    arguments has one result."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and (node.args.args or node.args.kwonlyargs):
            for each in map(ast.unparse, node.decorator_list):
                if made := re.fullmatch(
                    r"(?:functools\.)?(cache|lru_cache)(?:\((?:.*maxsize=([^,)]+).*)?\))?", each
                ):
                    found[node.name] = made[2] or ("None" if made[1] == "cache" else "128")
    return found


def modules() -> dict[str, str]:
    paths = (path for path in ENGINE.rglob("*.py") if path.name != "limits.py")
    return {path.relative_to(ENGINE).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def test_a_number_with_the_name_of_a_limit_is_with_the_limits_or_says_why_not() -> None:
    found = {
        f"{name}: {limit}"
        for name, text in modules().items()
        if name not in ALONE
        for limit in limits_of(text)
    }
    assert found == ITS_OWN.keys()


def test_what_is_kept_has_a_bound_among_the_limits() -> None:
    found = {
        f"{name}: {function}": bound
        for name, text in modules().items()
        for function, bound in caches_of(text).items()
    }
    own = {place for place, bound in found.items() if bound == "None"}
    assert own == UNBOUNDED.keys()
    assert {bound for place, bound in found.items() if place not in own} <= set(vars(limits))


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("MOST_NAMED = 3", {"MOST_NAMED"}),
        ("LEAST, MOST = 2, 1 << 4", {"MOST"}),
        ("class A:\n    WAIT_SECONDS: float = 2.5", {"WAIT_SECONDS"}),
        ("CELLS_NAMED = 5", {"CELLS_NAMED"}),
        ("MOST_NAMED = MOST", set()),
        ("MOST = {'a': 3}", set()),
        ("most = 3", set()),
    ],
)
def test_a_limit_is_known_by_its_name(code: str, names: set[str]) -> None:
    assert limits_of(code) == names


@pytest.mark.parametrize(
    ("decorator", "bound"),
    [
        ("@lru_cache", "128"),
        ("@lru_cache()", "128"),
        ("@functools.lru_cache(maxsize=64)", "64"),
        ("@lru_cache(maxsize=None, typed=True)", "None"),
        ("@lru_cache(maxsize=CELLS_KEPT)", "CELLS_KEPT"),
        ("@cache", "None"),
    ],
)
def test_how_much_a_cache_keeps_is_read_from_its_decorator(decorator: str, bound: str) -> None:
    assert caches_of(f"{decorator}\ndef f(x):\n    pass\n") == {"f": bound}


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


def cuts(text: str) -> list[str]:
    """The slices `[:3]` and `[-3:]`, and the calls that cut, whose number has no name. `[:1]` takes what is there, and an index of a
    tensor with several axes is no cut."""
    return [
        ast.unparse(node) for node in ast.walk(ast.parse(text)) if _is_bare_slice(node) or _is_bare_call(node)
    ]


def _is_bare_slice(node: ast.AST) -> bool:
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Slice):
        return False
    first, end = node.slice.lower, node.slice.upper
    if (first is not None and end is not None) or DIGESTS.search(ast.unparse(node.value)):
        return False
    return _number(end) > 1 or _number(first) < -1


def _is_bare_call(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if any(abs(_number(one.value)) > 1 for one in node.keywords if one.arg in SIZES):
        return True
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in CUTTERS and any(abs(_number(one)) > 1 for one in node.args[1:2])


def _number(node: ast.AST | None) -> int:
    """What a number is that was written as such; 0 for all else."""
    try:
        value = ast.literal_eval(node) if node is not None else 0
    except ValueError:
        return 0
    return value if type(value) is int else 0


def test_no_text_or_list_is_cut_at_a_bare_number() -> None:
    files = {str(path.relative_to(ENGINE)): path for path in ENGINE.rglob("*.py")}
    files |= {f"hidden/{path.name}": path for path in ENGINE.parents[1].glob("tests/*/hidden/*.py")}
    found = [
        f"{name}: {cut}"
        for name, path in sorted(files.items())
        if name not in CUTS_ALONE
        for cut in cuts(path.read_text(encoding="utf-8"))
    ]
    assert [cut for cut in found if cut not in PARTS] == []
    assert set(PARTS) <= set(found)  # none is allowed that is gone


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("', '.join(names[:4])", True),
        ("text[\n    :120\n]", True),
        ("text[-9:]", True),
        ("brief(text, 60)", True),
        ("listed(map(repr, names), most=3)", True),
        ("traceback.format_exception(error, limit=-4)", True),
        ("text[:LONGEST]", False),
        ("word[:1].upper() + word[1:]", False),
        ("names[1:-1]", False),
        ("gates[:, :3]", False),
        ("sha256(data).hexdigest()[:8]", False),
        ("listed(names, MOST)", False),
    ],
)
def test_a_cut_is_told_from_what_is_none(line: str, is_one: bool) -> None:
    assert bool(cuts(line)) == is_one


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
