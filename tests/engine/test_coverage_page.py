"""Are the lines that tests reach in a lab's copies of the engine's files counted, whatever the lab is?"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from helpers import reached_lines
from helpers.tiny_lab import ROOT, tiny_kit
from programs import coverage_page


def test_the_packages_are_those_of_the_labs(tmp_path: Path) -> None:
    kit = tiny_kit(tmp_path)
    assert coverage_page.packages(kit) == {"softmax_lab"}
    copy = kit / "dist" / "softmax" / "softmax_lab" / "handin" / "run.py"
    assert (
        coverage_page.original(copy, {"softmax_lab"})
        == reached_lines.ENGINE / "handed_out" / "handin" / "run.py"
    )
    assert coverage_page.original(copy, {"other"}) == copy


def test_a_line_of_a_copy_counts_as_the_engines_line_with_the_same_text() -> None:
    copies = coverage_page.packages(ROOT)
    seen = 0
    for path in ROOT.glob("assignment/*/*/**/*.py"):
        own, added = coverage_page.original(path, copies), coverage_page.lines_added(path)
        if added is not None and own.is_file():
            assert path.read_text("utf-8").splitlines()[added:] == own.read_text("utf-8").splitlines(), path
            seen += added
    assert seen > 20


def test_make_measures_every_package(tmp_path: Path) -> None:
    kit = tiny_kit(tmp_path)
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copyfile(ROOT / name, kit / name)
    done = subprocess.run(["make", "-n", "coverage"], cwd=kit, capture_output=True, text=True)
    assert "--cov gatelab --cov softmax_lab --cov-report=" in done.stdout, done.stderr
