"""CONTRIBUTING.md: its statements about the linters, and about the tests that a run leaves out, match the files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

IN_PART = re.compile(r"one_in\(|\bshare\(|\bWHOLE\b")  # as tests/helpers/shares.py explains


@pytest.fixture
def text(root: Path) -> str:
    return (root / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_table_names_files_of_which_a_run_takes_part_and_commands_that_exist(
    root: Path, text: str
) -> None:
    table = text.partition("| subject | files that take part")[2].partition("\n\n")[0]
    rows = [row.strip("|").split(" | ") for row in table.splitlines()[2:]]
    assert len(rows) > 5
    for _, files, whole in rows:
        for name in re.findall(r"`(.*?)`", files):
            assert IN_PART.search((root / "tests" / name).read_text(encoding="utf-8")), name
        assert re.fullmatch(r" *`make [\w-]+` *", whole)


def test_every_target_of_make_that_it_names_exists(root: Path, text: str) -> None:
    made = re.findall(r"^([\w-]+):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    named = re.findall(r"`make ([a-z-]+)", text)
    assert "ambush" in named and set(named) <= set(made)


def test_every_command_that_it_names_has_a_run_time(text: str) -> None:
    times = text.partition("| command | time |")[2].partition("\n\n")[0]
    timed = set(re.findall(r"`(make [a-z-]+|gatelab [a-z]+)", times))
    named = set(re.findall(r"`(make [a-z-]+|gatelab (?:build|fingerprints|verify|mutate|ambush))\b", text))
    # The second half is one of the first by another name.
    assert len(timed) > 15 and named - timed <= {"make fingerprints", "make start"}, named - timed


def test_git_runs_the_linters_that_make_lint_runs(root: Path) -> None:
    hooks = yaml.safe_load((root / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0][
        "hooks"
    ]
    recipe = re.search(
        r"^lint:.*\n((?:\t.*\n)+)", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert recipe is not None
    entries = [hook["entry"] for hook in hooks]
    tools = {Path(entry.split()[0]).name for entry in entries if not entry.startswith("make ")}
    assert set(re.findall(r"bin\)?/([\w-]+)", recipe[1].replace("$(BIN)", "bin"))) == tools
    # What vulture looks at is stated once.
    assert set(re.findall(r"\$\(MAKE\) (.*)", recipe[1])) == {
        entry.removeprefix("make ") for entry in entries if entry.startswith("make ")
    }


@pytest.mark.parametrize(
    "page", ["add-a-misconception", "add-a-question", "change-points-thresholds-dates", "instructors"]
)
def test_a_page_of_steps_names_the_records_that_the_tests_compare_with(root: Path, page: str) -> None:
    """Without them `make test` fails for the kit's own lab after the steps."""
    said = (root / "docs" / f"{page}.md").read_text(encoding="utf-8")
    assert "`make accept-bank " in said and re.search(r"`make accept( LAB=<lab>)?`", said)
