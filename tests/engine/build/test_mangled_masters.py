"""A master that somebody has mangled at random around its markers: it is refused, or it shows nothing of the solutions."""

from __future__ import annotations

import re
from pathlib import Path

import minikit
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shares import WHOLE

from gatelab.build import BuildError, markers, master, regions
from gatelab.build.release import make_release
from gatelab.build.settings import Settings
from gatelab.lab.spec import Lab


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return minikit.make_kit(tmp_path_factory.mktemp("course"))


def lines_of_regions(text: str) -> set[str]:
    """Every line of a solution that does not stand in the release of the text as it is."""
    notebook = jupytext_of(text)
    secret = {line.strip() for cell in notebook.cells for line in regions.solution_lines(cell)}
    return {line for line in secret if len(line) > 3}


def jupytext_of(text: str):
    import jupytext

    return jupytext.reads(text.lstrip("\n"), fmt="py:percent")


def shown_by(release: Path) -> str:
    notebook = minikit.load(release / "lab.ipynb")
    return "\n".join("".join(cell["source"]) for cell in notebook["cells"])


@st.composite
def mangled(draw: st.DrawFn, text: str) -> str:
    """The master after one to four slips at its markers, its cells' heads or the lines beside them."""
    lines = text.split("\n")
    for _ in range(draw(st.integers(1, 4))):
        marks = [k for k, line in enumerate(lines) if re.search('SOLUTION|GIVEN|# %%|nbgrader|"""', line)]
        if not marks:
            break
        k = draw(st.sampled_from(marks))
        near = min(len(lines) - 1, max(0, k + draw(st.integers(-3, 3))))
        slip = draw(
            st.sampled_from(
                ["letter", "case", "space", "drop", "double", "swap", "move", "indent", "hash", "word"]
            )
        )
        line = lines[k]
        at = draw(st.integers(0, max(0, len(line) - 1)))
        if slip == "letter":
            new = draw(
                st.sampled_from(["", "x", "#", '"', "'", line[at : at + 1] * 2, line[at : at + 2][::-1]])
            )
            lines[k] = (
                line[:at] + new + line[at + max(1, len(new) if new == line[at : at + 2][::-1] else 1) :]
            )
        elif slip == "case":
            lines[k] = draw(st.sampled_from([line.lower(), line.title(), line.swapcase()]))
        elif slip == "space":
            lines[k] = line[:at] + draw(st.sampled_from([" ", "\t", "\u00a0", "\u200b"])) + line[at:]
        elif slip == "drop":
            del lines[k]
        elif slip == "double":
            lines.insert(near, line)
        elif slip == "swap":
            lines[k], lines[near] = lines[near], lines[k]
        elif slip == "move":
            lines.insert(near, lines.pop(k))
        elif slip == "indent":
            lines[k] = draw(st.sampled_from([line.lstrip(), "    " + line, "  " + line]))
        elif slip == "hash":
            lines[k] = line.replace("# ", draw(st.sampled_from(["", "#", "## ", "### ", "// "])), 1)
        else:
            new = draw(
                st.sampled_from(["BEGIN", "END", "SOLUTION", "HIDDEN TESTS", "GIVEN", "TESTS", "ANSWER"])
            )
            lines[k] = re.sub("BEGIN|END|SOLUTION|GIVEN", new, line, count=1)
    return "\n".join(lines)


REAL = (minikit.REPOSITORY / "assignment" / "lstm-gru" / "lab.py").read_text(encoding="utf-8")


@settings(max_examples=150 if WHOLE else 75, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_mangled_master_is_refused_or_shows_nothing(course, tmp_path_factory, data):
    text = data.draw(mangled(minikit.MASTER))
    minikit.write_master(course, minikit.MASTER)
    secret = lines_of_regions(minikit.MASTER)
    minikit.write_master(course, text)
    try:
        release = make_release(Lab.in_repository(course), course, tmp_path_factory.mktemp("mangled"))
    except BuildError as error:
        assert "\n" not in str(error)
        return
    shown = shown_by(release)
    assert [line for line in secret if line in shown] == []


@settings(max_examples=60 if WHOLE else 25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_lab_s_own_master_mangled_is_refused_or_shows_nothing(tmp_path_factory, data):
    from gatelab.build import stubs

    root = minikit.REPOSITORY
    lab = Lab.in_repository(root)
    released = shown_by(root / "release" / "lstm-gru")
    secret = {line for line in lines_of_regions(REAL) if line not in released}
    path = tmp_path_factory.mktemp("real") / "lab.py"
    path.write_text(data.draw(mangled(REAL)), encoding="utf-8")
    try:
        notebook = master.convert(path, lab, Settings.of(lab), "")
        notebook, _ = stubs.StubSolutions(
            begin_solution_delimeter=markers.BEGIN, end_solution_delimeter=markers.END
        ).preprocess(notebook, {})
    except BuildError:
        return
    shown = "\n".join(cell.source for cell in notebook.cells)
    assert [line for line in secret if line in shown] == []
