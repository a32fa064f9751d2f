"""What is committed of the lab's release and solutions: is it what its masters give, and is nothing in it for staff?"""

from __future__ import annotations

import zipfile
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatelab.build import BuildError, gate, leaks, markers, master, snapshot, solved, stubs, untouched_release
from gatelab.build.checks import files
from gatelab.build.pipeline import inspect, masters, stubbed
from gatelab.build.release import make_release
from gatelab.build.settings import Settings
from gatelab.build.student_zip import write_student_zip
from gatelab.lab.spec import Lab
from helpers.files import files_below
from helpers.mangled_masters import lines_of_regions, mangled, shown_by
from helpers.shares import WHOLE


@pytest.fixture(scope="module")
def rebuilt(lab: Lab, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's release, made anew elsewhere."""
    return make_release(lab, root, tmp_path_factory.mktemp("rebuilt"))


def test_the_committed_release_is_what_a_rebuild_gives(lab: Lab, rebuilt: Path) -> None:
    committed = files_below(lab.release)
    anew = files_below(rebuilt)
    assert committed.keys() == anew.keys()
    assert [name for name in anew if anew[name] != committed[name]] == []


def test_the_committed_release_shows_no_solution(lab: Lab, root: Path, rebuilt: Path) -> None:
    gate.check_leaks(rebuilt, lab, masters(lab, root), Settings.of(lab).shared_lines)
    assert len(list(leaks.hidden_needles(lab.hidden))) > 100


def test_the_committed_solutions_are_those_of_the_masters(lab: Lab, root: Path, rebuilt: Path) -> None:
    """Sources exactly; the recipe says that the outputs were made from them and from these students' files."""
    notebooks = solved.solve(lab, root)
    folder = root / "solutions" / lab.name
    assert {path.name for path in folder.iterdir()} == {*notebooks, "class"}
    for name, notebook in notebooks.items():
        committed = nbformat.read(folder / name, as_version=4)
        assert [cell.source for cell in committed.cells] == [cell.source for cell in notebook.cells], name
        assert [cell.id for cell in committed.cells] == [cell.id for cell in notebook.cells], name
        assert committed.metadata["gatelab"]["recipe"] == solved.recipe(notebook, rebuilt), (
            f"{name}: run `make build`"
        )
        code = [cell for cell in committed.cells if cell.cell_type == "code"]
        assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1)), name
        assert not [out for cell in code for out in cell.outputs if out.output_type == "error"], name


def test_the_committed_snapshot_is_that_of_the_committed_release(lab: Lab) -> None:
    accepted = snapshot.path_of(lab).read_text(encoding="utf-8")
    assert snapshot.text_of(lab.release, lab) == accepted, "run `gatelab build --accept`"


def test_every_stub_of_the_committed_release_answers_for_itself(lab: Lab, root: Path) -> None:
    wanted = stubbed(lab, root)
    untouched_release.check(lab.release, lab, wanted)
    asked = {name for names in wanted.values() for name in names}
    assert {"LSTM.__init__", "LSTM.forward", "GRU.forward", "Seq2Seq.step", "lstm_step"} <= asked
    for question in lab.questions.values():
        for name in question.names:
            assert name in {each.split(".")[0] for each in asked} or name == "answers"


def test_the_package_of_the_lab_holds_the_engines_files(lab: Lab) -> None:
    """When this fails: change the file of the engine, or the policy, and `gatelab build` brings the copy up to date."""
    copies = dict(files(lab))
    asked = {"tensors.py", "likeness.py", "fingerprint.py", "check.py", "terms.json"}
    assert {copy.name for copy in copies} > asked
    assert [str(copy) for copy, content in copies.items() if copy.read_bytes() != content] == []


def test_no_member_of_the_labs_student_zip_is_for_staff(lab: Lab, root: Path, tmp_path: Path) -> None:
    """The zip of the committed release, searched as what a student unpacks."""
    path = write_student_zip(lab.release, lab, tmp_path)
    with zipfile.ZipFile(path) as zip:
        assert {name.split("/")[0] for name in zip.namelist()} == {lab.name}
        zip.extractall(tmp_path / "unpacked")
    inspect(tmp_path / "unpacked" / lab.name, lab, root)


@settings(max_examples=60 if WHOLE else 25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_labs_own_master_mangled_is_refused_or_shows_nothing(
    lab: Lab, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    right = (lab.assignment / "lab.py").read_text(encoding="utf-8")
    released = shown_by(lab.release)
    secret = {line for line in lines_of_regions(right) if line not in released}
    path = tmp_path_factory.mktemp("real") / "lab.py"
    path.write_text(data.draw(mangled(right)), encoding="utf-8")
    try:
        notebook = master.convert(path, lab, Settings.of(lab))
        notebook, _ = stubs.StubSolutions(
            begin_solution_delimeter=markers.BEGIN, end_solution_delimeter=markers.END
        ).preprocess(notebook, {})
    except BuildError:
        return
    shown = "\n".join(cell.source for cell in notebook.cells)
    assert [line for line in secret if line in shown] == []
