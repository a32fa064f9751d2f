"""A class downloaded as one archive is unpacked once, each entry is a row, and no name in it leads outside."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from gatelab.limits import FILE_LIMIT
from gatelab.submission import archives as archives_module
from gatelab.submission.collect import CollectError, collect
from helpers.made_archives import BOOK, LAB, MAKERS, OTHER, as_zip, class_of


class TestClassArchive:
    @pytest.mark.parametrize("kind", [".zip", ".tar.gz", ".7z"])
    @pytest.mark.parametrize("deep", ["d/" * 60, f"{'d' * 200}/" * 30, f"{'ü' * 200}/" * 9])
    def test_no_path_of_one_student_stops_the_class(self, kind: str, deep: str, tmp_path: Path) -> None:
        files = {f"ada/{deep}lab.ipynb": OTHER, f"ada/{deep}x.ipynb": OTHER, "ada/lab.ipynb": BOOK,
                 "bob/lab.ipynb": BOOK, f"cleo/{deep}lab.ipynb": OTHER}  # fmt: skip
        MAKERS[kind](tmp_path / f"class{kind}", files)
        ada, bob, cleo = collect(tmp_path / f"class{kind}", LAB, unpack_folder=tmp_path / "room")
        assert ada.path.read_bytes() == bob.path.read_bytes() == BOOK
        assert cleo.path is None and cleo.problem.startswith("cleo: ")

    @pytest.mark.parametrize("kind", [".zip", ".tar.gz", ".7z"])
    def test_renamed_downloads_in_it_are_taken(self, kind: str, tmp_path: Path) -> None:
        files = {"ada.ipynb (1)": BOOK, "bob.json": BOOK, "cleo/lab.json": BOOK, "dan.json": b"{}"}
        MAKERS[kind](tmp_path / f"class{kind}", files)
        found = collect(tmp_path / f"class{kind}", LAB, unpack_folder=tmp_path / "room")
        assert [submission.name for submission in found if submission.gradable] == ["ada", "bob", "cleo"]

    @pytest.mark.parametrize(
        "files",
        [
            ("lovelaceada_4711_1_lab.ipynb", "roecleo_4712_2_lab.ipynb"),
            ("Ada_1_assignsubmission_file_/lab.ipynb", "Bo_2_assignsubmission_file_/lab.ipynb"),
            ("assignment_7_export/submission_metadata.yml", "assignment_7_export/submission_1/lab.ipynb"),
        ],
    )
    def test_a_download_among_the_submissions_is_not_mistaken_for_one_student(
        self, files: tuple[str, ...], tmp_path: Path
    ) -> None:
        row, _ = class_of(tmp_path, "class.zip", lambda path: as_zip(path, dict.fromkeys(files, BOOK)))
        assert (
            row.problem == "class.zip: it is the download of a whole class; grade it by itself or remove it."
        )

    def test_every_kind_of_entry_is_a_row(self, tmp_path: Path) -> None:
        path = tmp_path / "class.tar.gz"
        with tarfile.open(path, "w:gz") as tar:
            for name, data in (("class/ada.ipynb", BOOK), ("class/bob/lab.ipynb", BOOK), ("class/cleo.pdf", b"%PDF"),
                               ("class/../../dan.ipynb", BOOK), ("class/" + "e" * 250 + ".ipynb", BOOK),
                               ("class/ada.ipynb", OTHER)):  # fmt: skip
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
            link = tarfile.TarInfo("class/mallory.ipynb")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(link)
        found = {
            submission.name: submission for submission in collect(path, LAB, unpack_folder=tmp_path / "room")
        }
        assert len(found) == 7 and {name for name, submission in found.items() if submission.gradable} == {
            "ada", "ada (5)", "bob", "dan", next(name for name in found if name.startswith("eee")),
        }  # fmt: skip
        assert "links are not followed" in found["mallory.ipynb"].problem
        assert sorted(path.name for path in tmp_path.iterdir()) == ["class.tar.gz", "room"]

    def test_an_unchanged_archive_is_not_unpacked_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        as_zip(tmp_path / "class.zip", {"ada.ipynb": BOOK, "bob.ipynb": OTHER})
        first = collect(tmp_path / "class.zip", LAB, unpack_folder=tmp_path / "room")
        with monkeypatch.context() as patch:
            patch.setattr(archives_module, "_of_zip", None)
            assert collect(tmp_path / "class.zip", LAB, unpack_folder=tmp_path / "room") == first
        as_zip(tmp_path / "class.zip", {"ada.ipynb": OTHER})
        [ada] = collect(tmp_path / "class.zip", LAB, unpack_folder=tmp_path / "room")
        assert ada.path == first[0].path and ada.path.read_bytes() == OTHER

    @pytest.mark.parametrize("kind", [".zip", ".tar.gz", ".7z"])
    def test_a_damaged_archive_is_reported_in_one_sentence(self, kind: str, tmp_path: Path) -> None:
        path = tmp_path / f"class{kind}"
        MAKERS[kind](path, {"ada.ipynb": os.urandom(9000)})
        path.write_bytes(path.read_bytes()[:4000])
        with pytest.raises(
            CollectError, match=r"it is an archive that is damaged.*unpack it and name the folder"
        ):
            collect(path, LAB, unpack_folder=tmp_path / "room")

    def test_a_large_file_in_it_is_a_row_and_is_not_unpacked(self, tmp_path: Path) -> None:
        as_zip(tmp_path / "class.zip", {"ada.ipynb": bytes(FILE_LIMIT + 9), "bob.ipynb": BOOK})
        ada, bob = collect(tmp_path / "class.zip", LAB, unpack_folder=tmp_path / "room")
        assert "larger than" in ada.problem and bob.gradable
