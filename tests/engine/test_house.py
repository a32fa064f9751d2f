"""The engine's structure: its packages import one way, everything in them is typed, and each function fits on a screen."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

import gatelab
from gatelab.build.new import new_lab


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=root, capture_output=True, text=True)


def test_packages_import_one_way(root: Path) -> None:
    """The contracts are those of pyproject.toml."""
    said = run(root, str(Path(sys.executable).with_name("lint-imports")), "--no-cache")
    assert said.returncode == 0, said.stdout + said.stderr


def layers_of(root: Path) -> list[set[str]]:
    """The engine's packages and modules, the highest layer first."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    return [{name.removeprefix("gatelab.") for name in names.split(" | ")} for names in layers]


# A string that names a module which its own may not import → why.
NAMED_FOR_OTHERS = {
    ("build/autograder_zip.py", "gatelab.integrations.otter.plugin.GatelabPlugin"): "for otter, which loads it in Gradescope's container",
    ("lab/check.py", "gatelab.grading.plugin"): "what a suite's conftest.py must import: the text of that file is searched for it",
}  # fmt: skip


def texts_of(tree: ast.Module) -> Iterator[str]:
    """Its strings, but for docstrings and other strings that are statements."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def named_from_above(file: Path, engine: Path, layers: list[set[str]]) -> list[tuple[str, str]]:
    """What its strings name of modules that it may not import."""
    place = file.relative_to(engine)
    own = place.parts[0].removesuffix(".py")
    level = {name: k for k, names in enumerate(layers) for name in names}
    return [
        (place.as_posix(), found[0])
        for text in texts_of(ast.parse(file.read_text(encoding="utf-8")))
        for found in re.finditer(r"\bgatelab\.(\w+)(?:\.\w+)*", text)
        if (other := found[1]) in level and other != own and level[other] <= level.get(own, -1)
    ]


def test_no_text_names_a_module_that_may_not_be_imported(root: Path, tmp_path: Path) -> None:
    """Loaded by its name, a module of a higher layer would be used where no contract sees it."""
    engine, layers = root / "autograder" / "gatelab", layers_of(root)
    found = [hit for path in sorted(engine.rglob("*.py")) for hit in named_from_above(path, engine, layers)]
    assert set(found) == NAMED_FOR_OTHERS.keys()
    evades = tmp_path / "build" / "course.py"
    evades.parent.mkdir()
    evades.write_text('"""Not gatelab.cli."""\nimport_module("gatelab.integrations.nbgrader.server")\n')
    assert named_from_above(evades, tmp_path, layers) == [
        ("build/course.py", "gatelab.integrations.nbgrader.server")
    ]


def used_by_suites(hidden: Path) -> set[tuple[str, str]]:
    """Modules of the engine that the suites in a folder import or name, each with the file."""
    return {
        (path.name, name)
        for path in hidden.rglob("*.py")
        for name in _named_in(path)
        if re.fullmatch(r"gatelab(\.\w+)*", name)
    }


# What compares numbers for all of them: with the tolerances of tensors.py, or with measures of its own that have their reasons there.
COMPARES = {"tensors.py", "equal.py", "fingerprint.py"}


def test_suites_and_checks_compare_numbers_as_the_grader_does(root: Path) -> None:
    """`allclose` has other tolerances, knows no float32, and stops with an error at another dtype: `near`, `near_at` and `close` are for that."""
    folders = [
        "tests/*/hidden",
        "assignment/*/tests",
        "assignment/*/*/checking",
        "autograder/gatelab/handed_out",
        "autograder/gatelab/testkit",
    ]
    files = [path for folder in folders for place in root.glob(folder) for path in place.rglob("*.py")]
    assert len(files) > 40
    found = {
        f"{path.relative_to(root)}: {ast.unparse(node)}"
        for path in files
        if path.name not in COMPARES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("allclose", "isclose")
    }
    assert found == set()


def test_a_hidden_suite_uses_of_the_engine_only_what_is_for_suites(root: Path) -> None:
    """A lab needs no other part of the engine. (Its conftest.py says by which plugin pytest grades where somebody starts it by hand.)"""
    folders = [*root.glob("tests/*/hidden"), *root.glob("tests/engine/tiny-lab/tests/*/hidden")]
    assert len(folders) > 1  # the tiny lab is what `gatelab new` makes a copy of
    used = set().union(*map(used_by_suites, folders))
    testkit = re.compile(r"gatelab\.testkit\b")
    assert {use for use in used if not testkit.match(use[1]) and use[0] != "conftest.py"} == set()
    plugin = re.compile(r"gatelab\.grading\.plugin\b")
    assert {use for use in used if use[0] == "conftest.py" and not plugin.match(use[1])} == set()


def test_the_engine_and_what_goes_to_gradescope_are_typed(root: Path) -> None:
    said = run(root, sys.executable, "-m", "mypy")
    assert said.returncode == 0, said.stdout + said.stderr
    places = [root / "autograder" / name for name in ("gatelab", "gradescope")]
    files = [path for place in places for path in place.rglob("*.py")]
    assert f"no issues found in {len(files)} source files" in said.stdout


LONGEST = 59  # lines from `def` to the end: what a screen shows


def test_no_function_is_longer_than_a_screen(root: Path) -> None:
    place = root / "autograder"
    functions = [
        (path, node)
        for path in sorted(place.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert len(functions) > 1000
    too_long = [
        f"{path.relative_to(place)}: {node.name} has {lines} lines"
        for path, node in functions
        if (lines := node.end_lineno - node.lineno + 1) > LONGEST
    ]
    assert not too_long, "\n".join(too_long)


@pytest.mark.parametrize("tool", [["deptry", "autograder"], ["vulture"]], ids=["deptry", "vulture"])
def test_dependencies_are_declared_and_no_code_is_unused(root: Path, tool: list[str]) -> None:
    said = run(root, str(Path(sys.executable).with_name(tool[0])), *tool[1:])
    assert said.returncode == 0, said.stdout + said.stderr


def unused(kit: Path) -> subprocess.CompletedProcess[str]:
    """vulture as `make lint` calls it in this folder."""
    # These tests may themselves be run by make, which hands its own settings on.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    words = ["make", "-n", f"VENV={sys.prefix}", "-o", f"{sys.prefix}/.ready", "lint"]
    recipe = subprocess.run(words, cwd=kit, env=env, capture_output=True, text=True, check=True).stdout
    (line,) = [line for line in recipe.splitlines() if "bin/vulture" in line]
    return run(kit, *line.split())


def test_no_code_of_a_lab_is_unused_in_whatever_lab(root: Path, tmp_path: Path) -> None:
    said = unused(root)
    assert said.returncode == 0, said.stdout + said.stderr
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "nbgrader_config.py"):
        shutil.copy(root / name, tmp_path)
    shutil.copytree(root / "autograder" / "gatelab", tmp_path / "autograder" / "gatelab")
    shutil.copytree(root / "tests" / "engine" / "tiny-lab", tmp_path / "tests" / "engine" / "tiny-lab")
    said = unused(tmp_path)  # without any lab
    assert said.returncode == 0, said.stdout + said.stderr
    new_lab(tmp_path, "rnn-basics")
    check = tmp_path / "assignment" / "rnn-basics" / "tests" / "q1.py"
    with check.open("a", encoding="utf-8") as more:  # a case is called by otter, whatever its name
        more.write('\n\n@check.case("rows add up")\ndef rows_add_up(found):\n    pass\n')
    said = unused(tmp_path)
    assert said.returncode == 0, said.stdout + said.stderr
    (tmp_path / "tests" / "rnn-basics" / "hidden" / "helps.py").write_text(
        "def forgotten():\n    pass\n", "utf-8"
    )
    said = unused(tmp_path)
    assert said.returncode == 3 and "unused function 'forgotten'" in said.stdout


def test_the_table_of_packages_lists_each_in_the_order_of_the_contract(root: Path) -> None:
    page = (root / "docs" / "how-it-grades.md").read_text(encoding="utf-8")
    table = page.partition("| package in `autograder/gatelab` |")[2].partition("\n\n")[0]
    rows = [re.findall(r"`(\w+(?:/|\.py))`", row.split(" | ")[0]) for row in table.splitlines()]
    engine = root / "autograder" / "gatelab"
    packages = {f"{path.parent.name}/" for path in engine.glob("*/__init__.py")}
    files = {path.name for path in engine.glob("*.py")} - {"__init__.py"}  # it holds the version
    listed = [name for row in rows for name in row]
    assert sorted(listed) == sorted(packages | files)
    layer = {name: k for k, names in enumerate(layers_of(root)) for name in names}
    order = [layer[name.removesuffix(".py").removesuffix("/")] for name in listed]
    assert order == sorted(order)


# Folders of tests/engine that are not packages of the engine.
NO_PACKAGE = {
    "tiny-lab": "the small lab on which the engine's tests work, and of which `gatelab new` makes a copy"
}


def packages_below(engine: Path) -> set[str]:
    """Its packages and the rooms in them, as paths."""
    return {path.parent.relative_to(engine).as_posix() for path in engine.rglob("*/__init__.py")}


def test_the_engines_tests_are_laid_out_as_the_engine_is(root: Path) -> None:
    """A package has its folder of tests, and so has a room in it: what tests one room is there, what tests several or the package's own
    modules is in the package's folder."""
    packages, tests = packages_below(root / "autograder" / "gatelab"), root / "tests" / "engine"
    assert {"report", "report/record", "sandbox/worker", "integrations/otter"} <= packages
    tested = {path.parent.relative_to(tests).as_posix() for path in tests.rglob("*/test_*.py")}
    folders = {path.relative_to(tests).as_posix() for path in tests.rglob("*") if path.is_dir()}
    other = {name for name in folders if name.partition("/")[0] in NO_PACKAGE or "__pycache__" in name}
    assert folders - other == packages
    assert {name for name in tested if name.partition("/")[0] not in NO_PACKAGE} == packages


def rooms_of(file: Path, packages: set[str]) -> set[str]:
    """The innermost packages of the engine of which a test imports modules."""
    found = set()
    for name in _named_in(file):
        parts = name.removeprefix("gatelab.").split(".") if name.startswith("gatelab.") else []
        inside = ["/".join(parts[:k]) for k in range(1, len(parts) + 1)]
        found |= {max(within, key=len) for within in [packages.intersection(inside)] if within}
    return found


def test_a_test_of_one_room_is_in_that_room(root: Path) -> None:
    """A file in a package's own folder that imports of the engine one of that package's rooms alone belongs into the room."""
    packages, tests = packages_below(root / "autograder" / "gatelab"), root / "tests" / "engine"
    misplaced = [
        f"{path.relative_to(tests)} tests {room}"
        for package in sorted(packages)
        for path in sorted((tests / package).glob("test_*.py"))
        for rooms in [rooms_of(path, packages)]
        if len(rooms) == 1 and (room := min(rooms)).startswith(f"{package}/")
    ]
    assert misplaced == []


def picture(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8").partition("```mermaid\n")[2].partition("```")[0]


BOX = re.compile(r'(?<!subgraph )\b(\w+)\["([^"]*)"\]')  # its name and its text
ARROW = re.compile(
    r'(-\. "[^"]*" \.->|-- "[^"]*" -->|-->|==>)'
)  # plain, with a text, dotted with a text, thick


def arrows(picture: str) -> list[tuple[str, str, str]]:
    """Box, arrow, box: of all lines of the picture, a chain of arrows in its links."""
    found = []
    for line in picture.splitlines():
        first, *rest = ARROW.split(BOX.sub(r"\1", line.strip()))
        for arrow, end in zip(rest[::2], rest[1::2], strict=True):
            found.append((first.strip(), arrow, end.strip()))
            first = end
    return found


def test_the_picture_in_the_readme_shows_every_package_and_names_only_what_exists(root: Path) -> None:
    engine = root / "autograder" / "gatelab"
    named = re.findall(PLACE, picture(root))
    assert len(named) > 12
    assert [name for name in named if not (engine / name).exists() and not (root / name).is_dir()] == []
    packages = {path.parent.name for path in engine.glob("*/__init__.py")}
    assert packages - {name.partition("/")[0] for name in named} == set()
    shown = {name.rstrip("/") for name in named if not (engine / name).exists()}
    assert shown == {"assignment", "tests", "release", "solutions"}


def test_each_arrow_in_the_readmes_picture_is_there_in_the_code(root: Path) -> None:
    """A thin arrow leads from a box to one whose modules it imports or starts by their name (or what the arrow's text names does), a
    dotted one between two that both speak by what its text names, a thick one from a folder to what reads it or from what writes it."""
    engine = root / "autograder" / "gatelab"
    boxes = {box: _files_of(engine, text) for box, text in BOX.findall(picture(root))}
    drawn = arrows(picture(root))
    assert len(drawn) == len(re.findall(r"->|=>", picture(root))) > 10
    assert {end for a, _, b in drawn for end in (a, b)} == boxes.keys()
    unfounded = [f"{a} {arrow} {b}" for a, arrow, b in drawn if not _is_so(arrow, boxes[a], boxes[b], engine)]
    assert unfounded == []


def _is_so(arrow: str, one: set[Path], other: set[Path], engine: Path) -> bool:
    says = _files_of(engine, arrow)
    if arrow == "==>":
        return bool(one) != bool(other)  # one of them is a folder without code of the engine
    if arrow.startswith("-."):
        return bool(says) and _names(one, says) and _names(other, says)
    return _names(one | says, other)


def test_an_arrow_that_points_the_wrong_way_is_found(root: Path) -> None:
    engine = root / "autograder" / "gatelab"
    boxes = {box: _files_of(engine, text) for box, text in BOX.findall(picture(root))}
    assert not _is_so("-->", boxes["common"], boxes["command"], engine)
    assert not _is_so("-->", boxes["examiner"], boxes["server"], engine)


SO_DOES_EVERY_BOX = "so does every trusted box"  # at the arrow to what all of them use
CONFINED = ("sandbox/worker/", "sandbox/confine/")
# Imports between two packages that have no arrow → why.
NOT_DRAWN = {("testkit", "sandbox"): "the worker's own runtime, in this process, for code that staff wrote"}


def without_arrow(picture: str, engine: Path) -> set[tuple[str, str]]:
    """Two packages of which one imports the other on the trusted side, and no arrow leads from a box of the one to a box of the other."""
    packages = {path.parent.name for path in engine.glob("*/__init__.py")}
    boxes = {
        box: {place.partition("/")[0] for place in re.findall(PLACE, text)} & packages
        for box, text in BOX.findall(picture)
    }
    shown = {(one, other) for names in boxes.values() for one in names for other in names}
    for a, arrow, b in arrows(picture):
        starts = packages if SO_DOES_EVERY_BOX in arrow else boxes[a]
        shown |= {(one, other) for one in starts for other in boxes[b] if arrow != "==>"}
    return imports_between(engine, packages) - shown


def imports_between(engine: Path, packages: set[str]) -> set[tuple[str, str]]:
    found = set()
    for file in sorted(engine.glob("*/**/*.py")):
        place = file.relative_to(engine).as_posix()
        if not place.startswith(CONFINED):
            own = place.partition("/")[0]
            tree = ast.parse(file.read_text(encoding="utf-8"))
            others = {name.split(".")[1] for name in _imported(tree) if name.startswith("gatelab.")}
            found |= {(own, other) for other in others & packages - {own}}
    return found


def test_each_import_between_packages_has_an_arrow_in_the_readmes_picture(root: Path) -> None:
    engine = root / "autograder" / "gatelab"
    assert without_arrow(picture(root), engine) == NOT_DRAWN.keys()
    for line, missing in {
        "    made --> engine\n": {("build", "grading"), ("build", "sandbox")},
        "    judged --> kit\n": {("audit", "testkit")},
    }.items():
        assert line in picture(root)
        assert without_arrow(picture(root).replace(line, ""), engine) == NOT_DRAWN.keys() | missing


# A file or a package of the engine, or a folder, in a text of the picture.
PLACE = r"[a-z_/]+(?:\.py|(?<=[a-z])/(?=[ \"<]|$))"


def _files_of(engine: Path, text: str) -> set[Path]:
    """The engine's files and packages that a text of the picture names, as files."""
    named = [engine / name for name in re.findall(PLACE, text)]
    return {file for path in named for file in ([path] if path.is_file() else path.rglob("*.py"))}


def _names(files: set[Path], others: set[Path]) -> bool:
    """Whether one of these files imports one of the others, or has its module's name as a text, to start it by."""
    return any({_module(other) for other in others - {file}} & _named_in(file) for file in files)


def _module(file: Path) -> str:
    parts = file.with_suffix("").parts
    return ".".join(parts[parts.index("gatelab") :]).removesuffix(".__init__")


@cache
def _named_in(file: Path) -> set[str]:
    """What it imports, and its strings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    strings = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {*_imported(tree), *(value for value in strings if isinstance(value, str))}


def _imported(tree: ast.Module) -> Iterator[str]:
    """The modules that it imports, and whatever it imports from them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def test_the_versions_of_the_kit_are_one(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    assert gatelab.__version__ == project["version"] == citation["version"]
    assert f"## [{gatelab.__version__}]" in (root / "CHANGELOG.md").read_text(encoding="utf-8")
    said = run(root, str(Path(sys.executable).with_name("gatelab")), "--version")
    assert said.stdout.startswith(f"gatelab {gatelab.__version__} (Python ")
