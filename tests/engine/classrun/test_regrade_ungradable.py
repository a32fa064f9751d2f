"""A file that cannot be graded, for a reason of its own, is no change: a regrade neither offers nor copies anything because of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_regrade import regrade, without_large_logits

from gatelab.classrun.folder import STAGE
from helpers.tiny_class import CLASS, Tiny
from helpers.tiny_lab import RIGHT

pytestmark = [pytest.mark.usefixtures("shared_server"), pytest.mark.one_in(3, at=0)]

NOTHING = "Nothing that decides a grade was changed since these were graded.\n"


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    tiny = Tiny.lay_out(tmp_path_factory.mktemp("ungradable"), {**CLASS, "gus": (RIGHT["q1"],)})
    (tiny.folder / "gus" / "softmax" / "lab.ipynb").write_bytes(b"{")
    assert tiny.grade().exit_code == 1 and tiny.rows()["gus"]["status"] == "ungradable"
    return tiny


@pytest.fixture
def tiny(graded: Tiny, tmp_path: Path) -> Tiny:
    return graded.copy(tmp_path)


def copies(tiny: Tiny) -> list[Path]:
    return sorted((tiny.out / "earlier").glob("run-*"))


def test_without_a_change_nothing_is_to_be_done(tiny: Tiny) -> None:
    for words in ((), ("--yes",), ("--question", "q1"), ("--only", "gus", "--yes")):
        said = regrade(tiny, *words)
        assert (said.exit_code, said.stdout) == (0, NOTHING), (words, said.output)
        assert "gus" not in said.output
    assert not copies(tiny)


def test_graded_again_it_is_as_before(tiny: Tiny) -> None:
    said = regrade(tiny, "--fresh", "--only", "gus", "--yes")
    assert said.exit_code == 0 and "Nothing was replaced: no result has changed." in said.stdout
    assert "gus: cannot be graded, as before. " in said.stderr and not copies(tiny)
    said = regrade(tiny, "--fresh", "--question", "q1", "--only", "gus", "--yes")
    assert said.exit_code == 0
    assert "gus: cannot be graded, so no question of it is graded again. " in said.stderr


def test_after_a_change_the_others_are_replaced_once(tiny: Tiny) -> None:
    without_large_logits(tiny)
    said = regrade(tiny, "--yes")
    assert said.exit_code == 0 and "3 reports replaced." in said.stdout and len(copies(tiny)) == 1
    assert regrade(tiny, "--yes").stdout == NOTHING and len(copies(tiny)) == 1
    assert "4 of 4 notebooks are done from an earlier run" in tiny.grade().stderr


def test_reports_that_cannot_be_saved_are_told_once_for_each_student(tiny: Tiny) -> None:
    for name in ("ada", "bob", "cleo"):
        (tiny.out / STAGE / "reports" / f"{name}.json" / "in the way").mkdir(parents=True)
    said = regrade(tiny, "--fresh", "--question", "q1", "--yes")
    lines = [line for line in said.stderr.splitlines() if "could not be" in line]
    assert said.exit_code == 1 and len(lines) == 3, said.stderr
    for name, line in zip(("ada", "bob", "cleo"), lines, strict=True):
        assert line.startswith(
            f"{name}: its result is unchanged, because the new report could not be saved. "
        )
        assert line.count("could not be written") == 1 and f"/{name}.json: could not be written" in line
