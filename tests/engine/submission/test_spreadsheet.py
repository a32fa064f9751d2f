"""A workbook that is larger than it looks is read, or refused, before it costs memory."""

from __future__ import annotations

import io
import struct

import openpyxl
import pytest

from gatelab.submission.spreadsheet import SheetError, read_table
from helpers.memory import measured


@pytest.mark.parametrize("where", [(2_000, 1), (1, 16_384), (2_000, 16_384)])
def test_a_cell_far_away_in_a_workbook_makes_no_table_of_millions(where: tuple[int, int]) -> None:
    """Somebody pressed Ctrl+End and a key; what lies between is not there."""
    book = openpyxl.Workbook()
    for row in [["Name", "Email"], *([f"P{k}", f"p{k}@example.org"] for k in range(300))]:
        book.active.append(row)
    for said in (" ", "x"):
        book.active.cell(*where, said)
        data = io.BytesIO()
        book.save(data)
        if said == "x" and where[1] > 1:
            with pytest.raises(
                SheetError, match="has a cell in column XFD and more than 4,000,000 cells with it"
            ):
                read_table(data.getvalue(), "name", ("email",))
        else:
            table = read_table(data.getvalue(), "name", ("email",))
            assert {len(line.cells) for line in table.lines} == {2}
            assert len(table.lines) == 300 + (said == "x")


def test_a_workbook_of_countless_parts_is_refused_before_it_costs_memory() -> None:
    book = io.BytesIO()
    openpyxl.Workbook().save(book)
    whole = book.getvalue()
    at, end = whole.find(b"PK\1\2"), whole.rfind(b"PK\5\6")
    many = whole[at:end] * 10_000  # some 90,000 members, of which it says that they are one
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(many), at, 0)
    data = whole[:at] + many + tail
    with measured() as peak, pytest.raises(SheetError, match=r"^is an archive of more than 10,000 files$"):
        read_table(data, "name", ("email",))
    assert peak.bytes < 16 << 20  # an object of each: 52 MiB
