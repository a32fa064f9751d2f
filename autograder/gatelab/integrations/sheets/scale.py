"""The sheet's maximum and the lab's points: if they differ, every total is scaled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gatelab.handed_out.lists import listed
from gatelab.integrations.sheets.cells import value_of
from gatelab.limits import NAMES_SHOWN
from gatelab.report.record.points import equal, number, plural
from gatelab.report.whole_class.graded_class import ExportError


@dataclass(frozen=True)
class Scale:
    """The sheet's maximum over the lab's points, and a remark about it."""

    factor: float = 1.0
    note: str = ""


def scale_to(cells: list[str], out_of: float, path: Path) -> Scale:
    """The factor for every total.

    Args:
        cells: those in which the sheet has its maximum.
        out_of: the points of the lab as the class was graded; 0 if they are not to be compared.
        path: what a message names.

    Raises ExportError when the sheet's maximum cannot be honoured.
    """
    if not out_of:
        return Scale()
    maxima = {cell.strip() for cell in cells if cell.strip()}
    if not maxima:
        return Scale(1.0, f"{path}: states no maximum; totals are exported out of {number(out_of)}.")
    values = {value_of(cell) for cell in maxima}
    value = values.pop()
    if values or value is None or not 0 < value < float("inf"):
        stated = listed(sorted(maxima), NAMES_SHOWN)
        raise ExportError(
            f"{path}: its maximum is {stated} and the class was graded out of {plural(out_of, 'point')}; set one maximum above 0 on the "
            "platform and download the sheet again."
        )
    if equal(value, out_of):
        return Scale()
    return Scale(
        value / out_of,
        f"{path}: its maximum is {number(value)} and the class was graded out of {plural(out_of, 'point')}; every total is scaled by "
        f"{number(value)}/{number(out_of)}.",
    )
