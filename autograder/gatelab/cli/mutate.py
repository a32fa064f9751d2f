"""`gatelab mutate`: what systematic small mistakes say about the hidden suites, and the page about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from gatelab.cli.options import LabName, Root
from gatelab.folders import write_whole
from gatelab.lab.choose import chosen_lab
from gatelab.lab.spec import Lab, LabError
from gatelab.limits import LARGEST_SEED, MUTANT_CPU

if TYPE_CHECKING:
    from gatelab.audit.mutate_run import MutationResult  # it imports torch

HEAD = """# Mutation of the references

A mutant is a reference solution with one change made by rule (`autograder/gatelab/audit/mutate.py`): another operator,
constant, argument, bound, a statement removed. The hidden suite of the question, without the parts that train, must
take points from it, or `tests/<lab>/bank/equivalent.toml` must say why it is right all the same. Written by `make mutate`
(seed {seed}); a test fails when a reference, its suite, the list or the rules are no longer those of the stamp.

"""
COLUMNS = ("question", "mutants", "killed", "of which by timeout", "equivalent", "not killed", "stamp")


def mutate_command(
    question: Annotated[list[str] | None, typer.Option(help="Only this question's reference.")] = None,
    jobs: Annotated[int, typer.Option(help="Mutants at once.", min=1)] = 2,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Grading seed; by default lab.toml's.", min=0, max=LARGEST_SEED, show_default=False
        ),
    ] = None,
    seconds: Annotated[int, typer.Option(help="Processor time of one mutant.", min=1)] = MUTANT_CPU,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The page goes to OUT/<lab>/mutation.md.")
    ] = None,
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Test the suites with every small change of the references: each must be caught, or be listed as equivalent.

    Exit code 1: some are neither.

    Example: gatelab mutate --question q2
    """
    from gatelab.audit.mutate_run import run

    console = Console()
    lab = chosen_lab(root, lab_name)
    seed = lab.settings.seed if seed is None else seed
    known = mutated(lab)
    chosen = [id for id in known if not question or id in question]
    if question and len(chosen) < len(set(question)):
        lab.check_questions(question, "--question")
        lacking = ", ".join(id for id in dict.fromkeys(question) if id not in known)
        raise LabError(
            f"--question {lacking}: has no reference solution in code; choose among {', '.join(known)}."
        )
    if out is not None and chosen != known:
        raise LabError("The page is about all questions: omit --question or --out.")
    progress = Console(stderr=True)
    results = run(lab, chosen, jobs, seed, seconds, lambda line: progress.print(f"… {line}", markup=False))
    table = Table(*COLUMNS)
    for row in rows(results):
        table.add_row(*row)
    console.print(table)
    faults = [fault for found in results for fault in found.faults]
    for fault in faults:
        console.print(fault, style="red", markup=False, highlight=False, soft_wrap=True)
    if out is not None:
        path = out / lab.assignment.name / "mutation.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, page(results, seed))
        console.print(f"wrote {path}", markup=False)
    raise typer.Exit(1 if faults else 0)


def mutated(lab: Lab) -> list[str]:
    """The questions that have a reference in code."""
    return [id for id in lab.questions if lab.has_reference(id)]


def rows(results: list[MutationResult]) -> Iterator[tuple[str, ...]]:
    """A row of the table for each question."""
    from gatelab.audit.mutate_run import ENDLESS

    for found in results:
        endless = sum(killer == ENDLESS for killer in found.killed.values())
        numbers = (
            len(found.killed) + len(found.survived),
            len(found.killed),
            endless,
            len(found.equivalent),
            len(found.survived) - len(found.equivalent),
        )
        yield (found.question, *map(str, numbers), found.stamp)


def page(results: list[MutationResult], seed: int) -> str:
    """mutation.md: the table, the sum, and every equivalent mutant with its reason."""
    lines = [f"| {' | '.join(COLUMNS)} |", "| --- |" + " ---: |" * 5 + " --- |"]
    body = list(rows(results))
    sums = [str(sum(int(row[k]) for row in body)) for k in range(1, 6)]
    lines += [f"| {' | '.join(row)} |" for row in (*body, ("all", *sums, ""))]
    for found in results:
        if found.equivalent:
            lines += ["", f"## {found.question}: equivalent", ""]
            lines += [
                f"- `{m.where}`: `{m.before}` → `{m.after}`. {why.strip()}" for m, why in found.equivalent
            ]
    return HEAD.format(seed=seed) + "\n".join(lines) + "\n"
