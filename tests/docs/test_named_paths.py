"""A file of the repository that a page names in backticks is there."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *(ROOT / "docs").glob("*.md")]
)
# docs/coverage.md and docs/reached.md name files of an older commit, and say of which; these are in tables, without backticks, and
# test_reached_pages.py looks for them in that commit.
# The folders at the top: a path that begins with one of them is a path of the repository.
TOP = ("assignment", "autograder", "docs", "release", "solutions", "tests", ".ci", ".github")
# A placeholder in such a path: <lab>, qN, rnn-basics (the lab that the pages of steps make), `*`.
ANY = re.compile(r"[<>*{}…]|\bqN\b|\bNAME\b|\bLAB\b|rnn-basics")
SUFFIXES = r"py|md|toml|json|html|sh|csv|ipynb|yml|css|txt"
# Files of pages that are made while somebody works, and of a student's folder; each below a folder that git does not have.
MADE = (
    "out/",
    "OUT/",
    "reports/",
    "feedback/",
    "submissions/",
    "submitted/",
    "dist/",
    "executed/",
    ".seqlab/",
)


def named(text: str) -> Iterator[str]:
    """What is in backticks and looks like a path with a folder: whole, or a word of a command."""
    text = re.sub(
        r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL
    )  # test_typed_pages.py types these
    for code in re.findall(r"`([^`\n]+)`", text):
        for word in code.split():
            word = word.rstrip(",;:.").partition("::")[0]
            if word.startswith(tuple(f"{top}/" for top in TOP)) or re.fullmatch(
                rf"[\w.-]+(/[\w.-]+)*/[\w.-]+\.({SUFFIXES})", word
            ):
                yield word


@pytest.fixture(scope="module")
def files() -> set[str]:
    """The files that git tracks or would add, and their folders; in a copy without git, all files."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split("\0")
    names = {name for name in listed if name} or {
        path.relative_to(ROOT).as_posix() for top in TOP for path in (ROOT / top).rglob("*") if path.is_file()
    }
    names = {name for name in names if (ROOT / name).exists()}
    return names | {folder.as_posix() for name in names for folder in Path(name).parents}


def is_there(path: str, files: set[str]) -> bool:
    """From the repository's folder; what begins with another folder (a lab's, a package's) is there if any path ends so."""
    if path.partition("/")[0] in TOP:
        return path in files
    return any(name.endswith(f"/{path}") for name in files)


def missing(text: str, files: set[str]) -> list[str]:
    return [
        path
        for path in named(text)
        if not ANY.search(path)
        and not path.startswith(MADE)
        and not is_there(path.lstrip("./").rstrip("/") if path.startswith("../") else path.rstrip("/"), files)
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_that_a_page_names_is_there(page: Path, files: set[str]) -> None:
    assert missing(page.read_text(encoding="utf-8"), files) == []


def test_a_path_that_leads_nowhere_would_be_found(files: set[str]) -> None:
    page = (
        "`tests/gone.py` has it, `engine/test_house.py` and `tests/<lab>/x.py` not; `python tests/away.py --x`, "
        "`tests/engine/test_house.py::test_x`, `tests/nowhere/`, `out/a.csv`.\n```sh\ncat tests/block.py\n```\n"
    )
    assert missing(page, files) == ["tests/gone.py", "tests/away.py", "tests/nowhere/"]
