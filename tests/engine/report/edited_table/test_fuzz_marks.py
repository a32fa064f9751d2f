"""grades.csv mangled at random: either every mark is read correctly or nothing is written."""

from __future__ import annotations

import csv
import random
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gatelab.submission.spreadsheet import SheetError, read_table
from helpers.marked_class import Class, class_of, saved, workbook
from helpers.shares import WHOLE

pytestmark = pytest.mark.usefixtures("shared_server")

EARLIER = {"ada": 1.5, "bob": 2.0, "Jörg Ü": 0.0}
NAMES = ["007", "Jörg Ü", "ada", "bob", "cleo; x", "essay.pdf"]
AUTOMATIC = [
    "file",
    "status",
    "reason",
    "q1",
    "q2",
    "total",
    "out_of",
    "overrides",
    "comment_for_student",
    "mark_again",
]

# Each case is a run of the command: no minutes are spent on a smaller one that fails as well.
unhurried = settings(
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    max_examples=40 if WHOLE else 15,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Class:
    base = tmp_path_factory.mktemp("marked")
    marked = Class(base, class_of(base)[0])
    marked.run()
    marked.give(**EARLIER)
    marked.run()
    return marked


@pytest.fixture
def scratch(marked: Class, tmp_path: Path) -> Class:
    """The marked class, to be laid anew for each example with `laid`."""
    shutil.copytree(marked.folder, tmp_path / "class")
    return Class(tmp_path, marked.kit)


def laid(scratch: Class, marked: Class) -> Class:
    shutil.rmtree(scratch.out, ignore_errors=True)
    shutil.copytree(marked.out, scratch.out)
    return scratch


# --- what a person does: marks, in any spelling ----------------------------------------------------------------------

spelled = st.sampled_from(
    [("0", 0.0), ("2", 2.0), ("2.0", 2.0), ("1,5", 1.5), ("1.50", 1.5), (" 1 ", 1.0), (",5", 0.5), ("0,25", 0.25), ("1\u00a0", 1.0),
     ("-", None), ("–", None)]
)  # fmt: skip
given_marks = st.dictionaries(st.sampled_from(NAMES), spelled, max_size=4)
overrides = st.dictionaries(
    st.sampled_from(NAMES[:5]),
    st.sampled_from([("0", 0.0), ("2,5", 2.5), ("3.0", 3.0), (" 1 ", 1.0)]),
    max_size=3,
)

# --- what programs and people do to the table, and it still says the same ---------------------------------------------


@dataclass(frozen=True)
class Form:
    """How a table is saved."""

    encoding: str
    separator: str
    quoting: int
    ends: str
    sep: bool
    header: int  # 0 as it is, 1 capitals, 2 spaces around, 3 spaces for underscores
    above: tuple[tuple[str, ...], ...]
    shuffled: bool  # rows
    moved: bool  # columns
    header_in: bool  # the header sorted among the rows
    twice: bool  # the first row once more
    extra: bool  # a column and a row more
    without: frozenset[str]  # automatic columns taken out
    workbook: bool

    def bytes(self, table: list[list[str]], random: random.Random) -> bytes:
        head, *rows = [list(row) for row in table]
        if self.twice:
            rows.append(list(rows[0]))
        if self.extra:
            rows = [[*row, "a note, perhaps"] for row in rows]
            head = [*head, "Anmerkung"]
            rows.append(["Mittelwert", *[""] * (len(head) - 1)])
        order = [k for k, title in enumerate(head) if title not in self.without]
        if self.moved:
            random.shuffle(order)
        if self.moved or self.without:  # cells beyond the header stay at the end
            width = len(head)
            rows = [[*row, *[""] * (width - len(row))] for row in rows]
            rows = [[*(row[k] for k in order), *row[width:]] for row in rows]
            head = [head[k] for k in order]
        if self.shuffled:
            random.shuffle(rows)
        change = [
            str,
            str.upper,
            lambda title: f" {title}\u00a0",
            lambda title: title.replace("_", " ").title(),
        ][self.header]
        rows.insert(random.randrange(len(rows)) if self.header_in else 0, [change(title) for title in head])
        rows = [*([*line, *[""] * (len(head) - len(line))] for line in self.above), *rows]
        if self.workbook:
            return workbook(rows)
        return saved(rows, self.encoding, self.separator, self.quoting, self.ends, self.sep)


forms = st.builds(
    Form,
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]),
    st.sampled_from(",;\t|"),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.integers(0, 3),
    st.lists(st.sampled_from([(), ("",), ("Übung 3",), ("", "Lab 3; marked", "by | hand,")]), max_size=3).map(
        tuple
    ),
    *[st.booleans()] * 5,
    st.frozensets(st.sampled_from([*AUTOMATIC, "sha256"]), max_size=4),
    st.sampled_from([False, False, False, True]),
)


@unhurried
@given(given_marks, overrides, forms, st.randoms(use_true_random=False))
def test_an_equivalent_table_is_read_correctly(
    marked: Class,
    scratch: Class,
    marks: dict[str, tuple[str, float | None]],
    instead: dict[str, tuple[str, float]],
    form: Form,
    random: random.Random,
) -> None:
    again = laid(scratch, marked)
    table = again.table()
    at = table[0].index("q3")
    for row in table[1:]:
        row[at] = marks[row[0]][0] if row[0] in marks else row[at]
        if row[0] in instead and "q1" not in form.without:
            row[table[0].index("q1")] = instead[row[0]][0]
    data = form.bytes(table, random)
    again.grades.write_bytes(data)
    said = again.run()
    assert said.exit_code == 1, said.output  # for the PDF
    expected = {**EARLIER, **{name: points for name, (_, points) in marks.items()}}
    assert again.marks() == {(name, "q3"): points for name, points in expected.items() if points is not None}
    for name, row in again.rows().items():
        points = expected.get(name)
        assert row["q3"] == ("" if points is None else f"{points:g}")
        if name in instead and "q1" not in form.without:
            assert row["q1"] == f"{instead[name][1]:g}" and "(no reason given)" in row["overrides"]
        else:
            assert row["q1"] in ("4", "") and row["overrides"] == ""
        assert row["out_of"] == ("10" if points is None else "12")
    assert data in again.kept() and "was changed" not in said.stderr


# --- and what may have gone wrong with it ----------------------------------------------------------------------------

damages = st.one_of(
    st.tuples(st.just("cell"), st.integers(0, 6), st.integers(0, 11), st.sampled_from(["", "1", "2", "x", "ada", "bob", "0" * 64, "=A1"])),
    st.tuples(st.just("rows swap cell"), st.integers(1, 6), st.integers(1, 6), st.integers(0, 10)),
    st.tuples(st.just("drop row"), st.integers(0, 6)),
    st.tuples(st.just("drop column"), st.integers(0, 10)),
    st.tuples(st.just("drop cell"), st.integers(0, 6), st.integers(0, 10)),
    st.tuples(st.just("add cell"), st.integers(0, 6), st.integers(0, 10), st.sampled_from(["", "1", "0.5"])),
    st.tuples(st.just("double row"), st.integers(0, 6)),
)  # fmt: skip
byte_damages = st.one_of(
    st.just(()), st.just(()),
    st.tuples(st.just("cut"), st.floats(0, 1)), st.tuples(st.just("flip"), st.floats(0, 1), st.integers(0, 255)),
    st.tuples(st.just("insert"), st.floats(0, 1), st.binary(min_size=1, max_size=4)),
    st.tuples(st.just("replace"), st.binary(max_size=40)), st.tuples(st.just("delete")),
)  # fmt: skip


def damaged(table: list[list[str]], done: list[tuple]) -> list[list[str]]:
    for what, k, *more in done:
        row = table[k % len(table)] if table else []
        if what == "drop column":
            table = [[*line[:k], *line[k + 1 :]] for line in table]
        elif not row:
            continue
        elif what == "cell":
            row[more[0] % len(row)] = more[1]
        elif what == "rows swap cell":
            other, at = table[more[0] % len(table)], more[1]
            if at < len(row) and at < len(other):
                row[at], other[at] = other[at], row[at]
        elif what == "drop row":
            table.remove(row)
        elif what == "drop cell":
            del row[more[0] % len(row)]
        elif what == "add cell":
            row.insert(more[0] % len(row), more[1])
        elif what == "double row":
            table.append(list(row))
    return table


def broken(data: bytes, damage: tuple) -> bytes | None:
    what, *more = damage or ("",)
    at = int(more[0] * len(data)) if what in ("cut", "flip", "insert") else 0
    match what:
        case "cut":
            return data[:at]
        case "flip":
            return data[:at] + bytes([more[1]]) + data[at + 1 :]
        case "insert":
            return data[:at] + more[1] + data[at:]
        case "replace":
            return more[0]
        case "delete":
            return None
    return data


@settings(unhurried, max_examples=80 if WHOLE else 25)
@given(given_marks, forms, st.lists(damages, max_size=3), byte_damages, st.randoms(use_true_random=False))
def test_no_mark_is_lost_whatever_was_done_to_the_table(
    marked: Class,
    scratch: Class,
    marks: dict[str, tuple[str, float | None]],
    form: Form,
    done: list[tuple],
    damage: tuple,
    random: random.Random,
) -> None:
    again = laid(scratch, marked)
    table = again.table()
    at = table[0].index("q3")
    for row in table[1:]:
        row[at] = marks[row[0]][0] if row[0] in marks else row[at]
    form = replace(form, without=frozenset())
    data = broken(form.bytes(damaged(table, done), random), damage)
    again.grades.unlink() if data is None else again.grades.write_bytes(data)
    before = again.files()
    said = again.run()
    assert "Traceback" not in said.output
    if said.exit_code == 2:
        assert again.files() == before and said.stderr.count("\n") == 1
        return
    assert said.exit_code == 1
    # What was in the marks table is in an earlier version, and what was saved is kept as it was, empty tables apart.
    earlier = {path.name: path.read_bytes() for path in (again.out / "earlier").iterdir()}
    assert before[str(again.out / "marks.csv")] in earlier.values()
    assert not data or not data.strip(b"\0\r\n\t \xff\xfe\xef\xbb\xbf") or data in earlier.values()
    # A mark that changed was reported, by name.
    for key, points in again.marks().items():
        assert (
            EARLIER.get(key[0]) == points or key[0] in said.stderr.split("Marks read from")[1].split("\n")[0]
        )
    for name in EARLIER:
        assert (name, "q3") in again.marks() or f"{name} q3 withdrawn" in said.stderr
    # And the next run, which finds its own table, changes nothing, but for what the class report says of the last run: damage may look
    # like an override.
    after = again.files()
    assert again.run().exit_code == 1
    since = {
        str(again.out / name) for name in ("class.json", "index.html") if "Corrections read" in said.stderr
    }
    assert {key: data for key, data in again.files().items() if key not in since} == {
        key: data for key, data in after.items() if key not in since
    }


# --- bytes alone -----------------------------------------------------------------------------------------------------

BOOK = workbook([["submission", "q3"], ["ada", "1.5"]])


@settings(deadline=None, max_examples=400, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.binary(max_size=80),
        st.binary(max_size=60).map(lambda data: b"submission,q3\n" + data),
        st.binary(max_size=60).map(lambda data: b"PK\x03\x04" + data),
        st.text(max_size=40).map(
            lambda text: f"sep={text}\nsubmission;q3\n{text}".encode("utf-16", "replace")
        ),
        st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=4).map(
            lambda flips: bytes(
                {int(at * len(BOOK)): byte for at, byte in flips}.get(k, byte) for k, byte in enumerate(BOOK)
            )
        ),
    )
)
def test_any_bytes_are_a_table_or_refused(data: bytes) -> None:
    try:
        table = read_table(data, "submission", ["submission", "q3"])
    except SheetError as error:
        assert str(error).isprintable() and len(str(error)) < 200
    else:
        assert table.columns["submission"] is not None
        assert all(isinstance(cell, str) for line in table.lines for cell in line.cells)
