"""Everything that was handed in becomes exactly one submission, under names that can be written anywhere."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gatelab.submission.collect import CollectError, Submission, collect
from gatelab.submission.names import distinct, file_names
from gatelab.submission.notebook_file import FILE_LIMIT
from gatelab.text import LONGEST_STEM, RESERVED, visible
from helpers.any_file_names import raw_names
from helpers.made_archives import BOOK
from helpers.tiny_lab import tiny_lab_here

LAB = "softmax"
THE_LAB = tiny_lab_here()

unhurried = settings(deadline=None)  # a busy machine is not a failure


def by_name(folder: Path) -> dict[str, Submission]:
    return {submission.name: submission for submission in collect(folder, THE_LAB)}


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")


class TestNames:
    @unhurried
    @given(st.lists(raw_names, max_size=12, unique=True))
    @example(["ada", "Ada", "ADA"])
    @example(["é", "e\u0301"])
    @example(["a/b", "a-b", "a b"])
    @example(["straße", "STRASSE"])
    def test_output_files_are_safe_and_never_shared(self, raws: list[str]) -> None:
        stems = file_names(raws)
        for stem in stems:
            assert stem and "/" not in stem and "\\" not in stem
            assert not stem.startswith((".", "-", "~")) and not stem.endswith((".", " "))
            assert all(char in "-_." or unicodedata.category(char)[0] in "LMN" for char in stem)
            assert stem.split(".")[0].casefold() not in RESERVED
            assert len(stem.encode()) <= LONGEST_STEM + 30
        assert len({unicodedata.normalize("NFC", stem).casefold() for stem in stems}) == len(raws)

    def test_an_earlier_output_folder_is_recognised_as_one(self, tmp_path: Path) -> None:
        put(tmp_path, "ada.ipynb", "out/class.json", "out/reports/ada.ipynb.json", "out/feedback/ada.html")
        put(tmp_path, "bob/class.json", "bob/reports/x.json", "bob/lab.ipynb")
        found = by_name(tmp_path)
        assert "out: it is what gatelab grade wrote, and no submission; move it out" in found["out"].problem
        assert found["ada"].gradable and found["bob"].gradable

    @unhurried
    @given(st.lists(raw_names, min_size=1, max_size=8, unique=True), raw_names)
    def test_a_newcomer_changes_no_safe_name(self, raws: list[str], newcomer: str) -> None:
        """A report is found again by its file name when a late submission has joined the class."""
        before = dict(zip(raws, file_names(raws), strict=True))
        if newcomer in raws:
            return
        after = dict(zip([*raws, newcomer], file_names([*raws, newcomer]), strict=True))
        moved = [raw for raw in raws if before[raw] != after[raw]]
        clash = unicodedata.normalize("NFC", newcomer).casefold()
        assert all(
            clash in before[raw].casefold() or before[raw].casefold() in after[newcomer].casefold()
            for raw in moved
        )

    @unhurried
    @given(raw_names)
    def test_a_shown_name_is_one_printable_line(self, raw: str) -> None:
        shown = visible(raw)
        assert shown.isprintable()
        shown.encode("utf-8")

    @unhurried
    @given(st.lists(raw_names, max_size=12, unique=True))
    @example(["\x1b", "\\x1b"])
    def test_every_submission_has_its_own_name(self, raws: list[str]) -> None:
        assert len(set(distinct([raw.split(".")[0] or raw for raw in raws], raws))) == len(raws)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("ada.ipynb", "ada .ipynb"), ("Ada B.ipynb", "Ada  B.ipynb"), ("ada", "ada "), ("ada", " ada"), ("ada.ipynb", "ada\u3164.ipynb"),
            ("ada.ipynb", "ada\u034f.ipynb"), ("ada.ipynb", "a\ufe00da.ipynb"), ("ada.ipynb", "ada\u2800.ipynb"),
        ],
    )  # fmt: skip
    def test_names_that_differ_only_in_what_nobody_sees_are_told_apart(
        self, tmp_path: Path, one: str, other: str
    ) -> None:
        """At the end of a name a space is not seen, and letters without a form nowhere."""
        put(tmp_path, *(name if name.endswith(".ipynb") else f"{name}/lab.ipynb" for name in (one, other)))
        names = list(by_name(tmp_path))
        seen = [" ".join(re.sub("[\u3164\u034f\ufe00\u2800]", "", name).split()) for name in names]
        assert len(names) == 2 and seen[0] != seen[1], names

    def test_a_plain_name_is_kept(self) -> None:
        assert file_names(["ada", "Lovelace_Ada", "नमस्ते", "s1234567"]) == [
            "ada",
            "Lovelace_Ada",
            "नमस्ते",
            "s1234567",
        ]


class TestFlatFolder:
    def test_every_entry_is_one_row(self, tmp_path: Path) -> None:
        put(tmp_path, "ada.ipynb", "grace.IPYNB", "notes.txt", "lab.zip", "noextension")
        (tmp_path / "empty").mkdir()
        rows = by_name(tmp_path)
        assert list(rows) == ["ada", "empty", "grace", "lab.zip", "noextension", "notes.txt"]
        assert [row.name for row in rows.values() if row.gradable] == ["ada", "grace"]
        assert rows["notes.txt"].problem.startswith("notes.txt: it is not a notebook")
        assert "unpack" in rows["lab.zip"].problem
        assert rows["empty"].problem == "empty: the folder is empty; ask for the notebook."
        assert rows["lab.zip"].problem_for_student == "lab.zip: it is an archive. Hand in lab.ipynb itself."
        assert not any(
            "ask for" in row.problem_for_student or "put the" in row.problem_for_student
            for row in rows.values()
        )

    def test_a_renamed_download_is_taken_if_it_holds_a_notebook(self, tmp_path: Path) -> None:
        for name in ("emil.ipynb (1)", "fay.ipynb-1.txt", "gus.json", "hal.TXT"):
            (tmp_path / name).write_bytes(BOOK)
        put(tmp_path, "data.json", "ivo/notes.txt")
        (tmp_path / "ivo" / "gus.json").write_bytes(BOOK)
        rows = by_name(tmp_path)
        assert [name for name, row in rows.items() if row.gradable] == ["emil", "fay", "gus", "hal", "ivo"]
        assert rows["gus"].notes == ("gus.json was taken, because it holds a notebook.",)
        assert rows["ivo"].path.name == "gus.json" and rows["ivo"].others == ()
        assert rows["emil"].notes == () and rows["data.json"].problem.startswith("data.json: it is not a not")

    def test_no_other_file_passes_for_a_renamed_download(self, tmp_path: Path) -> None:
        (tmp_path / "gus.json").write_bytes(BOOK)
        (tmp_path / "link.json").symlink_to(tmp_path / "gus.json")
        os.mkfifo(tmp_path / "pipe.txt")
        with open(tmp_path / "giant.json", "wb") as file:
            file.truncate(FILE_LIMIT + 1)
        (tmp_path / "locked.txt").write_bytes(BOOK)
        (tmp_path / "script.py").write_bytes(BOOK)
        (tmp_path / "kay").mkdir()
        (tmp_path / "kay" / "lab.json").symlink_to(tmp_path / "gus.json")
        for name, text in {"cells.json": '{"cells": []}', "list.json": '{"cells": 1, "nbformat": 4}', "deep.json": "[" * 10**6}.items():  # fmt: skip
            (tmp_path / name).write_text(text)
        gradable = [name for name, row in by_name(tmp_path).items() if row.gradable]
        assert gradable == ["gus", "locked"]

    def test_two_spellings_of_a_name_are_two_rows(self, tmp_path: Path) -> None:
        put(tmp_path, "ada.ipynb", "ada.IPYNB", "Ada.ipynb")
        rows = collect(tmp_path, THE_LAB)
        assert [row.name for row in rows] == ["Ada", "ada.IPYNB", "ada.ipynb"]
        assert len({row.file.casefold() for row in rows}) == 3

    @pytest.mark.parametrize("target", ["/etc/passwd", "grace.ipynb", "nowhere"])
    def test_a_link_is_not_followed(self, tmp_path: Path, target: str) -> None:
        put(tmp_path, "grace.ipynb")
        (tmp_path / "mallory.ipynb").symlink_to(target)
        row = by_name(tmp_path)["mallory.ipynb"]
        assert row.path is None and "link" in row.problem

    def test_a_pipe_is_not_opened(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.ipynb")
        assert "not an ordinary file" in by_name(tmp_path)["pipe.ipynb"].problem

    def test_a_giant_file_is_not_read(self, tmp_path: Path) -> None:
        with open(tmp_path / "giant.ipynb", "wb") as file:
            file.truncate(FILE_LIMIT + 1)
        assert "larger than" in by_name(tmp_path)["giant.ipynb"].problem

    def test_files_that_the_system_left_behind_are_not_submissions(self, tmp_path: Path) -> None:
        put(
            tmp_path,
            "ada.ipynb",
            ".DS_Store",
            ".ipynb_checkpoints/ada-checkpoint.ipynb",
            "__MACOSX/ada.ipynb",
        )
        assert list(by_name(tmp_path)) == ["ada"]

    def test_the_output_folder_is_not_a_submission(self, tmp_path: Path) -> None:
        put(tmp_path, "ada.ipynb", "out/index.html")
        assert [row.name for row in collect(tmp_path, THE_LAB, leave_out=tmp_path / "out")] == ["ada"]

    @unhurried
    @given(st.lists(raw_names, min_size=1, max_size=6, unique=True))
    def test_any_name_gets_its_row(self, tmp_path_factory: pytest.TempPathFactory, raws: list[str]) -> None:
        folder = tmp_path_factory.mktemp("class")
        # What macOS writes next to a file is not a submission (`._ada.ipynb`).
        entries = {os.fsencode(raw)[:240].removeprefix(b"._") + b"x.ipynb" for raw in raws}
        for entry in entries:
            (Path(os.fsdecode(folder)) / os.fsdecode(entry)).write_text("{}")
        rows = collect(folder, THE_LAB)
        assert len(rows) == len(entries) and all(row.gradable for row in rows)
        assert {os.fsencode(row.path.name) for row in rows} == entries


class TestTree:
    def test_nbgraders_tree_is_read(self, tmp_path: Path) -> None:
        put(
            tmp_path,
            f"submitted/ada/{LAB}/lab.ipynb",
            f"submitted/ada/{LAB}/timestamp.txt",
            "submitted/grace/lab.ipynb",
        )
        (tmp_path / "submitted/karen").mkdir()
        for folder in (tmp_path, tmp_path / "submitted"):
            rows = by_name(folder)
            assert list(rows) == ["ada", "grace", "karen"]
            assert rows["ada"].path.parent.name == LAB
            assert rows["grace"].gradable and not rows["karen"].gradable

    def test_one_of_two_notebooks_is_chosen_and_the_other_listed(self, tmp_path: Path) -> None:
        put(tmp_path, f"ada/{LAB}/lab.ipynb", f"ada/{LAB}/lab-Copy1.ipynb")
        row = by_name(tmp_path)["ada"]
        assert row.path.name == "lab.ipynb" and row.others == ("lab-Copy1.ipynb",)

    def test_a_folder_with_a_notebooks_name_is_a_folder(self, tmp_path: Path) -> None:
        """Beside the notebook, around it, and alone."""
        for name in ("ada/lab.ipynb/x.txt", "ada/lab (1).ipynb", "bob/lab.ipynb/lab.ipynb"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("{}")
        (tmp_path / "eva" / "lab.ipynb").mkdir(parents=True)
        rows = by_name(tmp_path)
        found = {name: row.path and row.path.relative_to(tmp_path).as_posix() for name, row in rows.items()}
        assert found == {"ada": "ada/lab (1).ipynb", "bob": "bob/lab.ipynb/lab.ipynb", "eva": None}
        assert rows["eva"].problem == "eva: the folder is empty; ask for the notebook."

    def test_a_folder_with_another_file_is_reported_with_its_name(self, tmp_path: Path) -> None:
        put(tmp_path, "ada/lab.py")
        assert (
            by_name(tmp_path)["ada"].problem
            == "ada: no notebook (.ipynb) in the folder, only lab.py; ask for the notebook."
        )

    def test_the_copy_in_checkpoints_is_left_out(self, tmp_path: Path) -> None:
        put(tmp_path, f"ada/{LAB}/lab.ipynb", f"ada/{LAB}/.ipynb_checkpoints/lab-checkpoint.ipynb")
        assert by_name(tmp_path)["ada"].gradable

    @pytest.mark.parametrize("link", [f"mallory/{LAB}/lab.ipynb", f"mallory/{LAB}", "mallory"])
    def test_no_link_leads_to_anothers_work(self, tmp_path: Path, link: str) -> None:
        put(tmp_path, f"ada/{LAB}/lab.ipynb")
        path = tmp_path / link
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(tmp_path / link.replace("mallory", "ada"))
        rows = by_name(tmp_path)
        assert not rows["mallory"].gradable and "link" in rows["mallory"].problem

    def test_a_folder_nested_too_deeply_is_not_searched_to_the_end(self, tmp_path: Path) -> None:
        put(tmp_path, *(f"ada/{k}.txt" for k in range(2_001)), "grace.ipynb")
        rows = by_name(tmp_path)
        assert "more than 2,000 files" in rows["ada"].problem and rows["grace"].gradable


class TestWrongFolder:
    def test_a_missing_folder_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(CollectError, match="no such folder"):
            collect(tmp_path / "nowhere", THE_LAB)

    def test_an_empty_folder_is_not_a_class(self, tmp_path: Path) -> None:
        with pytest.raises(CollectError, match="nothing was handed in here"):
            collect(tmp_path, THE_LAB)

    def test_one_notebook_is_a_class_of_one(self, tmp_path: Path) -> None:
        put(tmp_path, "ada.ipynb")
        assert [row.name for row in collect(tmp_path / "ada.ipynb", THE_LAB)] == ["ada"]
