"""`gatelab receipt`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gatelab.cli.options import OfLab
from gatelab.cli.refusals import usage
from gatelab.report.record.schema import read_json
from gatelab.submission.receipt import NoReceipt, compare


def receipt_command(
    file: Annotated[
        Path,
        typer.Argument(
            help="The zip that came in, or the receipt that the student shows.", show_default=False
        ),
    ],
    notebook: Annotated[
        Path | None,
        typer.Argument(
            help="The notebook, a zip with it, or the report on it; by default the one in the zip.",
            show_default=False,
        ),
    ] = None,
    lab_name: OfLab = None,
) -> None:
    """Say whether a student's receipt belongs to a notebook: exit code 0 it does, 1 it does not, 2 nothing to compare.

    Example: gatelab receipt ada.receipt.json out/reports/ada.json
    """
    try:
        same, sentence = compare(file, notebook, lab_name, _sha256_in_report)
    except NoReceipt as reason:
        usage(str(reason))
    typer.echo(sentence)
    raise typer.Exit(0 if same else 1)


def _sha256_in_report(data: bytes) -> str:
    try:
        return read_json(data.decode("utf-8")).sha256
    except (ValueError, RecursionError):
        return ""
