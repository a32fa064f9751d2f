"""`gatelab verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from gatelab.cli.options import LabName, Root
from gatelab.lab.choose import chosen_lab
from gatelab.lab.spec import Lab, LabError

if TYPE_CHECKING:
    from gatelab.audit.matrix import Matrix  # it imports torch

Seeds = Annotated[
    int, typer.Option(help="Grading seeds: wheat must pass and chaff lose the same parts at each.", min=1)
]
ChaffSeeds = Annotated[
    int | None,
    typer.Option(help="Seeds for the chaff, if not --seeds; there is ten times as much of it.", min=1),
]
Jobs = Annotated[int, typer.Option(help="Gradings at once.", min=1)]
Question = Annotated[list[str] | None, typer.Option(help="Only the chaff of this question.")]
Training = Annotated[bool, typer.Option(help="Also the parts that train a model.")]
Twice = Annotated[
    bool,
    typer.Option("--twice", help="Grade the bank again with another number of jobs; nothing may differ."),
]
KeptIn = Annotated[
    Path | None, typer.Option(help="File with the results of earlier runs; only what is new is graded.")
]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="The matrix goes to OUT/<lab>/matrix.html and matrix.md.")
]
Readme = Annotated[Path | None, typer.Option(help="Also put the table into this page, between its marks.")]


def verify_command(
    seeds: Seeds = 3,
    chaff_seeds: ChaffSeeds = None,
    jobs: Jobs = 2,
    question: Question = None,
    training: Training = False,
    twice: Twice = False,
    kept: KeptIn = None,
    out: Out = None,
    readme: Readme = None,
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Test the suites: every wheat must pass, every chaff must fail its own question and no other.

    Exit code 1: some do not, or two gradings differ.

    Example: gatelab verify --question q1 --seeds 1
    """
    from gatelab.audit.matrix_shown import show
    from gatelab.audit.result_cache import ResultCache
    from gatelab.audit.verify import verify
    from gatelab.grading.engine import Engine
    from gatelab.lab.bank import load_bank

    console = Console()
    lab = chosen_lab(root, lab_name)
    bank = load_bank(lab)
    _check_questions(lab, question or [])
    first = lab.settings.seed
    every, for_chaff = (tuple(range(first, first + number)) for number in (seeds, chaff_seeds or seeds))

    def graded(jobs: int, seeds: tuple[int, ...], repeated: bool = False) -> Matrix:
        with Engine(lab, jobs=jobs) as engine:
            return verify(
                engine, bank, seeds, tuple(question or ()), training,
                everywhere=not repeated, chaff_seeds=for_chaff if len(seeds) > 1 else (),
                progress=lambda line: Console(stderr=True).print(f"… {line}", markup=False), cache=ResultCache(kept),
            )  # fmt: skip

    matrix = graded(jobs, every)
    show(matrix, lab, console)
    _write(matrix, lab, out, readme, console)
    different = []
    if twice:
        again = 1 if jobs > 1 else 2
        # Every chaff and every wheat; other seeds change the inputs, not the code.
        second = graded(again, every[:1], repeated=True)
        different = _compare(matrix, jobs, second, again, console)
    raise typer.Exit(1 if matrix.faults or different else 0)


def _check_questions(lab: Lab, wanted: list[str]) -> None:
    """Raise LabError for one that the lab does not have, or whose suite no bank can test."""
    lab.check_questions(wanted, "--question")
    for id in wanted:
        if not lab.has_reference(id):
            raise LabError(
                f"--question {id}: has no reference solution, so there is no bank to grade it with."
            )


def _write(matrix: Matrix, lab: Lab, out: Path | None, readme: Path | None, console: Console) -> None:
    """Write the pages of the matrix and put its table into another page, as far as wanted."""
    from gatelab.audit.matrix_shown import into_readme, markdown, write_pages

    table = markdown(matrix, lab)
    if out is not None:
        for path in write_pages(matrix, lab, table, out / lab.assignment.name):
            console.print(f"wrote {path}", markup=False)
    if readme is not None and not into_readme(readme, table, lab.assignment.name):
        console.print(f"{readme}: has no marks for the table; it was left as it is.", markup=False)


def _compare(first: Matrix, jobs: int, second: Matrix, again: int, console: Console) -> list[str]:
    """Show the gradings that differ between these two matrices, made with so many jobs each, and return them."""
    from gatelab.audit.matrix import differences

    different = differences(first, second, second.outcomes)
    console.print(
        f"{len(second.outcomes)} gradings with --jobs {jobs} and again with --jobs {again}: {len(different)} differ",
        highlight=False,
    )
    for difference in different:
        console.print(difference, style="red", markup=False, soft_wrap=True)
    return different
