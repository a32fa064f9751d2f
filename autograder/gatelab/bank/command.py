"""`gatelab verify` and `gatelab fingerprints`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gatelab.lab import Lab, LabError


def verify_command(
    seeds: Annotated[int, typer.Option(help="Grading seeds for the wheat.", min=1)] = 3,
    jobs: Annotated[int, typer.Option(help="Gradings at once.", min=1)] = 2,
    question: Annotated[list[str] | None, typer.Option(help="Only the chaff of this question.")] = None,
    training: Annotated[bool, typer.Option(help="Also the parts that train a model.")] = False,
    twice: Annotated[
        bool, typer.Option("--twice", help="Grade all again with another number of jobs; nothing may differ.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for matrix.html and matrix.md.")
    ] = None,
    readme: Annotated[
        Path | None, typer.Option(help="A page between whose marks the table is put, too.")
    ] = None,
    root: Annotated[Path, typer.Option(help="The kit's folder.")] = Path(),
) -> None:
    """Grade the suites: every wheat must pass, every chaff must lose its own question and no other."""
    from gatelab.engine import DEFAULT_SEED, Engine

    from .load import load_bank
    from .matrix import into_readme, markdown, show, write_pages
    from .verify import Matrix, differences, verify

    console = Console()
    lab = Lab.in_repository(root)
    bank = load_bank(lab)
    lab.check_questions(question or (), "--question")
    for id in question or ():
        if not lab.has_reference(id):
            raise LabError(
                f"--question {id}: has no reference in code, so there is no bank to grade it with."
            )

    def graded(jobs: int) -> Matrix:
        with Engine(lab, jobs=jobs) as engine:
            return verify(
                engine, bank, tuple(range(DEFAULT_SEED, DEFAULT_SEED + seeds)), tuple(question or ()), training,
                progress=lambda line: Console(stderr=True).print(f"… {line}", markup=False),
            )  # fmt: skip

    matrix = graded(jobs)
    show(matrix, lab, console)
    table = markdown(matrix, lab)
    if out is not None:
        for path in write_pages(matrix, lab, table, out):
            console.print(f"wrote {path}", markup=False)
    if readme is not None and not into_readme(readme, table):
        console.print(f"{readme}: has no marks for the table; it was left as it is.", markup=False)
    different = []
    if twice:
        again = 1 if jobs > 1 else 2
        different = differences(matrix, graded(again))
        console.print(
            f"{len(matrix.told)} gradings with --jobs {jobs} and again with --jobs {again}: {len(different)} differ",
            highlight=False,
        )
        for difference in different:
            console.print(difference, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(1 if matrix.faults or different else 0)


def fingerprints_command(
    root: Annotated[Path, typer.Option(help="The kit's folder.")] = Path(),
) -> None:
    """Write the numbers by which the public checks name mistakes, from the chaff."""
    from .fingerprints import write_fingerprints

    typer.echo(write_fingerprints(Lab.in_repository(root)))
