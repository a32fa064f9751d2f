"""A class that is graded and marked by hand, for tests of its marks. It can be written out again without an engine."""

from __future__ import annotations

import csv
import io
import shutil
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook
from typer.testing import Result

from helpers.command import gatelab
from helpers.notebooks import write_notebook
from helpers.tables import grades
from helpers.tiny_lab import RIGHT, SETUP, tiny_kit

NAMES = ("007", "Jörg Ü", "ada", "bob", "cleo; x")


def class_of(folder: Path) -> tuple[Path, Path]:
    """Write a lab and a class; returns the kit's folder and the class's."""
    kit, students = folder / "kit", folder / "class"
    tiny_kit(kit, by_hand=True)
    students.mkdir()
    for k, name in enumerate(NAMES):
        write_notebook(students / f"{name}.ipynb", SETUP, RIGHT["q1"], f"# {name}", *[RIGHT["q2"]] * (k % 2))
    (students / "essay.pdf").write_bytes(b"%PDF")
    return kit, students


@dataclass
class Class:
    """A class and its output folder, in `base`."""

    base: Path
    kit: Path

    @property
    def out(self) -> Path:
        return self.base / "out"

    @property
    def grades(self) -> Path:
        return self.out / "grades.csv"

    @property
    def folder(self) -> Path:
        return self.base / "class"

    def run(self, *arguments: object) -> Result:
        """`gatelab grade` in this process; it grades what is not done."""
        return gatelab("grade", self.folder, "-o", self.out, "--root", self.kit, "--jobs", 1, *arguments)

    def copy(self, base: Path) -> Class:
        base.mkdir(parents=True, exist_ok=True)
        for part in ("class", "out"):
            shutil.copytree(self.base / part, base / part)
        return Class(base, self.kit)

    def table(self) -> list[list[str]]:
        """grades.csv, the header first."""
        return list(csv.reader(io.StringIO(self.grades.read_bytes().decode("utf-8-sig"))))

    def rows(self) -> dict[str, dict[str, str]]:
        return grades(self.out)

    def marks(self) -> dict[tuple[str, str], float]:
        """The contents of marks.csv for this class: the last mark for each name and question."""
        path = self.out / "marks.csv"
        if not path.exists():
            return {}
        with open(path, encoding="utf-8", newline="") as file:
            return {
                (row["submission"], row["question"]): float(row["points"]) for row in csv.DictReader(file)
            }

    def give(self, **marks: object) -> None:
        """Write marks for q3 into grades.csv as an editor does."""
        self.edit({(name, "q3"): str(mark) for name, mark in marks.items()})

    def edit(self, cells: dict[tuple[str, str], str]) -> None:
        table = self.table()
        for (name, column), cell in cells.items():
            row = next(row for row in table if row[0] == name)
            row[table[0].index(column)] = cell
        self.grades.write_bytes(saved(table))

    def files(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in self.out.rglob("*") if path.is_file()}

    def kept(self) -> list[bytes]:
        """The contents of the copies that are kept next to grades.csv."""
        return [path.read_bytes() for path in (self.out / "earlier").glob("*-edited-*")]


def saved(
    table: list[list[str]],
    encoding: str = "utf-8",
    separator: str = ",",
    quoting: int = csv.QUOTE_MINIMAL,
    ends: str = "\n",
    sep: bool = False,
) -> bytes:
    """The bytes of a table as some program saves it; characters that the encoding lacks become question marks."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=ends).writerows(table)
    head = f"sep={separator}{ends}" if sep else ""
    return (head + text.getvalue()).encode(encoding, "replace")


def workbook(table: list[list[str]]) -> bytes:
    """The same as .xlsx, with numbers where a spreadsheet would recognise them."""
    book = Workbook()
    for row in table:
        book.active.append([_typed(cell) for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _typed(cell: str) -> object:
    try:
        return float(cell) if cell.strip() and cell.lower().strip() not in ("nan", "inf") else cell or None
    except ValueError:
        return cell


# The value of the fixture `marked` in tests/helpers/class_fixtures.py.
GIVEN = {("ada", "q3"): 1.5, ("bob", "q3"): 2.0, ("Jörg Ü", "q3"): 0.0, ("essay.pdf", "q3"): 1.0}


def column(table: list[list[str]], title: str) -> int:
    return table[0].index(title)


def with_mark(table: list[list[str]], name: str, mark: str) -> list[list[str]]:
    return [
        [mark if k == column(table, "q3") and row[0] == name else cell for k, cell in enumerate(row)]
        for row in table
    ]
