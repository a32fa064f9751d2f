"""Downloads from Canvas, Moodle, Gradescope and nbgrader: everybody is one row, with their name and time."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gatelab.limits import EXPORT_LIMIT
from gatelab.submission.collect import CollectError, Submission, collect
from gatelab.submission.gradescope_export import METADATA, MetadataError, arrivals_of, parsed
from gatelab.submission.people import Person, Roster
from gatelab.submission.platforms import arrivals
from gatelab.submission.times import moment
from helpers.any_file_names import raw_names
from helpers.tiny_lab import tiny_lab_here
from helpers.zips import zipped_folder

LAB = tiny_lab_here()
WORK = {"cells": [{"cell_type": "code", "source": "def softmax(): return 1", "metadata": {}, "outputs": []}],
        "metadata": {}, "nbformat": 4, "nbformat_minor": 5}  # fmt: skip
BOOK = json.dumps(WORK).encode()

EXPORT = """\
---
submission_1:
  :submitters:
  - :name: Ada Lovelace
    :sid: '0042'
    :email: ada@example.org
  :created_at: 2026-04-26 17:34:00.861687000 Z
  :score: 2.0
  :results:
    output: |-
      submission_9:
        :submitters:
        - :name: Mallory
    tests: [{score: 1, output: "\\u001b"}]
  :history:
  - :id: 5
    :created_at: 2026-04-25 09:12:44.000000000 Z
submission_2:
  :submitters:
  - :name: Bob Babbage
    :email: bob@example.org
  - :name: Cleo Roe
    :email: cleo@example.org
  :created_at: 2026-04-26 10:34:00 -07:00
submission_3:
  :submitters:
  - :name: Ada Lovelace
    :sid: '0042'
    :email: ada@example.org
  :created_at: 2026-04-24 17:34:00.000000000 Z
submission_4:
  :submitters: []
submission_5:
  :submitters:
  - :name: =HYPERLINK("http://x")
    :email: eve@example.org
  :created_at: !ruby/object:ActiveSupport::TimeWithZone 2026-04-26 17:34:00 Z
"""


ADAS = "Ada Lovelace_4711_assignsubmission_file_"


def put(folder: Path, *names: str, text: bytes = BOOK) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    return folder


def export(folder: Path, text: str = EXPORT) -> Path:
    put(folder, *(f"submission_{k}/lab.ipynb" for k in (1, 2, 3, 4)))
    put(folder, "submission_5/notes.pdf")
    put(folder, METADATA, text=text.encode())
    return folder


def rows(folder: Path, room: Path, **options: object) -> dict[str, Submission]:
    return {submission.name: submission for submission in collect(folder, LAB, unpack_folder=room, **options)}


class TestGradescope:
    @pytest.fixture(params=["folder", "folder around it", "zip"])
    def found(self, request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Submission]:
        folder = export(tmp_path / "class" / "assignment_7_export")
        given_ = {
            "folder": lambda: folder,
            "folder around it": lambda: folder.parent,
            "zip": lambda: zipped_folder(folder, tmp_path / "export.zip", folder.parent),
        }[request.param]()
        return rows(given_, tmp_path / "room")

    def test_people_have_their_names_address_and_time(self, found: dict[str, Submission]) -> None:
        ada = found["Ada Lovelace"]
        [person] = ada.people
        assert (person.email, person.id) == ("ada@example.org", "0042")
        assert ada.handed_in == datetime(2026, 4, 26, 17, 34, 0, 861687, UTC) and ada.gradable
        assert found["Bob Babbage, Cleo Roe"].handed_in == datetime(2026, 4, 26, 17, 34, tzinfo=UTC)
        assert [person.email for person in found["Bob Babbage, Cleo Roe"].people] == [
            "bob@example.org",
            "cleo@example.org",
        ]

    def test_the_newest_attempt_is_graded_and_the_others_are_counted(
        self, found: dict[str, Submission]
    ) -> None:
        ada = found["Ada Lovelace"]
        assert ada.entry == "submission_1" and ada.attempts == 3  # one in the history, one in a folder
        assert ada.others == ("an earlier attempt, submission_3 of 2026-04-24 17:34 UTC",)

    def test_everybody_has_one_row_of_their_own(self, found: dict[str, Submission]) -> None:
        assert set(found) == {
            "Ada Lovelace", "Bob Babbage, Cleo Roe", "submission_4", '=HYPERLINK("http://x")',
        }  # fmt: skip
        eve = found['=HYPERLINK("http://x")']
        assert not eve.gradable and "only notes.pdf" in eve.problem and eve.handed_in

    def test_all_attempts_get_rows_on_request(self, tmp_path: Path) -> None:
        found = rows(export(tmp_path / "class"), tmp_path / "room", every_attempt=True)
        earlier = found["Ada Lovelace, attempt 1"]
        assert earlier.entry == "submission_3" and earlier.newest == "Ada Lovelace"
        assert (
            found["Ada Lovelace"].others == ()
            and len({submission.file for submission in found.values()}) == 5
        )

    def test_a_submission_without_its_folder_is_a_row(self, tmp_path: Path) -> None:
        folder = export(tmp_path / "class", EXPORT + "submission_6:\n  :submitters:\n  - :name: Dan Roe\n")
        dan = rows(folder, tmp_path / "room")["Dan Roe"]
        assert not dan.gradable and "holds no folder of it" in dan.problem

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b"submission_1: [", "damaged in line"), (b"\xff\xfe\x00", "damaged|no text"), (b"- a\n- b\n", "no submissions"),
            (b"", "no submissions"), (b"a" * (EXPORT_LIMIT + 1), "larger than"), (b"a: &x [*x, *x]", ""),
            (b"[" * 100_000, "damaged"), (b"{a: " * 100_000, "damaged"),
            (b"a: &a [1]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", ""), (b"!!python/object/apply:os.system ['true']", "no submissions"),
        ],
    )  # fmt: skip
    def test_a_hostile_file_is_read_or_refused_in_one_sentence(self, data: bytes, said: str) -> None:
        if not said:
            assert parsed(data) == {}
            return
        with pytest.raises(MetadataError, match=said):
            parsed(data)

    @settings(deadline=None)
    @given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode), st.text(
        alphabet=":- \n'\"[]{}&*!|>#submitterschistoryname01", max_size=200).map(str.encode)))  # fmt: skip
    @example(b"submission_1:\n  :submitters:\n  - :name: [x]\n  - 3\n  :created_at: {}\n")
    def test_any_bytes_end_in_people_or_a_sentence(self, data: bytes) -> None:
        try:
            found = parsed(data)
        except MetadataError as error:
            assert "\n" not in str(error)
        else:
            assert all(isinstance(arrival.called, str) for arrival in arrivals_of(found).values())

    def test_a_damaged_export_is_reported(self, tmp_path: Path) -> None:
        with pytest.raises(
            CollectError, match=rf"{METADATA}: is damaged in line \d; download the export again\.$"
        ):
            collect(export(tmp_path, "a: ["), LAB)


CANVAS = (
    "lovelaceada_4711_90210_lab.ipynb",
    "lovelaceada_4711_90300_lab-1.ipynb",
    "van_der_bergpiet_LATE_4712_90211_lab.ipynb",
    "roecleo_4713_90212_lab_final.ipynb",
    "roecleo_4713_90213_report.pdf",
    "dandan_4714_text.html",
    "LATE_anon_ab1cd_90214_lab.ipynb",
)


class TestCanvas:
    @pytest.fixture(params=["folder", "zip"])
    def found(self, request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Submission]:
        folder = put(tmp_path / "class", *CANVAS)
        return rows(
            folder if request.param == "folder" else zipped_folder(folder, tmp_path / "s.zip", folder.parent),
            tmp_path / "room",
        )

    def test_everybody_is_one_row(self, found: dict[str, Submission]) -> None:
        assert set(found) == {"lovelaceada", "van_der_bergpiet", "roecleo", "dandan", "anon_ab1cd"}
        assert [submission.people[0].number for submission in found.values()] == [
            "ab1cd",
            "4714",
            "4711",
            "4713",
            "4712",
        ]

    def test_the_second_file_of_a_name_is_the_newer_attempt(self, found: dict[str, Submission]) -> None:
        ada = found["lovelaceada"]
        assert ada.entry == "lovelaceada_4711_90300_lab-1.ipynb" and ada.attempts == 2
        assert ada.others == ("an earlier attempt, lab.ipynb",)

    def test_other_files_are_not_attempts(self, found: dict[str, Submission]) -> None:
        assert found["roecleo"].entry.endswith("lab_final.ipynb") and found["roecleo"].attempts == 1
        assert not found["dandan"].gradable and "exported page" in found["dandan"].problem

    def test_what_canvas_says_of_lateness_is_kept_for_staff(self, found: dict[str, Submission]) -> None:
        late = [name for name, submission in found.items() if submission.notes == ("Canvas calls it late.",)]
        assert late == ["anon_ab1cd", "van_der_bergpiet"]

    def test_what_is_late_is_the_newer_attempt_whatever_it_is_called(self, tmp_path: Path) -> None:
        names = (
            "bergbob_102_90002_lab.ipynb",
            "bergbob_LATE_102_95002_final.ipynb",
            "roecleo_103_90003_lab.ipynb",
        )
        bob = rows(put(tmp_path / "class", *names), tmp_path / "room")["bergbob"]
        assert (bob.entry, bob.attempts, bob.others) == (names[1], 2, ("an earlier attempt, lab.ipynb",))
        assert bob.notes == ("Canvas calls it late.",)

    def test_a_late_file_that_is_not_a_notebook_replaces_no_notebook(self, tmp_path: Path) -> None:
        names = (
            "bergbob_102_90002_lab.ipynb",
            "bergbob_LATE_102_95002_note.pdf",
            "roecleo_103_90003_lab.ipynb",
        )
        assert rows(put(tmp_path / "class", *names), tmp_path / "room")["bergbob"].entry == names[0]

    @pytest.mark.parametrize(
        "names",
        [
            ["lab_2026_11_ada.ipynb", "lab_2026_12_bob.ipynb"],  # a year and a month
            ["ada_2026_11_lab.ipynb", "bob_2026_11_lab.ipynb"],
            ["ada_1_10_lab.ipynb", "bob_1_11_lab.ipynb"],
            ["lab_1_1_ada.ipynb", "lab_2_2_bob.ipynb"],
            ["a_7_1_ada.ipynb", "a_7_2_bob.ipynb"],
        ],
    )
    def test_another_naming_scheme_does_not_merge_people(self, names: list[str], tmp_path: Path) -> None:
        assert len(collect(put(tmp_path, *names), LAB)) == len(names)

    @settings(deadline=None, max_examples=60)
    @given(
        people=st.lists(
            st.tuples(
                st.from_regex(r"[a-zéสมศรี\u0308\u093f]{1,8}(_[a-z]{1,3})?", fullmatch=True), st.booleans(),
                st.integers(1, 10**9), st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=30),
            ),
            min_size=2, max_size=6, unique_by=(lambda item: item[0], lambda item: item[2]),
        )
    )  # fmt: skip
    def test_any_class_of_canvas_names_has_one_row_per_user(self, people: list) -> None:
        names = [
            f"{name}{'_LATE' if late else ''}_{user}_{1000 + k}_{file}.ipynb"
            for k, (name, late, user, file) in enumerate(people)
        ]
        found = arrivals(names, LAB.name)
        assert {name: found[name].people[0].number for name in names} == {
            name: str(user) for name, (_, _, user, _) in zip(names, people, strict=True)
        }
        assert [found[name].late for name in names] == [late for _, late, _, _ in people]

    @pytest.mark.parametrize("end", [".ipynb", "+.ipynb", "+x1.ipynb"])
    def test_the_students_own_name_of_a_file_sets_no_time(self, end: str) -> None:
        own = f"evehacker_LATE_103_9003_x+{LAB.name}+2026-01-01 00:00:00 UTC{end}"
        found = arrivals([own, "adalovelace_101_9001_lab.ipynb"], LAB.name)[own]
        assert (found.platform, found.late, found.handed_in) == ("Canvas", True, None)

    def test_a_file_in_a_plain_folder_sets_no_time_by_its_name(self) -> None:
        assert not arrivals([f"x+{LAB.name}+2026-01-01 00:00:00 UTC+.ipynb"], LAB.name)

    @pytest.mark.parametrize("file", ["7_lab.ipynb", "9001_lab.ipynb", "1_2_lab.ipynb"])
    def test_one_anonymous_students_file_spoils_nobodys_name(self, file: str) -> None:
        names = ["anon_ab1cd_9001_lab.ipynb", "anon_ab1cd_9005_lab-1.ipynb", "LATE_anon_zz9qq_9002_lab.ipynb",
                 f"anon_ev3aa_9003_{file}", f"LATE_anon_ev3aa_9004_{file}"]  # fmt: skip
        found = arrivals(names, LAB.name)
        assert [found[name].people[0].number for name in names] == [
            "ab1cd",
            "ab1cd",
            "zz9qq",
            "ev3aa",
            "ev3aa",
        ]
        assert [found[name].late for name in names] == [False, False, True, False, True]
        assert found[names[3]].file == file


MOODLE = (
    "Ada Lovelace_4711_assignsubmission_file_/lab.ipynb",
    "Ada Lovelace_4711_assignsubmission_onlinetext_/onlinetext.html",
    "Bob Babbage_4712_assignsubmission_file/week 5/lab.ipynb",  # as from Moodle 4.1 on
    "Bob Babbage_4713_assignsubmission_file_/lab.ipynb",  # another Bob
    "Participant_4714_assignsubmission_file_/lab.ipynb",  # blind marking
    "Teilnehmerin_4716_assignsubmission_file_/lab.ipynb",  # the same in German
    "Cleo Roe_4715_assignsubmission_file_lab.ipynb",  # not in folders
    "Cleo Roe_4715_assignsubmission_file_Untitled.ipynb",
)


class TestMoodle:
    @pytest.fixture(params=["folder", "zip"])
    def found(self, request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Submission]:
        folder = put(tmp_path / "class", *MOODLE)
        path = tmp_path / "s.zip"
        with zipfile.ZipFile(path, "w") as zip:
            for name in MOODLE:
                zip.write(folder / name, name)
        return rows(folder if request.param == "folder" else path, tmp_path / "room")

    def test_everybody_is_one_row_under_their_name(self, found: dict[str, Submission]) -> None:
        assert list(found) == [
            "Ada Lovelace",
            "Bob Babbage_4712",
            "Bob Babbage_4713",
            "Cleo Roe",
            "Participant 4714",
            "Participant 4716",
        ]
        assert all(submission.gradable for submission in found.values())
        assert [submission.called for submission in found.values()][:3] == [
            "Ada Lovelace",
            "Bob Babbage",
            "Bob Babbage",
        ]

    def test_files_without_folders_are_one_attempt(self, found: dict[str, Submission]) -> None:
        cleo = found["Cleo Roe"]
        assert (
            cleo.path.name.endswith("file_lab.ipynb")
            and cleo.others == ("Untitled.ipynb",)
            and cleo.attempts == 1
        )

    def test_moodles_sheet_gives_names_and_times(self, tmp_path: Path) -> None:
        roster = Roster([Person("Lovelace, Ada", "ada@example.org", "4711", handed_in=moment("2026-11-26 06:28 UTC")),
                         Person("Dan Roe", "dan@example.org", "4799")])  # fmt: skip
        found = rows(put(tmp_path / "class", *MOODLE), tmp_path / "room", roster=roster)
        assert found["Ada Lovelace"].handed_in == datetime(2026, 11, 26, 6, 28, tzinfo=UTC)
        assert found["Dan Roe"].missing and found["Dan Roe"].problem == "Nothing was handed in."


class TestNbgrader:
    def test_the_exchanges_time_is_the_submissions(self, tmp_path: Path) -> None:
        put(tmp_path, f"submitted/ada/{LAB.name}/lab.ipynb", f"submitted/bob/{LAB.name}/lab.ipynb")
        put(
            tmp_path,
            f"submitted/ada/{LAB.name}/timestamp.txt",
            text=b"2015-02-02 15:58:23.948203 America/Los_Angeles\n",
        )
        put(tmp_path, f"submitted/bob/{LAB.name}/timestamp.txt", text=b"yesterday")
        found = rows(tmp_path, tmp_path / "room")
        assert found["ada"].handed_in == datetime(2015, 2, 2, 23, 58, 23, 948203, UTC)
        assert found["bob"].handed_in is None and found["bob"].gradable

    def test_the_inbound_folder_of_the_exchange_is_read(self, tmp_path: Path) -> None:
        times = ("2026-11-25 09:00:00 UTC", "2026-11-26 06:28:36 UTC")
        put(
            tmp_path,
            *(f"ada+{LAB.name}+{time}+x1/lab.ipynb" for time in times),
            f"bob+other+{times[0]}+x/lab.ipynb",
        )
        found = rows(tmp_path, tmp_path / "room")
        assert found["ada"].attempts == 2 and found["ada"].handed_in == moment(times[1])
        assert len(found) == 2


class TestTimes:
    @pytest.mark.parametrize(
        ("text", "iso"),
        [
            ("2026-04-26 17:34:00.861687000 Z", "2026-04-26T17:34:00.861687+00:00"),
            ("2017-06-01T14:22:32.365935-07:00", "2017-06-01T14:22:32.365935-07:00"),
            ("2026-11-26 06:28:36 UTC", "2026-11-26T06:28:36+00:00"),
            ("Thursday, 26 November 2026, 6:28 PM", "2026-11-26T18:28:00+00:00"),
            ("26 November 2026, 12:05 AM", "2026-11-26T00:05:00+00:00"),
            ("2026-11-26 06:28:36 PST", None),  # nobody knows which
            ("2026-02-30 06:28:36 Z", None), ("-", None), ("", None), ("9" * 5000, None),
            ("2026-11-26 06:28:36 ../../etc/passwd", None), ("26 Frimaire 2026, 06:28", None),
        ],
    )  # fmt: skip
    def test_a_time_is_read_or_unknown(self, text: str, iso: str | None) -> None:
        found = moment(text)
        assert (found.isoformat() if found else None) == iso

    @settings(deadline=None)
    @given(
        st.one_of(
            st.text(max_size=60), st.from_regex(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Za-z/+\-0-9]{0,20}")
        )
    )
    def test_no_text_raises(self, text: str) -> None:
        found = moment(text)
        assert found is None or found.tzinfo is not None


@settings(deadline=None)
@given(st.lists(raw_names, max_size=12, unique=True))
@example(["_4711_assignsubmission_file_", "_1_1_.ipynb", "a+b+c", "__1_2_x"])
def test_any_names_are_understood_or_left_alone(names: list[str]) -> None:
    found = arrivals(names, LAB.name)
    assert set(found) <= set(names)
    assert all(arrival.called.strip() for arrival in found.values())


class TestWhatAStudentUploads:
    def test_an_upload_does_not_set_its_own_time(self, tmp_path: Path) -> None:
        """A folder softmax/ with nbgrader's time stamp, in a download of Moodle: it would pass by the rule for late work."""
        for who, inner in ((ADAS, f"{LAB.name}/"), ("Bob Babbage_4712_assignsubmission_file_", "")):
            put(tmp_path / "class" / who, f"{inner}lab.ipynb")
            put(tmp_path / "class" / who, f"{LAB.name}/timestamp.txt", text=b"2020-01-01 00:00:00 UTC")
        ada, bob = collect(tmp_path / "class", LAB)
        assert ada.gradable and ada.handed_in is None and bob.handed_in is None
        late = datetime(2026, 11, 26, tzinfo=UTC)
        sheet = Roster([Person("Ada Lovelace", number="4711", handed_in=late)])
        assert collect(tmp_path / "class", LAB, roster=sheet)[0].handed_in == late

    def test_an_upload_counts_less_than_a_platforms_sheet(self, tmp_path: Path) -> None:
        put(tmp_path, f"ada/{LAB.name}/lab.ipynb")
        put(tmp_path, f"ada/{LAB.name}/timestamp.txt", text=b"2020-01-01 00:00:00 UTC")
        late = datetime(2026, 11, 26, tzinfo=UTC)
        [ada] = collect(tmp_path, LAB, roster=Roster([Person("ada", handed_in=late)]))
        assert ada.handed_in == late
        [ada] = collect(tmp_path, LAB)
        assert ada.handed_in == datetime(2020, 1, 1, tzinfo=UTC)

    @pytest.mark.parametrize("theirs", ["Eve_4712_assignsubmission_file_/lab.ipynb", METADATA])
    def test_an_upload_does_not_set_its_own_student_in_a_class_of_one(
        self, theirs: str, tmp_path: Path
    ) -> None:
        put(tmp_path, f"{ADAS}/submission_1/lab.ipynb")
        put(tmp_path, f"{ADAS}/{theirs}", text=EXPORT.encode() if theirs == METADATA else BOOK)
        [ada] = collect(tmp_path, LAB)
        assert [person.number for person in ada.people] == ["4711"] and ada.gradable
