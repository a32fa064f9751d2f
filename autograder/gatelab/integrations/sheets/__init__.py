"""Grades into Canvas's or Moodle's own sheet: the downloaded sheet comes back with one or two columns filled.

Everything else in the sheet (other columns, order of rows, byte order mark, separator, line ends) stays as the
system wrote it, so that it finds its rows again; only a name that a spreadsheet would run as a formula gets an apostrophe. A
row is filled only when exactly one submission belongs to it, by the person's number, address, login or name. Where the
sheet's maximum is not the lab's, every total is scaled to it.

`downloaded`          reads a sheet, and writes it back
`canvas_gradebook`    knows the columns of Canvas's sheet, `moodle_worksheet` those of Moodle's; `layout` is what both define
`scale`               compares the sheet's maximum with the lab's points
`sheet_people`        finds the rows that a submission may belong to
`fill`                fills them; `filled` is the result
`feedback`            is the text for Moodle's column
`cells`               reads a cell, and makes it safe
"""

from gatelab.integrations.sheets.canvas_gradebook import canvas
from gatelab.integrations.sheets.fill import Rules
from gatelab.integrations.sheets.filled import Filled
from gatelab.integrations.sheets.moodle_worksheet import moodle

__all__ = ["Filled", "Rules", "canvas", "moodle"]
