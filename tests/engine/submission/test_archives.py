"""A student's archive: the lab's notebook is found in it, or it is refused in one sentence and keeps its row."""

from __future__ import annotations

import os
import random
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import py7zr
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gatelab.limits import Archive
from gatelab.submission.archives import ArchiveError, members
from gatelab.submission.choose import EXTENSION
from gatelab.submission.collect import collect
from gatelab.submission.notebook_file import FILE_LIMIT
from gatelab.text import inner_path
from helpers.command import gatelab
from helpers.made_archives import BOOK, KIT, LAB, MAKERS, OTHER, Files, as_tar, as_zip, class_of
from helpers.shares import WHOLE

pytestmark = pytest.mark.one_in(3, at=1)


@pytest.mark.parametrize("kind", MAKERS)
class TestEveryKind:
    def test_the_lab_is_found_and_graded_under_the_students_name(self, kind: str, tmp_path: Path) -> None:
        files = {"week 5/lab.ipynb": BOOK, "week 5/Untitled.ipynb": OTHER, "data.txt": b"x"}
        row, room = class_of(tmp_path, f"ada{kind}", lambda path: MAKERS[kind](path, files))
        assert (row.name, row.others, row.problem) == ("ada", ("week 5/Untitled.ipynb",), "")
        assert row.path.read_bytes() == BOOK and row.path.name == "lab.ipynb" and room in row.path.parents

    def test_a_renamed_download_is_found_in_it(self, kind: str, tmp_path: Path) -> None:
        files = {"notes.txt": b"{}", "week 5/lab.json": BOOK}
        row, _ = class_of(tmp_path, f"ada{kind}", lambda path: MAKERS[kind](path, files))
        assert (row.name, row.path.read_bytes(), row.others) == ("ada", BOOK, ())

    def test_an_archive_in_a_students_folder_is_opened(self, kind: str, tmp_path: Path) -> None:
        def write(path: Path) -> None:
            path.mkdir()
            MAKERS[kind](path / f"hand-in{kind}", {"lab.ipynb": BOOK})

        row, _ = class_of(tmp_path, "ada", write)
        assert row.name == "ada" and row.path.read_bytes() == BOOK

    def test_an_archive_in_an_archive_is_not_opened(self, kind: str, tmp_path: Path) -> None:
        def write(path: Path) -> None:
            as_zip(tmp_path / "inner.zip", {"lab.ipynb": BOOK})
            MAKERS[kind](path, {"inner.zip": (tmp_path / "inner.zip").read_bytes()})
            (tmp_path / "inner.zip").unlink()

        row, _ = class_of(tmp_path, f"ada{kind}", write)
        assert (
            row.problem
            == f"ada{kind}: no notebook (.ipynb) in the archive, only inner.zip; ask for the notebook."
        )

    @pytest.mark.parametrize("data", [b"", b"PK", b"not an archive", bytes(4096)])
    def test_a_damaged_archive_is_refused_in_a_sentence(self, kind: str, data: bytes, tmp_path: Path) -> None:
        row, _ = class_of(tmp_path, f"ada{kind}", lambda path: path.write_bytes(data))
        empty_tar = kind.startswith(".t") and data == bytes(4096)
        assert row.path is None and row.problem.startswith(f"ada{kind}: ") and row.problem.count(".") < 8
        assert "damaged" in row.problem or empty_tar, row.problem
        assert row.problem_for_student == row.problem.partition(";")[0] + f". Hand in {LAB.notebook} itself."

    def test_no_name_leads_outside(self, kind: str, tmp_path: Path) -> None:
        files = {"../../evil.ipynb": OTHER, "/abs/evil.ipynb": OTHER, "lab.ipynb": BOOK}
        if kind == ".7z":
            files = {"lab.ipynb": BOOK}  # py7zr writes no other; it refuses to read them
        row, _ = class_of(tmp_path, f"ada{kind}", lambda path: MAKERS[kind](path, files))
        assert row.path.read_bytes() == BOOK

    @pytest.mark.parametrize("other", ["old/lab.ipynb", "x-lab.ipynb", "a/b/lab.ipynb"])
    @pytest.mark.parametrize("first", [True, False])
    def test_no_notebook_is_mistaken_for_one_whose_name_ends_alike(
        self, kind: str, other: str, first: bool, tmp_path: Path
    ) -> None:
        files = {"lab.ipynb": BOOK, other: OTHER} if first else {other: OTHER, "lab.ipynb": BOOK}
        row, _ = class_of(tmp_path, f"ada{kind}", lambda path: MAKERS[kind](path, files))
        assert (row.path.read_bytes(), row.others) == (BOOK, (other,))

    def test_an_archive_without_a_notebook_is_refused(self, kind: str, tmp_path: Path) -> None:
        row, _ = class_of(tmp_path, f"ada{kind}", lambda path: MAKERS[kind](path, {"report.pdf": b"%PDF"}))
        assert "only report.pdf" in row.problem

    def test_the_same_archive_gives_the_same_path_again(self, kind: str, tmp_path: Path) -> None:
        folder = tmp_path / "class"
        folder.mkdir()
        MAKERS[kind](folder / f"ada{kind}", {"lab.ipynb": BOOK})
        [first] = collect(folder, LAB, unpack_folder=tmp_path / "room")
        MAKERS[kind](folder / f"ada{kind}", {"lab.ipynb": OTHER})
        [second] = collect(folder, LAB, unpack_folder=tmp_path / "room")
        assert first.path == second.path and second.path.read_bytes() == OTHER


class TestLimits:
    """Each on a smaller limit, so that no test writes a gigabyte."""

    @pytest.mark.parametrize("kind", [".zip", ".tar.gz", ".7z"])
    @pytest.mark.parametrize(
        ("limits", "files", "said"),
        [
            (Archive(20, 1 << 20, 9, 20), {"lab.ipynb": BOOK}, "more than 0 MiB"),
            (Archive(1 << 20, 1 << 20, 9, 20), {"lab.ipynb": BOOK, "zeros.bin": bytes(2 << 20)}, "unpacks to more than 1 MiB"),
            (Archive(1 << 20, 9 << 20, 9, 20), {f"{k}.txt": b"" for k in range(12)}, "more than 9 files"),
            (Archive(1 << 20, 9 << 20, 99, 20), {"a/" * 50 + "lab.ipynb": BOOK}, "folders within each other"),
        ],
    )  # fmt: skip
    def test_each_limit_refuses_what_is_beyond_it(
        self, kind: str, limits: Archive, files: Files, said: str, tmp_path: Path
    ) -> None:
        MAKERS[kind](tmp_path / f"x{kind}", files)
        (tmp_path / "into").mkdir()
        with pytest.raises(ArchiveError, match=said):
            members(tmp_path / f"x{kind}", tmp_path / "into", EXTENSION, limits)

    @pytest.mark.parametrize("kind", [".tar.gz", ".7z"])
    # How much of the little memory is taken when the decompressor asks for its own depends on what it was given before.
    @pytest.mark.parametrize(
        "book", [BOOK, b"a" * 3000, random.Random(0).randbytes(100_000)], ids=["book", "even", "random"]
    )
    def test_an_archive_that_needs_too_much_memory_is_stopped(
        self, kind: str, book: bytes, tmp_path: Path
    ) -> None:
        MAKERS[kind](tmp_path / f"x{kind}", {"lab.ipynb": book})
        (tmp_path / "into").mkdir()
        with pytest.raises(ArchiveError, match="memory than an archive may"):
            members(
                tmp_path / f"x{kind}",
                tmp_path / "into",
                EXTENSION,
                Archive(1 << 20, 1 << 20, 9, 20, memory=1),
            )

    @pytest.mark.parametrize("kind", [".zip", ".tar", ".7z"])
    def test_a_notebook_that_is_too_large_is_named(self, kind: str, tmp_path: Path) -> None:
        row, room = class_of(
            tmp_path, f"ada{kind}", lambda path: MAKERS[kind](path, {"lab.ipynb": bytes(FILE_LIMIT + 1)})
        )
        assert (
            f"lab.ipynb is larger than {FILE_LIMIT >> 20} MiB (clear all outputs and save it)" in row.problem
        )
        assert sum(path.stat().st_size for path in room.rglob("*") if path.is_file()) == 0

    def test_a_zip_that_lies_about_its_sizes_is_stopped(self, tmp_path: Path) -> None:
        """Says 100 bytes, unpacks to 200 MiB."""
        path = tmp_path / "x.zip"
        as_zip(path, {"lab.ipynb": bytes(200 << 20)})
        data = path.read_bytes().replace((200 << 20).to_bytes(4, "little"), (100).to_bytes(4, "little"))
        path.write_bytes(data)
        (tmp_path / "into").mkdir()
        [member] = members(path, tmp_path / "into", EXTENSION)
        assert (tmp_path / "into" / "0").stat().st_size <= 100
        assert member.size <= 100

    def test_a_list_of_a_million_names_is_not_read(self, tmp_path: Path) -> None:
        path = tmp_path / "x.zip"
        path.write_bytes(b"PK\5\6" + bytes(4) + (65000).to_bytes(2, "little") * 2 + bytes(10))
        with pytest.raises(ArchiveError, match="more than 20,000 files"):
            members(path, tmp_path, EXTENSION)

    def test_a_submission_of_many_archives_is_not_unpacked_to_its_end(self, tmp_path: Path) -> None:
        def write(path: Path) -> None:
            path.mkdir()
            for k in range(40):
                as_zip(path / f"{k:02}.zip", {"lab.ipynb": BOOK})

        row, room = class_of(tmp_path, "ada", write)
        assert row.gradable and len(list(room.iterdir())) <= 5


class TestOddMembers:
    def test_an_archive_with_a_password_is_refused(self, tmp_path: Path) -> None:
        def write(path: Path) -> None:
            with py7zr.SevenZipFile(path, "w", password="x", header_encryption=True) as archive:
                archive.writestr(BOOK, "lab.ipynb")

        row, _ = class_of(tmp_path, "ada.7z", write)
        assert (
            row.problem == "ada.7z: it is an archive with a password; ask for the notebook itself (.ipynb)."
        )

    def test_a_zip_with_a_password_is_refused(self, tmp_path: Path) -> None:
        def write(path: Path) -> None:
            as_zip(path, {"lab.ipynb": BOOK})
            data = bytearray(path.read_bytes())
            for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
                data[data.find(mark) + at] |= 1
            path.write_bytes(data)

        row, _ = class_of(tmp_path, "ada.zip", write)
        assert "an archive with a password" in row.problem

    def test_links_and_devices_are_not_notebooks(self, tmp_path: Path) -> None:
        def write(path: Path) -> None:
            with tarfile.open(path, "w:gz") as tar:
                for name, kind in (("lab.ipynb", tarfile.SYMTYPE), ("a.ipynb", tarfile.LNKTYPE),
                                   ("b.ipynb", tarfile.CHRTYPE), ("c.ipynb", tarfile.FIFOTYPE)):  # fmt: skip
                    info = tarfile.TarInfo(name)
                    info.type, info.linkname = kind, "/etc/passwd"
                    tar.addfile(info)

        row, _ = class_of(tmp_path, "ada.tar.gz", write)
        assert not row.gradable and "no notebook (.ipynb) in the archive" in row.problem

    def test_a_link_in_a_zip_is_not_a_notebook(self, tmp_path: Path) -> None:
        def write(path: Path) -> None:
            info = zipfile.ZipInfo("lab.ipynb")
            info.create_system, info.external_attr = 3, 0o120777 << 16
            with zipfile.ZipFile(path, "w") as zip:
                zip.writestr(info, "/etc/passwd")

        row, _ = class_of(tmp_path, "ada.zip", write)
        assert not row.gradable and "no notebook (.ipynb) in the archive" in row.problem

    def test_files_left_behind_by_systems_are_ignored(self, tmp_path: Path) -> None:
        files = {"__MACOSX/._lab.ipynb": b"\0", ".ipynb_checkpoints/lab.ipynb": OTHER, "lab.ipynb": BOOK}
        row, _ = class_of(tmp_path, "ada.zip", lambda path: as_zip(path, files))
        assert row.path.read_bytes() == BOOK and row.others == ()

    def test_an_archive_next_to_a_notebook_is_left_closed_and_named(self, tmp_path: Path) -> None:
        def write(path: Path) -> None:
            path.mkdir()
            (path / "lab.ipynb").write_bytes(BOOK)
            as_zip(path / "old.zip", {"lab.ipynb": OTHER})

        row, _ = class_of(tmp_path, "ada", write)
        assert row.path.read_bytes() == BOOK and row.others == ("old.zip (not opened)",)

    @pytest.mark.parametrize("make", [lambda path: path.symlink_to("/etc/passwd"), os.mkfifo])
    def test_a_link_or_pipe_named_like_an_archive_is_never_opened(
        self, make: Callable[[Path], object], tmp_path: Path
    ) -> None:
        def write(path: Path) -> None:
            path.mkdir()
            make(path / "hand-in.zip")

        row, _ = class_of(tmp_path, "ada", write)
        assert row.problem.startswith("ada: hand-in.zip: it is ") and "archive" not in row.problem

    def test_a_folder_named_like_an_archive_keeps_its_name(self, tmp_path: Path) -> None:
        def write(path: Path) -> None:
            path.mkdir()
            (path / "lab.ipynb").write_bytes(BOOK)

        row, _ = class_of(tmp_path, "ada.zip", write)
        assert row.name == "ada.zip" and row.gradable

    def test_two_students_archives_of_one_name_get_two_places(self, tmp_path: Path) -> None:
        for name, data in (("ada", BOOK), ("bob", OTHER)):
            (tmp_path / "submitted" / name / LAB.name).mkdir(parents=True)
            as_zip(tmp_path / "submitted" / name / LAB.name / "lab.zip", {"lab.ipynb": data})
        ada, bob = collect(tmp_path, LAB, unpack_folder=tmp_path / "room")
        assert (ada.path.read_bytes(), bob.path.read_bytes()) == (BOOK, OTHER)

    def test_a_giant_file_next_to_the_lab_does_not_keep_it_from_being_graded(self, tmp_path: Path) -> None:
        files = {"lab.ipynb": BOOK, "giant.ipynb": bytes(FILE_LIMIT + 1)}
        row, _ = class_of(tmp_path, "ada.zip", lambda path: as_zip(path, files))
        assert row.path.read_bytes() == BOOK

    def test_a_notebook_in_utf_16_in_a_zip_is_read(self, tmp_path: Path) -> None:
        from gatelab.submission.notebook import read_bytes, read_cells

        row, _ = class_of(
            tmp_path, "ada.zip", lambda path: as_zip(path, {"lab.ipynb": BOOK.decode().encode("utf-16")})
        )
        assert [cell.source for cell in read_cells(read_bytes(row.path), "lab.ipynb", LAB)] == [
            "def softmax(): return 1"
        ]

    def test_notebooks_with_the_same_name_in_a_7z_are_distinguished(self, tmp_path: Path) -> None:
        """A link of the name among them, which py7zr counts too."""
        (tmp_path / "link").symlink_to("/etc/passwd")

        def write(path: Path) -> None:
            with py7zr.SevenZipFile(path, "w", dereference=False) as archive:
                archive.write(tmp_path / "link", "lab.ipynb")
                for data in (BOOK, OTHER):
                    archive.writestr(data, "lab.ipynb")

        row, _ = class_of(tmp_path, "ada.7z", write)
        assert row.path.read_bytes() == OTHER and row.others == ("lab.ipynb",)  # the newest

    def test_intake_names_a_few_of_thousands_of_notebooks(self, tmp_path: Path) -> None:
        (tmp_path / "class").mkdir()
        as_tar(tmp_path / "class" / "ada.tar", {f"{k}.ipynb": BOOK for k in range(3_000)})
        done = gatelab("intake", tmp_path / "class", "--root", KIT)
        assert done.exit_code == 0 and "and 2995 more." in " ".join(done.output.split()), done.output[:900]
        assert len(done.output) < 2_000

    def test_names_of_megabytes_cost_no_memory_and_no_row(self, tmp_path: Path) -> None:
        def write(path: Path) -> None:
            as_tar(path, {"lab.ipynb": BOOK, **{f"{k}{'n' * (1 << 20)}": b"" for k in range(20)}})

        row, _ = class_of(tmp_path, "ada.tar.gz", write)
        assert row.path.read_bytes() == BOOK
        (tmp_path / "into").mkdir()
        for name, length in (("n" * 9000, 4000), ("n" * 2000 + ".ipynb", 2006)):
            as_tar(tmp_path / "x.tar", {name: BOOK})
            [found] = members(tmp_path / "x.tar", tmp_path / "into", EXTENSION)
            assert len(found.place.name) == length
        as_tar(tmp_path / "x.tar", {f"{k}{'n' * 4000}": b"" for k in range(8)})
        with pytest.raises(ArchiveError, match="whose files have names of many megabytes"):
            members(tmp_path / "x.tar", tmp_path / "into", EXTENSION, Archive(1 << 20, 1 << 20, 50, 20))


names = st.lists(
    st.one_of(
        st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=40),
        st.sampled_from(["../lab.ipynb", "/lab.ipynb", "a//b.ipynb", "..", ".", "a/../../b.ipynb", "\\..\\x.ipynb", "C:\\x.ipynb"]),
    ),
    min_size=1, max_size=6, unique=True,
)  # fmt: skip


@settings(
    deadline=None,
    max_examples=60 if WHOLE else 20,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(names)
def test_no_name_in_a_zip_becomes_a_path(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    top = tmp_path_factory.mktemp("top")
    (top / "class").mkdir()
    as_zip(top / "class" / "ada.zip", {name + ".ipynb": BOOK for name in names})
    [row] = collect(top / "class", LAB, unpack_folder=top / "room")
    assert row.path is None or ((top / "room") in row.path.parents and row.path.read_bytes() == BOOK)
    assert sorted(path.name for path in top.iterdir()) == ["class", "room"]
    [whole] = collect(top / "class" / "ada.zip", LAB, unpack_folder=top / "other")[:1]
    assert whole.name and sorted(path.name for path in top.iterdir()) == ["class", "other", "room"]


@settings(
    deadline=None,
    max_examples=150 if WHOLE else 50,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.binary(max_size=400), st.integers(0, 400), st.binary(max_size=8))
@example(b"", 0, b"")
def test_any_bytes_in_a_zip_keep_the_row(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, at: int, more: bytes
) -> None:
    """Whole zips with bytes put into them, which is nearer to a zip than what is drawn."""
    top = tmp_path_factory.mktemp("top")
    (top / "class").mkdir()
    path = top / "class" / "ada.zip"
    as_zip(path, {"lab.ipynb": BOOK, "x": data})
    whole = path.read_bytes()
    path.write_bytes(whole[: at % len(whole)] + more + whole[at % len(whole) + len(more) :])
    [row] = collect(top / "class", LAB, unpack_folder=top / "room")
    assert row.gradable or (row.problem.startswith("ada.zip: ") and not row.machine_fault)


@given(st.text())
def test_a_place_never_leads_upwards(name: str) -> None:
    assert not inner_path(name).is_absolute() and ".." not in inner_path(name).parts
