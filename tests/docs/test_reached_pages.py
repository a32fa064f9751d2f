"""The two pages of lines that nothing reaches name a commit, and their lines are that commit's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import reached_lines


@pytest.mark.parametrize("page", ["reached", "coverage"])
def test_the_lines_of_a_page_are_those_of_the_commit_that_it_names(
    root: Path, tmp_path: Path, page: str
) -> None:
    text = (root / "docs" / f"{page}.md").read_text(encoding="utf-8")
    named = re.search(
        r"^.*Files and lines are those of commit `([0-9a-f]{7,40})` \(\d{4}-\d\d-\d\d\)\.", text, re.MULTILINE
    )
    assert named is not None and text.index(named[0]) < text.index("| never reached |")
    counts = dict(
        re.findall(r"^\| (\S+\.py) \| (\d+) \| [\d–]", text.partition("| never reached |")[2], re.MULTILINE)
    )
    assert len(counts) > 20
    if sys.version_info[:2] != (3, 11):
        pytest.skip("another Python counts lines otherwise")
    packed = subprocess.run(
        ["git", "archive", named[1], "autograder/gatelab"], cwd=root, capture_output=True, check=False
    )
    if packed.returncode:
        pytest.skip("this clone does not go back so far")
    subprocess.run(["tar", "-x", "-C", tmp_path], input=packed.stdout, check=True)
    engine = tmp_path / "autograder" / "gatelab"
    assert {name: len(reached_lines.lines(engine / name)) for name in counts} == {
        name: int(count) for name, count in counts.items()
    }
