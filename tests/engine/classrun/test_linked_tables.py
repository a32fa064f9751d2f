"""Tables that are links in the output folder, to a shared folder for example: what is written reaches the link's target."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.marked_class import GIVEN, Class

pytestmark = pytest.mark.usefixtures("shared_server")


def link_to(path: Path, folder: Path) -> Path:
    """Move a table into the folder and put a link to it in its place."""
    folder.mkdir(exist_ok=True)
    place = path.rename(folder / path.name)
    path.symlink_to(place)
    return place


class TestATableThatIsALink:
    @pytest.mark.parametrize("name", ["grades.csv", "marks.csv"])
    def test_it_stays_a_link_and_what_is_written_goes_through_it(
        self, again: Class, tmp_path: Path, name: str
    ) -> None:
        place = link_to(again.out / name, tmp_path / "shared")
        again.give(ada=1)
        said = again.run()
        assert "ada q3 1.5 → 1" in said.output
        assert (again.out / name).is_symlink() and (again.out / name).readlink() == place
        assert again.marks() == GIVEN | {("ada", "q3"): 1.0} and again.rows()["ada"]["total"] == "5"
        assert [path.name for path in place.parent.iterdir()] == [name]

    def test_a_relative_link_is_followed_from_its_own_folder(self, again: Class, tmp_path: Path) -> None:
        place = link_to(again.grades, tmp_path / "shared")
        again.grades.unlink()
        again.grades.symlink_to("../shared/grades.csv")
        again.give(ada=1)
        again.run()
        assert again.grades.is_symlink() and again.rows()["ada"]["q3"] == "1"
        assert place.read_bytes() == again.grades.read_bytes()

    def test_a_link_whose_target_was_removed_gets_it_again(self, again: Class, tmp_path: Path) -> None:
        place = link_to(again.grades, tmp_path / "shared")
        place.unlink()
        said = again.run()
        assert "grades.csv: was removed; it is written again, and the marks are kept." in said.stderr
        assert again.grades.is_symlink() and place.is_file() and again.rows()["ada"]["q3"] == "1.5"

    def test_a_link_into_a_folder_that_is_not_there_loses_no_mark(self, again: Class, tmp_path: Path) -> None:
        link_to(again.grades, tmp_path / "shared")
        again.give(ada=1)
        again.run()
        (tmp_path / "shared").rename(tmp_path / "unmounted")
        before = (again.out / "marks.csv").read_bytes()
        said = again.run()
        assert "grades.csv" in said.stderr and again.grades.is_symlink()
        assert (again.out / "marks.csv").read_bytes() == before
