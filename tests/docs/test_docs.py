"""The documentation: every link leads somewhere, every command exists as it is written, and the example of a suite grades."""

from __future__ import annotations

import csv
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
import typer.main
from markdown_it import MarkdownIt

from gatelab.cli.app import app
from gatelab.grading.engine import Engine
from gatelab.lab.bank import load_bank
from gatelab.lab.spec import Lab
from gatelab.report.outputs.grade_table import grades_csv
from helpers import heading_levels
from helpers.browser import opened
from helpers.markdown_pages import pages
from helpers.tiny_lab import tiny_kit

ROOT = Path(__file__).resolve().parents[2]
PAGES = pages(ROOT)
BIN = Path(sys.executable).parent


def without_code(text: str) -> str:
    return re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """What a link may name on a page, made of its headings as GitHub makes it."""
    titles = re.findall(r"^#+ (.*)$", without_code(page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


def broken(page: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        path = page.parent / place if place else page
        if not path.exists() or (anchor and path.suffix == ".md" and anchor not in anchors(path)):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_to_an_existing_file_and_heading(page: Path) -> None:
    assert list(broken(page)) == []


def test_only_the_releases_copies_are_left_out() -> None:
    """The build makes them, and its tests compare them with what it makes."""
    masters = {
        page.relative_to(ROOT / "assignment") for page in PAGES if page.is_relative_to(ROOT / "assignment")
    }
    copies = {page.relative_to(ROOT / "release") for page in (ROOT / "release").rglob("*.md")}
    assert copies and copies <= masters
    assert {"RESULTS.md", "LESSON_PLAN.md", "mutation.md", "README.md"} <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_each_block_of_a_page_is_fenced_and_says_what_it_holds(page: Path) -> None:
    """So that no block of commands is missed by the test that types them (test_typed_pages.py)."""
    text = page.read_text(encoding="utf-8")
    fences = re.findall(r"^ *```(.*)$", text, re.MULTILINE)
    assert all(fences[::2]) and not any(fences[1::2])
    assert re.findall(r"\n\n    \S.*", without_code(text)) == []


SCREEN = 900  # in a window 1280 wide
HOUSE = 480  # what mermaid 11 draws of the README's diagram in a column of that width
STYLE = """body { font: 16px/1.5 sans-serif; max-width: 980px; margin: 0 auto; padding: 32px } img { max-width: 100% }
p, table, ul, pre { margin: 0 0 16px } h1, h2 { margin: 24px 0 16px; padding-bottom: .3em } th, td { padding: 6px 13px }
pre { padding: 16px; font-size: 85%; line-height: 1.45 }"""  # GitHub's measures


def test_the_readme_takes_two_screens(tmp_path: Path) -> None:
    html = MarkdownIt("gfm-like", {"linkify": False}).render((ROOT / "README.md").read_text(encoding="utf-8"))
    diagram = r'<pre><code class="language-mermaid">.*?</code></pre>'
    html, diagrams = re.subn(diagram, f'<div style="height: {HOUSE}px"></div>', html, flags=re.DOTALL)
    assert diagrams == 1
    page = tmp_path / "readme.html"
    page.write_text(f'<!doctype html><base href="{ROOT.as_uri()}/"><style>{STYLE}</style>{html}', "utf-8")
    with opened(page.as_uri()) as shown:
        shown.set_viewport_size({"width": 1280, "height": SCREEN})
        assert shown.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
        height = shown.evaluate("document.documentElement.scrollHeight")
        assert height <= 2 * SCREEN


def test_the_documentation_builds_as_a_website(tmp_path: Path) -> None:
    command = [BIN / "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path / "site"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    made = sorted((tmp_path / "site").rglob("*.html"))
    levels = {
        page.relative_to(tmp_path).as_posix(): heading_levels.of_page(page.read_text("utf-8"))
        for page in made
    }
    assert {name: wrong for name, found in levels.items() if (wrong := heading_levels.faults(found))} == {}
    site = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    outside = re.findall(r'(?:src|href)="(https?:[^"]+)"', site)
    assert [address for address in outside if "mkdocs" not in address] == []  # the theme's own credit


def test_the_page_of_commands_is_that_of_the_commands() -> None:
    command = [BIN / "typer", "gatelab.cli.app", "utils", "docs", "--name", "gatelab", "--title", "Commands"]
    now = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert now.strip() == (ROOT / "docs" / "commands.md").read_text(encoding="utf-8").strip(), (
        "run `make docs`"
    )


def typed(text: str) -> Iterator[str]:
    """Commands of gatelab in a page's blocks and in its lines, without what follows them."""
    for block in re.findall(r"^ *```(?:sh|bash|console)?\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.strip().removeprefix("$ ").startswith("gatelab "):
                yield line.strip().removeprefix("$ ")
    yield from re.findall(r"`(gatelab [^`]+)`", without_code(text))


def unknown(line: str, command: Any) -> list[str]:
    """The sub-commands and options of a line that do not exist."""
    words = shlex.split(re.split(r"\s#|\s[|>&]|;", line)[0].replace("…", ""))[1:]
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        name = words.pop(0)
        found = command.commands.get(name)
        if found is None:
            return [] if re.fullmatch(r"[A-Z_]+", name) else [name]
        command = found
    options = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    return [
        word
        for word in words
        if re.match(r"--?[a-z]", word) and word.split("=")[0] not in {*options, "--help"}
    ]


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.name != "commands.md"],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_every_command_of_a_page_exists_with_its_options(page: Path) -> None:
    command = typer.main.get_command(app)
    lines = [*typed(page.read_text(encoding="utf-8"))]
    assert [(line, wrong) for line in lines if (wrong := unknown(line, command))] == []


def test_a_command_that_does_not_exist_would_be_found() -> None:
    command = typer.main.get_command(app)
    page = "Type `gatelab grad x` or\n```sh\ngatelab grade x --out y --jbos 2  # two\ngatelab grade x -o y | less -R\n```\n"
    assert [unknown(line, command) for line in typed(page)] == [["--jbos"], [], ["grad"]]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """The tiny lab, its suite replaced by the one in docs/hidden-suites.md."""
    root = tmp_path_factory.mktemp("kit")
    tiny_kit(root)
    text = (ROOT / "docs" / "hidden-suites.md").read_text(encoding="utf-8")
    example = re.search(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert example is not None
    (root / "tests" / "softmax" / "hidden" / "test_q1_softmax.py").write_text(example[1], encoding="utf-8")
    return Lab.in_repository(root)


def test_the_example_of_a_hidden_suite_tells_right_from_wrong(lab: Lab, tmp_path: Path) -> None:
    chaff = next(chaff for chaff in load_bank(lab).chaffs if chaff.question == "q1")
    answers = {
        "right": lab.reference("q1"),
        "wrong": chaff.source,
        "unconnected": "import torch\ndef softmax(logits):\n    return logits.detach().softmax(dim=1)",
    }
    points = {}
    with Engine(lab, jobs=1) as engine:
        for name, source in answers.items():
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
            nbformat.write(notebook, tmp_path / f"{name}.ipynb")
            report = engine.grade(tmp_path / f"{name}.ipynb", questions=["q1"])
            points[name] = {part.name: part.points for part in report.questions[0].parts}
    assert points["right"] == {"probabilities": 2.0, "gradient": 2.0}
    assert points["wrong"]["probabilities"] == 0
    assert points["unconnected"] == {"probabilities": 2.0, "gradient": 0.0}


def test_everything_a_hidden_suite_imports_is_on_its_page() -> None:
    from gatelab import testkit

    page = (ROOT / "docs" / "hidden-suites.md").read_text(encoding="utf-8")
    assert [name for name in testkit.__all__ if name not in page] == []


def test_every_column_of_the_grades_is_on_their_page(tmp_path: Path) -> None:
    """As the table of a lab has them in which every kind of question and a rule for late work occur."""
    table = tiny_kit(tmp_path, by_hand=True) / "assignment" / "softmax" / "lab.toml"
    late = '\n[late]\ndue = "2026-11-20T23:59:00+01:00"\npercent_per_day = 10\n'
    table.write_text(table.read_text(encoding="utf-8") + late, encoding="utf-8")
    lab = Lab.in_repository(tmp_path)
    columns = next(csv.reader(io.StringIO(grades_csv(lab, [], ["q1", "q2"]))))
    assert {"q1", "q2", "q3", "late_penalty"} <= set(columns)
    page = (ROOT / "docs" / "corrections.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert listed == [column for column in columns if column not in lab.questions]
